package gain

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/forest"
	"probewise/trainer"
)

const softmax = `{"type":"dense","units":10,"activation":"softmax"}`

func parsed(t testing.TB, layers string) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse([]byte(`{"version":1,"input":[28,28,1],"classes":10,"layers":[`+layers+`]}`),
		trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}

func small(t testing.TB) trainer.Architecture {
	t.Helper()
	return parsed(t, `{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"max_pool","size":2},
		{"type":"flatten"},{"type":"dense","units":32,"activation":"tanh"},`+softmax)
}

func edited(a trainer.Architecture, change func(*trainer.Architecture)) trainer.Architecture {
	a = a.Clone()
	change(&a)
	return a
}

// curve is what a run records: validation accuracies at 0.25, 0.5, 1, 2 and 3; training is a tenth better.
func curve(accuracies ...float64) (records []trainer.EpochRecord) {
	for i, accuracy := range accuracies {
		records = append(records, trainer.EpochRecord{
			Epoch:              Moments[1+i],
			ValidationAccuracy: trainer.Number(accuracy),
			TrainAccuracy:      trainer.Number(accuracy + 0.1),
			ValidationLoss:     trainer.Number(2 - accuracy),
			TrainLoss:          trainer.Number(1.5 - accuracy),
		})
	}
	return records
}

func pastRun(a trainer.Architecture, test float64, records []trainer.EpochRecord) advisor.PastRun {
	return advisor.PastRun{
		Key:          advisor.Key{Dataset: "made-up", Images: 100, Epochs: 15},
		Architecture: a,
		Outcome:      trainer.Outcome{TestAccuracy: trainer.Number(test)},
		Records:      records,
	}
}

// entries are bases, each with four edits of its learning rate and itself again. What a base reaches is its level, what
// an edit gains follows from the rate and shows in its curve.
func entries(t testing.TB, bases int) (all []corpus.Entry) {
	t.Helper()
	for b := range bases {
		level := 0.4 + 0.4*float64(b)/float64(bases)
		a := edited(small(t), func(a *trainer.Architecture) { a.Layers[3].Units = 20 + b })
		add := func(edit int, settings []string, a trainer.Architecture, gain float64) {
			luck := 0.002 * float64((7*b+3*edit)%5-2)
			e := corpus.Entry{Seed: 7, Index: b, Edit: edit, Settings: settings,
				PastRun: pastRun(a, level+gain+luck, curve(level-0.3+gain, level-0.2+gain, level-0.1+gain, level+gain, level+gain))}
			all = append(all, e)
		}
		add(0, nil, a, 0)
		for i, factor := range []float64{0.1, 0.3, 3, 10} {
			gain := []float64{-0.06, -0.02, 0.03, 0.05}[i] + 0.0001*float64(b%7)
			add(1+i, []string{fmt.Sprintf("learning-rate ×%g", factor)},
				edited(a, func(a *trainer.Architecture) { a.Training.Optimizer.LearningRate *= factor }), gain)
		}
		add(5, []string{}, a, 0.01*float64(b%3-1))
	}
	return all
}

// ridge fits what is quick to fit, and keeps what it did.
type ridge struct {
	mu     sync.Mutex
	tables []forest.Table
	models []*forest.Model
	fault  error
}

func (r *ridge) Fit(ctx context.Context, t forest.Table, _ forest.Options) (*forest.Model, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault != nil {
		return nil, r.fault
	}
	m, err := forest.Fit(ctx, t, forest.Options{Seed: 1, Only: "ridge", Folds: 3})
	r.tables, r.models = append(r.tables, t), append(r.models, m)
	return m, err
}

// Model implements Forests.
func (r *ridge) Model(ctx context.Context, t forest.Table, _ string) (*forest.Model, error) {
	return r.Fit(ctx, t, forest.Options{})
}
