// Package pastrunstest has past runs for tests: made up, small, and with an accuracy that follows from what a forest
// can see. No program imports it.
package pastrunstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"probewise/advisor"
	"probewise/forest"
	"probewise/trainer"
)

// Key is that of the runs.
var Key = advisor.Key{Dataset: "made-up", Images: 1000, Epochs: 9}

// Source holds past runs in memory. It implements pastruns.Source.
type Source map[advisor.Key][]advisor.PastRun

// Of implements pastruns.Source.
func (s Source) Of(_ context.Context, k advisor.Key) ([]advisor.PastRun, error) { return s[k], nil }

// Keys implements pastruns.Source, whatever the data set.
func (s Source) Keys(context.Context, string) (map[advisor.Key]int, error) {
	counts := map[advisor.Key]int{}
	for k, runs := range s {
		counts[k] = len(runs)
	}
	return counts, nil
}

// Elsewhere implements pastruns.Source: as if all had come with the program.
func (s Source) Elsewhere(_ context.Context, dataset string) (map[advisor.Key][]advisor.PastRun, error) {
	others := map[advisor.Key][]advisor.PastRun{}
	for k, runs := range s {
		if k.Dataset != dataset {
			others[k] = runs
		}
	}
	return others, nil
}

// Run makes a past run whose final accuracy follows from the validation accuracy after the first epoch.
func Run(t *testing.T, r *rand.Rand, filters int) advisor.PastRun {
	t.Helper()
	p, err := trainer.Parse(fmt.Appendf(nil, `{"version":1,"input":[28,28,1],"classes":10,"layers":[
		{"type":"conv","filters":%d,"kernel":3},{"type":"global_avg_pool"},
		{"type":"dense","units":10,"activation":"softmax"}]}`, filters), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	early := 0.2 + 0.5*r.Float64()
	records := []trainer.EpochRecord{{
		ValidationAccuracy: 0.1,
		ValidationLoss:     2.3,
		TrainLoss:          trainer.Missing,
		TrainAccuracy:      trainer.Missing,
	}}
	for epoch := 1; epoch <= 2; epoch++ {
		l := trainer.LayerStatistics{Layer: "conv1", Type: trainer.Conv}
		l.Weights.Variance = trainer.Number(early * float64(epoch))
		records = append(records, trainer.EpochRecord{
			Epoch:              float64(epoch),
			ValidationAccuracy: trainer.Number(early),
			ValidationLoss:     trainer.Number(1 - early),
			TrainAccuracy:      trainer.Number(early),
			TrainLoss:          trainer.Number(1 - early),
			Layers:             []trainer.LayerStatistics{l},
		})
	}
	return advisor.PastRun{
		Key:          Key,
		Architecture: p.Architecture,
		Records:      records,
		Outcome:      trainer.Outcome{Epochs: 9, TestAccuracy: trainer.Number(early + 0.2)},
	}
}

// Runs makes n of them, each with another architecture; the same ones each time.
func Runs(t *testing.T, n int) []advisor.PastRun {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	var all []advisor.PastRun
	for i := range n {
		all = append(all, Run(t, r, 2+i))
	}
	return all
}

// Fitter implements pastruns.Fitter in this process. What OnFit and the others do takes the place of package forest.
type Fitter struct {
	OnFit    func(context.Context, forest.Table, forest.Options) (*forest.Model, error)
	OnScore  func(context.Context, forest.Table, forest.Options, int) (forest.Score, error)
	OnAblate func(context.Context, forest.Table, []forest.AblationStep,
		forest.AblationOptions) ([]forest.AblationScore, error)
	OnRelate func(context.Context, forest.Table) (forest.Related, error)
}

// Fit implements pastruns.Fitter.
func (f Fitter) Fit(ctx context.Context, t forest.Table, o forest.Options) (*forest.Model, error) {
	if f.OnFit != nil {
		return f.OnFit(ctx, t, o)
	}
	return forest.Fit(ctx, t, o)
}

// Score implements pastruns.Fitter.
func (f Fitter) Score(ctx context.Context, t forest.Table, o forest.Options, repeats int) (forest.Score, error) {
	if f.OnScore != nil {
		return f.OnScore(ctx, t, o, repeats)
	}
	return forest.CrossValidate(ctx, t, o, repeats)
}

// Ablate implements pastruns.Fitter.
func (f Fitter) Ablate(ctx context.Context, t forest.Table, steps []forest.AblationStep,
	o forest.AblationOptions) ([]forest.AblationScore, error) {
	if f.OnAblate != nil {
		return f.OnAblate(ctx, t, steps, o)
	}
	return forest.Ablate(ctx, t, steps, o, forest.Options{})
}

// Relate implements pastruns.Fitter.
func (f Fitter) Relate(ctx context.Context, t forest.Table) (forest.Related, error) {
	if f.OnRelate != nil {
		return f.OnRelate(ctx, t)
	}
	return forest.Relate(ctx, t, forest.Options{Seed: 1})
}
