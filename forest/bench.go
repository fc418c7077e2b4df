package forest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
)

// BenchOptions say how a table is split again and again.
type BenchOptions struct {
	Fit     int // architectures to fit on; the runs of the others are predicted
	Repeats int
	Seed    int64
}

// BenchScore is a Score over random splits, with what a gate would make of the predictions.
type BenchScore struct {
	Score
	// CaughtWorstFifth is the share of the worst fifth of the held-out runs, by accuracy, whose predicted mean lies below
	// a threshold that rejects at most 5 % of the others.
	CaughtWorstFifth float64
}

const benchStream = 0x62656e6368

// Splits draws the rows to fit on, one list a repeat: whole architectures. Repeat r of a seed is that of r − 1 of the
// next seed.
func (b BenchOptions) Splits(t Table) ([][]int, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	groups := t.groupCount()
	if b.Fit < minGroups || groups-b.Fit < MinPastRuns || b.Repeats < 1 {
		return nil, fmt.Errorf(
			"%w: %d splits that fit on %d of %d runs (of architectures of their own), which must leave %d to predict",
			ErrBadOptions, b.Repeats, b.Fit, groups, MinPastRuns)
	}
	group := t.groupIndex()
	splits := make([][]int, b.Repeats)
	for r := range splits {
		inside := make([]bool, groups)
		for _, g := range rand.New(rand.NewPCG(uint64(b.Seed)+uint64(r), benchStream)).Perm(groups)[:b.Fit] {
			inside[g] = true
		}
		for i, g := range group {
			if inside[g] {
				splits[r] = append(splits[r], i)
			}
		}
	}
	return splits, nil
}

// Bench fits on each split and scores the predictions of the other rows: the mean over the splits, with the extremes of
// R² and coverage. fit fits a forest; Fit itself, or something that calls it in another process.
func Bench(ctx context.Context, t Table, splits [][]int,
	fit func(context.Context, Table) (*Model, error)) (BenchScore, error) {
	total := BenchScore{Score: Score{Groups: t.groupCount(), Repeats: len(splits)}}
	for r, rows := range splits {
		m, err := fit(ctx, t.pick(rows))
		if err != nil {
			return total, fmt.Errorf("split %d: %w", r, err)
		}
		var y []float64
		var predictions []Prediction
		for i, x := range t.X {
			if _, inside := slices.BinarySearch(rows, i); inside {
				continue
			}
			p, err := m.Predict(x)
			if err != nil {
				return total, fmt.Errorf("split %d, row %d: %w", r, i, err)
			}
			y, predictions = append(y, t.Y[i]), append(predictions, p)
		}
		total.Runs = len(y)
		total.add(measure(y, predictions), r == 0)
		total.CaughtWorstFifth += caughtWorstFifth(y, predictions)
	}
	for _, figure := range []*float64{&total.R2, &total.MAE, &total.Tau, &total.Coverage, &total.Width,
		&total.CaughtWorstFifth} {
		*figure /= float64(len(splits))
	}
	return total, nil
}

// caughtWorstFifth orders runs by accuracy (equal ones as they come) and rejects from the lowest prediction up.
func caughtWorstFifth(y []float64, predictions []Prediction) float64 {
	order := make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(y[a], y[b]) })
	worst := order[:len(order)/5]
	var others []float64
	for _, i := range order[len(worst):] {
		others = append(others, predictions[i].Mean)
	}
	slices.Sort(others)
	threshold := others[len(others)/20] // a twentieth lies below it
	caught := 0
	for _, i := range worst {
		if predictions[i].Mean < threshold {
			caught++
		}
	}
	return float64(caught) / float64(len(worst))
}
