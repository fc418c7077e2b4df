package forest

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Model is a fitted forest. It is immutable; Predict may be called from many goroutines at once.
type Model struct {
	names   []string
	options Options // completed
	full    *estimator
	crossed crossed
	novelty novelty
	id      string
}

// Prediction is the accuracy expected of a full run.
type Prediction struct {
	Mean, Low, High float64 // test accuracy, 0…1; Low ≤ Mean ≤ High
	Confidence      float64 // nominal coverage of Low…High
	Novelty         float64 // share of past runs that lie nearer to their neighbours, 0…1
	PastRuns        int     // that the model was fitted on
	Warnings        []string
}

// Fit fits the model on a table of past runs. It holds the global random generator while it grows trees: run it in a
// child process (ServeChild). The error is one of this package's sentinels, wrapped, or that of ctx.
func Fit(ctx context.Context, t Table, o Options) (*Model, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	group := t.groupIndex()
	fold, folds := groupedFolds(group, o.Folds, o.Seed)
	var full *estimator
	parts := make([]*estimator, folds)
	err = inParallel(ctx, folds+1, func(ctx context.Context, f int) (err error) {
		if f == folds {
			if full, err = fitEstimator(ctx, t, group, o, estimatorSeed(o.Seed, 0)); err != nil {
				return fmt.Errorf("fit forest: %w", err)
			}
			return nil
		}
		rows := rowsOutside(fold, f)
		if parts[f], err = fitEstimator(ctx, t.pick(rows), pick(group, rows), o, estimatorSeed(o.Seed, f+1)); err != nil {
			return fmt.Errorf("fit forest without fold %d: %w", f, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return assemble(t, group, fold, full, parts, o).seal(), nil
}

// assemble puts a model together from its estimators; parts[f] never saw the rows of fold f.
func assemble(t Table, group, fold []int, full *estimator, parts []*estimator, o Options) *Model {
	return &Model{
		names:   slices.Clone(t.Names),
		options: o,
		full:    full,
		crossed: newCrossed(t, fold, parts),
		novelty: newNovelty(full.columns, t, group),
	}
}

// estimatorSeed keeps the stages of one estimator apart from those of the next.
func estimatorSeed(seed int64, index int) int64 {
	return seed*1_000_003 + int64(index)*maxStages
}

// ID is the SHA-256 of the saved form, in hexadecimal.
func (m *Model) ID() string { return m.id }

// Columns gives the feature names that Predict expects, in order.
func (m *Model) Columns() []string { return slices.Clone(m.names) }

// PastRuns is the number of runs that the model was fitted on.
func (m *Model) PastRuns() int { return len(m.crossed.miss) }

// R2 is the model's held-out R²: 1 − squared error over squared deviation from the mean accuracy, every past run
// predicted by the one fold that left its architecture out. At most 1; below 0 where the mean alone would do better; 0
// where all accuracies are equal. CrossValidate scores the whole procedure.
func (m *Model) R2() float64 { return m.crossed.r2() }

// Predict gives the prediction for one feature vector, NaN meaning missing. The error unwraps to ErrBadQuery.
func (m *Model) Predict(x []float64) (Prediction, error) {
	if err := m.checkQuery(x); err != nil {
		return Prediction{}, err
	}
	var s scratch
	whole := m.full.predict(x, m.crossed.whole, &s)
	p := Prediction{
		Confidence: m.options.Confidence,
		Novelty:    m.novelty.rank(compress(m.full.columns, s.filled, nil)),
		PastRuns:   m.PastRuns(),
	}
	centres := m.crossed.centres(x, &s)
	p.Low, p.High = m.crossed.bounds(centres, p.Confidence)
	// The folds' estimators are there already, and averaging trees grown from other draws takes variance off.
	p.Mean = mean(append(centres, whole))
	p.Low, p.High = min(p.Low, p.Mean), max(p.High, p.Mean)
	m.warn(&p, x)
	return p, nil
}

func (m *Model) checkQuery(x []float64) error {
	if len(x) != len(m.names) {
		return &ShapeError{Part: "feature vector", Row: -1, Got: len(x), Want: len(m.names), kind: ErrBadQuery}
	}
	return checkRow(x, m.names, -1, ErrBadQuery)
}

// fewRuns is the number of past runs below which every prediction says so.
const fewRuns = 40

// warn says what makes a prediction less certain than its interval, and widens the interval where the query lies
// outside the past runs.
func (m *Model) warn(p *Prediction, x []float64) {
	say := func(format string, args ...any) { p.Warnings = append(p.Warnings, fmt.Sprintf(format, args...)) }
	outside := false
	if p.Novelty > NoveltyLimit {
		outside = true
		say("unlike the past runs: farther from its neighbours than %.0f %% of them are", 100*p.Novelty)
	}
	for _, c := range m.full.dropped {
		if v := x[c.source]; !math.IsNaN(v) && v != c.value {
			outside = true
			say("%s is %g, but %g in every past run: its effect is unknown", m.names[c.source], v, c.value)
		}
	}
	if outside {
		p.Low = clip01(p.Mean - WideningFactor*(p.Mean-p.Low))
		p.High = clip01(p.Mean + WideningFactor*(p.High-p.Mean))
		say("interval widened %g times", WideningFactor)
	}
	if r := m.full.clip; p.Mean < r.least || p.Mean > r.most {
		say("predicted accuracy %.3f lies outside those of the past runs, %.3f…%.3f", p.Mean, r.least, r.most)
	}
	missing := 0
	for _, c := range m.full.columns {
		if math.IsNaN(x[c.source]) {
			missing++
		}
	}
	if missing > 0 {
		say("%d of %d features are missing and were filled with medians", missing, len(m.full.columns))
	}
	if p.PastRuns < fewRuns {
		say("only %d past runs", p.PastRuns)
	}
}

// pick gives the values of some rows.
func pick[T any](values []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = values[r]
	}
	return out
}

// HeldOut predicts the past run i of the table that the model was fitted on, 0…1, by the part that never saw it. The
// row is that of the table.
func (m *Model) HeldOut(i int, row []float64) float64 {
	f := m.crossed.fold[i]
	return m.crossed.parts[f].predict(row, m.crossed.blends[f], &scratch{})
}

// Weights gives how much the model listens to each member: none negative, sum 1.
func (m *Model) Weights() map[string]float64 {
	weights := make(map[string]float64, numMembers)
	for a, w := range m.crossed.whole {
		weights[Member(a).String()] = w
	}
	return weights
}
