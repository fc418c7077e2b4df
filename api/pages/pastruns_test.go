package pages

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/api"
	"probewise/trainer"
)

// pageForest has figures once its gate is open. What pages do not use panics.
type pageForest struct {
	api.Analyst
	gate  chan struct{}
	fails error // of the cards
	empty bool
}

func openForest() *pageForest {
	f := &pageForest{gate: make(chan struct{})}
	close(f.gate)
	return f
}

func (f *pageForest) wait(ctx context.Context) error {
	select {
	case <-f.gate:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *pageForest) Cards(ctx context.Context, name string, _ analysis.Effort) (analysis.Cards, error) {
	if err := errors.Join(f.wait(ctx), f.fails); err != nil {
		return analysis.Cards{}, err
	}
	gain, low, high := 0.1, -0.05, 0.2
	return analysis.Cards{
		Card: analysis.Card{
			Dataset:  name,
			PastRuns: 40,
			Images:   1000,
			Epochs:   15,
			Probe:    []analysis.CardEntry{{Epochs: 3, Runs: 40, R2: 0.86, MAE: 0.05, Tau: 0.7, Coverage80: 0.81, Width80: 0.2}},
			Ablation: []analysis.AblationEntry{
				{Features: "last accuracy", Epochs: 3, R2: 0.7},
				{Features: "statistics", Epochs: 3, R2: 0.8, Gain: &gain, Low: &low, High: &high},
			},
			Revisions: &analysis.Revisions{Runs: 2, MeanError: -0.01, MeanAbsoluteError: 0.02, Inside: 0.5,
				Latest: []analysis.Revision{
					{Run: pageEvil, Predicted: 0.8, Low: 0.75, High: 0.85, Confidence: 0.8, Reached: 0.79},
				}},
		},
	}, nil
}

func (f *pageForest) Statistics(ctx context.Context, q analysis.StatisticsQuery) (analysis.StatisticsTable, error) {
	if err := f.wait(ctx); err != nil {
		return analysis.StatisticsTable{}, err
	}
	none := trainer.Missing
	return analysis.StatisticsTable{
		Dataset:  q.Dataset,
		PastRuns: 40,
		Images:   1000,
		Epochs:   15,
		Probe:    q.Probe,
		Target:   q.Target,
		Reason:   "middle: too few <b>runs</b>",
		Positions: []analysis.PositionTable{
			{
				Position: trainer.AllLayers,
				Runs:     40,
				Linear:   analysis.Fit{InSample: 0.91, HeldOut: -0.23},
				Forest:   analysis.Fit{InSample: 0.93, HeldOut: 0.51},
				Statistics: []analysis.Relation{
					{
						Name:          "weight_variance",
						Correlation:   -0.44,
						Beta:          0.2,
						Coefficient:   -0.3,
						StandardError: 0.1,
						PValue:        0.012,
						Importance:    0.15,
						Spread:        0.1,
					},
					{
						Name:          "dead_units",
						Correlation:   none,
						Beta:          none,
						Coefficient:   none,
						StandardError: none,
						PValue:        none,
						Importance:    none,
						Spread:        none,
						Reason:        "constant",
					},
				},
			},
		},
	}, nil
}

func (f *pageForest) Hyperparameters(ctx context.Context, q analysis.StatisticsQuery,
	position trainer.LayerSet) (analysis.HyperparameterTable, error) {
	if err := f.wait(ctx); err != nil {
		return analysis.HyperparameterTable{}, err
	}
	return analysis.HyperparameterTable{
		Dataset:  q.Dataset,
		PastRuns: 40,
		Images:   1000,
		Epochs:   15,
		Probe:    q.Probe,
		Position: position,
		Statistics: []analysis.StatisticTable{
			{Statistic: "weight_variance", Runs: 40, Hyperparameters: []analysis.Relation{{Name: pageEvil, Correlation: 0.6}}},
		},
	}, nil
}

func (f *pageForest) Datasets(context.Context) ([]string, error) {
	if f.empty {
		return nil, nil
	}
	return []string{"cifar10", advisor.DefaultDataset}, nil
}

func TestForestPage(t *testing.T) {
	s := newSite(t)
	a := s.get(t, "/forest?target=validation&probe=0.25&method=coefficient")
	a.says(t, `<option value="fashion-mnist-sample" selected>`, `<option value="cifar10">cifar10</option>`,
		`<option value="validation" selected>`, `<option value="0.25" selected>after 0.25 epochs</option>`,
		`<option value="coefficient" selected>Linear coefficient</option>`,
		`<span class="number">0.86</span> <span class="note">held-out, after 3 epochs</span>`, "&#43; statistics: gain",
		`<td data-value="-0.05">-0.050</td>`, "statistics after 0.25 epochs, related to the final validation accuracy",
		`aria-label="Correlation by statistic: 1 bar from -0.44 to -0.44, 1 missing. The table has the same figures."`,
		"p .012</text>", "<strong>Missing</strong> Dead units: constant", "Linear, in-sample R²</th>", ">-0.23</td>",
		">0.91</td>", "That says nothing about other runs", "<h3>Linear coefficient by position of the layers</h3>",
		"<strong>Left out</strong> middle: too few &lt;b&gt;runs&lt;/b&gt;",
		"<h3>Linear coefficient of hyperparameters with statistics of all layers</h3>",
		`href="/v1/forest/statistics?dataset=fashion-mnist-sample&amp;probe=0.25&amp;target=validation"`,
		`href="/v1/forest/hyperparameters?dataset=fashion-mnist-sample&amp;position=all&amp;probe=0.25"`)
	if strings.Contains(a.body, "being computed") || strings.Contains(a.body, "http-equiv") {
		t.Error("it waits for what is there")
	}
	s.get(t, "/forest?position=dense").says(t, `<option value="dense" selected>dense layers</option>`,
		"<strong>No figures</strong> of dense layers: middle: too few")
}

// The page answers at once, comes again by itself, and has each part when that is there.
func TestForestPageWaits(t *testing.T) {
	s := newSite(t)
	s.forest.gate = make(chan struct{})
	began := time.Now()
	a := s.get(t, "/forest")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	a.says(t, `<noscript><meta http-equiv="refresh" content="5"></noscript>`, `src="/static/forest.js"`,
		`<section id="card" data-computing="The model card"`, `<section id="statistics" data-computing=`,
		`<section id="hyperparameters" data-computing=`, "being computed")
	close(s.forest.gate)
	for range 100 { // each visit waits a moment
		if a = s.get(t, "/forest"); !strings.Contains(a.body, "being computed") {
			break
		}
	}
	a.says(t, `<span class="number">0.86</span>`, `<svg class="heat signed"`)
	if strings.Contains(a.body, "data-computing") || strings.Contains(a.body, "http-equiv") {
		t.Error("it waits for what is there")
	}
}

func TestForestPageWithoutPastRuns(t *testing.T) {
	s := newSite(t)
	s.forest.empty = true
	a := s.get(t, "/forest")
	a.says(t, "No past runs", "probewise corpus build --dataset fashion-mnist-sample --runs 40 --epochs 15")
	if a.status != http.StatusOK || strings.Contains(a.body, "data-computing") {
		t.Errorf("%d: %s", a.status, a.body)
	}
}

func TestForestPageRefuses(t *testing.T) {
	s := newSite(t)
	for query, want := range map[string]string{
		"dataset=nope": "There is no such data set", "dataset=../x": "expected the name of a data set",
		"target=all": "expected test, validation or train", "position=top": "expected all, lower",
		"probe=0.3": "expected epochs in quarters", "method=guess": "expected correlation, beta",
	} {
		a := s.get(t, "/forest?"+query)
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", query, a.status)
		}
		a.says(t, want)
		clean(t, a.body)
	}
}

// One part that fails leaves the others alone.
func TestForestPageSaysWhatFailed(t *testing.T) {
	s := newSite(t)
	s.forest.fails = errors.New("the disk is gone")
	a := s.get(t, "/forest")
	a.says(t, "<strong>No figures</strong> Something went wrong here.", "Correlation by position of the layers")
	if strings.Contains(a.body, "the disk") || strings.Contains(a.body, "data-computing") {
		t.Errorf("%s", a.body)
	}
	clean(t, a.body)
}
