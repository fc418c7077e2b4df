package forest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Score is how well a model of this table predicts runs that it never saw. Every figure is held-out, and the mean over
// the repeats.
type Score struct {
	Runs    int // past runs scored
	Groups  int // architectures among them
	Repeats int // with other folds and other seeds

	R2       float64 // 1 − squared error over squared deviation from the mean accuracy
	MAE      float64 // mean absolute error of accuracy
	Tau      float64 // Kendall's tau-b between prediction and accuracy
	Coverage float64 // share of runs inside their interval
	Width    float64 // mean width of the interval

	// Members is R² of each alone, predicted by the estimator without the fold; 0 where it was not fitted.
	Members [numMembers]float64

	// Quarters are those of the runs by their prediction, the lowest first.
	Quarters [4]Quarter
	// Trained are the runs whose accuracy so far is at least half-way from the lowest to the highest; zero where the table
	// has none.
	Trained Trained

	R2Low, R2High             float64 // least and greatest over the repeats
	CoverageLow, CoverageHigh float64
}

// Quarter is how the intervals of a quarter of the runs fare.
type Quarter struct{ Coverage, Width, MAE float64 }

// Trained is how well the model tells runs apart that learn at all.
type Trained struct {
	Runs         int
	R2, Tau, MAE float64
}

// CrossValidate scores the model by grouped cross-validation: every run is predicted, mean and interval, by a model
// that never saw its architecture. Nested folds are shared: the estimator that left folds a and b out serves the
// interval of a in the absence of b, and of b in the absence of a.
func CrossValidate(ctx context.Context, t Table, o Options, repeats int) (Score, error) {
	o, err := o.complete()
	if err != nil {
		return Score{}, err
	}
	if repeats < 1 {
		return Score{}, fmt.Errorf("%w: %d repeats, want at least 1", ErrBadOptions, repeats)
	}
	if err := t.check(); err != nil {
		return Score{}, err
	}
	total := Score{Runs: len(t.X), Groups: t.groupCount(), Repeats: repeats}
	for r := range repeats {
		again := o
		again.Seed += int64(r)
		once, err := crossValidateOnce(ctx, t, again)
		if err != nil {
			return Score{}, fmt.Errorf("cross-validate, repeat %d: %w", r, err)
		}
		total.add(once, r == 0)
	}
	total.mean()
	return total, nil
}

// mean turns the sums over the repeats into means.
func (s *Score) mean() {
	n := float64(s.Repeats)
	for _, figure := range []*float64{&s.R2, &s.MAE, &s.Tau, &s.Coverage, &s.Width,
		&s.Trained.R2, &s.Trained.Tau, &s.Trained.MAE} {
		*figure /= n
	}
	for a := range s.Members {
		s.Members[a] /= n
	}
	for q := range s.Quarters {
		s.Quarters[q].Coverage /= n
		s.Quarters[q].Width /= n
		s.Quarters[q].MAE /= n
	}
}

// add sums one repeat up and keeps the extremes.
func (s *Score) add(once Score, first bool) {
	if first {
		s.R2Low, s.R2High = once.R2, once.R2
		s.CoverageLow, s.CoverageHigh = once.Coverage, once.Coverage
	}
	s.R2 += once.R2
	s.MAE += once.MAE
	s.Tau += once.Tau
	s.Coverage += once.Coverage
	s.Width += once.Width
	for a, r2 := range once.Members {
		s.Members[a] += r2
	}
	s.Trained.Runs = once.Trained.Runs
	s.Trained.R2 += once.Trained.R2
	s.Trained.Tau += once.Trained.Tau
	s.Trained.MAE += once.Trained.MAE
	for q, part := range once.Quarters {
		s.Quarters[q].Coverage += part.Coverage
		s.Quarters[q].Width += part.Width
		s.Quarters[q].MAE += part.MAE
	}
	s.R2Low, s.R2High = min(s.R2Low, once.R2), max(s.R2High, once.R2)
	s.CoverageLow, s.CoverageHigh = min(s.CoverageLow, once.Coverage), max(s.CoverageHigh, once.Coverage)
}

