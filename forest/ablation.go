package forest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
)

// AblationStep is a step of an ablation: the same estimator with more columns than in the step before.
type AblationStep struct {
	Name    string
	Columns []bool // which columns of the table it sees
}

// AblationScore says what a step's columns are worth. Figures are held-out, of the point prediction.
type AblationScore struct {
	Name      string
	R2        float64
	Gain      float64 // R2 minus that of the step before; 0 on the first
	Low, High float64 // 95 % bootstrap interval of the gain, over architectures
}

// AblationOptions say what an ablation is fitted on.
type AblationOptions struct {
	Fit    int // architectures to fit on in each split; the runs of the others are predicted
	Splits int // 20 if 0
	Seed   int64
}

const (
	bootstraps      = 2000
	ablationStream  = 0x6c6164646572
	bootstrapStream = 0x626f6f74
)

// Ablate fits the steps on the same random splits and compares their squared errors, run by run, each the mean over the
// splits that held it out. Splits overlap, so an interval over them would be too narrow: the bootstrap draws
// architectures instead (Efron 1979), and takes the errors of all steps along. R² is 1 − squared error over squared
// deviation from the mean.
func Ablate(ctx context.Context, t Table, steps []AblationStep, l AblationOptions, o Options) ([]AblationScore, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	if l.Splits == 0 {
		l.Splits = 20
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	for _, r := range steps {
		if len(r.Columns) != len(t.Names) {
			return nil, &ShapeError{Part: "step " + r.Name, Row: -1, Got: len(r.Columns), Want: len(t.Names), kind: ErrBadTable}
		}
	}
	group := t.groupIndex()
	groups := t.groupCount()
	if l.Fit < minGroups || l.Fit >= groups || l.Splits < 1 {
		return nil, fmt.Errorf("%w: %d splits that fit on %d of %d architectures", ErrBadOptions, l.Splits, l.Fit, groups)
	}
	sums, held := make([][]float64, len(steps)), make([]float64, len(t.X)) // squared errors, times held out
	for r := range sums {
		sums[r] = make([]float64, len(t.X))
	}
	for split := range l.Splits {
		order := rand.New(rand.NewPCG(uint64(l.Seed)+uint64(split), ablationStream)).Perm(groups)
		inside := make([]bool, groups)
		for _, g := range order[:l.Fit] {
			inside[g] = true
		}
		var rows []int
		for i, g := range group {
			if inside[g] {
				rows = append(rows, i)
			} else {
				held[i]++
			}
		}
		for r, step := range steps {
			part := t.columns(step.Columns)
			o.Seed = l.Seed + int64(split)
			m, err := Fit(ctx, part.pick(rows), o)
			if err != nil {
				return nil, fmt.Errorf("split %d, %s: %w", split, step.Name, err)
			}
			for i, g := range group {
				if inside[g] {
					continue
				}
				p, err := m.Predict(part.X[i])
				if err != nil {
					return nil, fmt.Errorf("split %d, %s, row %d: %w", split, step.Name, i, err)
				}
				sums[r][i] += (t.Y[i] - p.Mean) * (t.Y[i] - p.Mean)
			}
		}
	}
	for _, errors := range sums {
		for i := range errors {
			errors[i] /= max(held[i], 1)
		}
	}
	return ablationScores(t, group, groups, steps, sums, held, l.Seed), nil
}

// columns is the table with some of its columns.
func (t Table) columns(seen []bool) Table {
	part := Table{Y: t.Y, Groups: t.Groups, X: make([][]float64, len(t.X))}
	for j, yes := range seen {
		if yes {
			if t.Names[j] == t.Current {
				part.Current = t.Current
			}
			part.Names, part.Linear = append(part.Names, t.Names[j]), append(part.Linear, t.Linear[j])
		}
	}
	for i, row := range t.X {
		for j, yes := range seen {
			if yes {
				part.X[i] = append(part.X[i], row[j])
			}
		}
	}
	return part
}

// ablationScores turns the runs' errors into R² and gains. Runs that no split held out are left out.
func ablationScores(t Table, group []int, groups int, steps []AblationStep, errors [][]float64, held []float64,
	seed int64) []AblationScore {
	members := make([][]int, groups)
	for i, g := range group {
		if held[i] > 0 {
			members[g] = append(members[g], i)
		}
	}
	r2 := func(drawn []int) []float64 {
		var n, sum, squares float64
		wrong := make([]float64, len(steps))
		for _, g := range drawn {
			for _, i := range members[g] {
				n++
				sum += t.Y[i]
				squares += t.Y[i] * t.Y[i]
				for r := range steps {
					wrong[r] += errors[r][i]
				}
			}
		}
		deviations := squares - sum*sum/n
		for r := range wrong {
			wrong[r] = 1 - wrong[r]/deviations
		}
		return wrong
	}
	everyone := make([]int, groups)
	for g := range everyone {
		everyone[g] = g
	}
	whole := r2(everyone)
	gains := make([][]float64, len(steps))
	random := rand.New(rand.NewPCG(uint64(seed), bootstrapStream))
	drawn := make([]int, groups)
	for range bootstraps {
		for i := range drawn {
			drawn[i] = random.IntN(groups)
		}
		once := r2(drawn)
		for r := 1; r < len(steps); r++ {
			gains[r] = append(gains[r], once[r]-once[r-1])
		}
	}
	scores := make([]AblationScore, len(steps))
	for r, step := range steps {
		scores[r] = AblationScore{Name: step.Name, R2: whole[r]}
		if r > 0 {
			slices.Sort(gains[r])
			scores[r].Gain = whole[r] - whole[r-1]
			scores[r].Low, scores[r].High = gains[r][bootstraps/40], gains[r][bootstraps-1-bootstraps/40]
		}
	}
	return scores
}