func crossValidateOnce(ctx context.Context, t Table, o Options) (Score, error) {
	group := t.groupIndex()
	fold, folds := groupedFolds(group, o.Folds, o.Seed)
	without, err := fitPairs(ctx, t, group, fold, folds, o)
	if err != nil {
		return Score{}, err
	}
	predictions := make([]Prediction, len(t.X))
	members := make([][numMembers]float64, len(t.X))
	var buffers scratch
	for f := range folds {
		rows := rowsOutside(fold, f)
		inner := make([]int, len(rows)) // folds renumbered without f
		for i, r := range rows {
			inner[i] = fold[r]
			if fold[r] > f {
				inner[i]--
			}
		}
		parts := append(append([]*estimator(nil), without[f][:f]...), without[f][f+1:]...)
		m := assemble(t.pick(rows), pick(group, rows), inner, without[f][f], parts, o)
		for _, i := range rowsIn(fold, f) {
			if predictions[i], err = m.Predict(t.X[i]); err != nil {
				return Score{}, err
			}
			members[i] = without[f][f].members(t.X[i], &buffers)
		}
	}
	score := measure(t.Y, predictions)
	score.Trained = trained(t, predictions)
	for a, active := range o.active() {
		if active {
			score.Members[a] = r2(t.Y, func(i int) float64 { return members[i][a] })
		}
	}
	return score, nil
}

// fitPairs fits an estimator without folds a and b for every a ≤ b; the table that it returns is symmetric.
func fitPairs(ctx context.Context, t Table, group, fold []int, folds int, o Options) ([][]*estimator, error) {
	without := make([][]*estimator, folds)
	for a := range without {
		without[a] = make([]*estimator, folds)
	}
	err := inParallel(ctx, folds*folds, func(ctx context.Context, i int) error {
		a, b := i/folds, i%folds
		if a > b {
			return nil
		}
		rows := rowsOutside(fold, a, b)
		e, err := fitEstimator(ctx, t.pick(rows), pick(group, rows), o, estimatorSeed(o.Seed, i+1))
		if err != nil {
			return fmt.Errorf("without folds %d and %d: %w", a, b, err)
		}
		without[a][b], without[b][a] = e, e
		return nil
	})
	if err != nil {
		return nil, err
	}
	return without, nil
}

// measure compares predictions with the accuracies that were reached.
func measure(y []float64, predictions []Prediction) Score {
	var s Score
	n := float64(len(y))
	predicted := make([]float64, len(y))
	for i, p := range predictions {
		predicted[i] = p.Mean
		s.MAE += math.Abs(y[i]-p.Mean) / n
		s.Width += (p.High - p.Low) / n
		if p.Low <= y[i] && y[i] <= p.High {
			s.Coverage += 1 / n
		}
	}
	s.R2 = r2(y, func(i int) float64 { return predicted[i] })
	s.Tau = TauB(predicted, y)
	s.Quarters = quarters(y, predictions)
	return s
}

// trained measures the runs that have learnt something so far.
func trained(t Table, predictions []Prediction) (s Trained) {
	column := slices.Index(t.Names, t.Current)
	if t.Current == "" || column < 0 {
		return s
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, row := range t.X {
		low, high = min(low, row[column]), max(high, row[column])
	}
	var y []float64
	var some []Prediction
	for i, row := range t.X {
		if row[column] >= (low+high)/2 {
			y, some = append(y, t.Y[i]), append(some, predictions[i])
		}
	}
	if len(y) < 2 {
		return s
	}
	all := measure(y, some)
	return Trained{len(y), all.R2, all.Tau, all.MAE}
}

// quarters measures the intervals by the size of the prediction.
func quarters(y []float64, predictions []Prediction) (all [4]Quarter) {
	order := make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(predictions[a].Mean, predictions[b].Mean) })
	for q := range all {
		part := order[q*len(order)/4 : (q+1)*len(order)/4]
		for _, i := range part {
			p, n := predictions[i], float64(len(part))
			all[q].Width += (p.High - p.Low) / n
			all[q].MAE += math.Abs(y[i]-p.Mean) / n
			if p.Low <= y[i] && y[i] <= p.High {
				all[q].Coverage += 1 / n
			}
		}
	}
	return all
}

// r2 is 1 − squared error over squared deviation from the mean.
func r2(y []float64, predicted func(int) float64) float64 {
	centre := mean(y)
	squares, deviations := 0.0, 0.0
	for i, v := range y {
		squares += (v - predicted(i)) * (v - predicted(i))
		deviations += (v - centre) * (v - centre)
	}
	return 1 - squares/deviations
}

// TauB is Kendall's rank correlation with correction for ties (Kendall, 1945), −1…1; 0 where either list is constant.
// The lists are of equal length.
func TauB(a, b []float64) float64 {
	concordant, untiedA, untiedB := 0, 0, 0
	for i := range a {
		for j := range i {
			signA, signB := order(a[i], a[j]), order(b[i], b[j])
			concordant += signA * signB
			untiedA += signA * signA
			untiedB += signB * signB
		}
	}
	if untiedA == 0 || untiedB == 0 {
		return 0
	}
	return float64(concordant) / math.Sqrt(float64(untiedA)) / math.Sqrt(float64(untiedB))
}

func order(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
