package service

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"probewise/advisor/analysis"
	"probewise/api"
	"probewise/trainer"
)

// cards has a model card at once.
type cards struct{}

func (cards) Cards(_ context.Context, name string, _ analysis.Effort) (analysis.Cards, error) {
	return analysis.Cards{
		Card: analysis.Card{
			Dataset: name, PastRuns: 40, Images: 1000, Epochs: 15,
			Probe:    []analysis.CardEntry{{Epochs: 1, Runs: 40, R2: 0.5, MAE: 0.1, Tau: 0.5, Coverage80: 0.8, Width80: 0.3}},
			Ablation: []analysis.AblationEntry{{Features: "last accuracy", Epochs: 1, R2: 0.4}},
			Revisions: &analysis.Revisions{Runs: 1, MeanError: -0.02, MeanAbsoluteError: 0.02, Inside: 1,
				Latest: []analysis.Revision{{Run: "r", Advice: "a", Predicted: 0.8, Low: 0.7, High: 0.9, Reached: 0.78}}},
		},
	}, nil
}

// Statistics relates one statistic of a run.
func (cards) Statistics(_ context.Context, q analysis.StatisticsQuery) (analysis.StatisticsTable, error) {
	if q.Dataset == "nope" {
		return analysis.StatisticsTable{
			Dataset: q.Dataset, Form: q.Form, Target: q.Target, Positions: []analysis.PositionTable{}, Reason: "no past runs",
		}, nil
	}
	return analysis.StatisticsTable{
		Dataset: q.Dataset, Form: q.Form, Images: 1000, Epochs: 15, PastRuns: 40, Probe: q.Probe, Target: q.Target,
		Positions: []analysis.PositionTable{
			{Position: "all", Runs: 40, Linear: analysis.Fit{InSample: 0.8, HeldOut: 0.6},
				Forest: analysis.Fit{InSample: 0.9, HeldOut: 0.5},
				Statistics: []analysis.Relation{
					{Name: "weight_variance", Correlation: -0.4, Beta: -0.1, Coefficient: -0.05, StandardError: trainer.Missing,
						PValue: trainer.Missing, Importance: 0.2, Spread: 0.1, Reason: "a ridge"},
				}},
		},
	}, nil
}

// Hyperparameters relates one of them to one statistic.
func (cards) Hyperparameters(_ context.Context, q analysis.StatisticsQuery,
	position trainer.LayerSet) (analysis.HyperparameterTable, error) {
	t := analysis.HyperparameterTable{Dataset: q.Dataset, Form: q.Form, Probe: q.Probe, Position: position,
		Statistics: []analysis.StatisticTable{}, Reason: "no past runs"}
	if q.Dataset == "nope" {
		return t, nil
	}
	t.PastRuns, t.Images, t.Epochs, t.Reason = 40, 1000, 15, "dead_units: all targets are equal"
	t.Statistics = []analysis.StatisticTable{{Statistic: "weight_variance", Runs: 39,
		Linear: analysis.Fit{InSample: 0.7, HeldOut: -0.2}, Forest: analysis.Fit{InSample: 0.8, HeldOut: 0.3},
		Hyperparameters: []analysis.Relation{{Name: "log_learning_rate", Correlation: 0.6, Beta: 0.4,
			Coefficient: trainer.Missing, StandardError: trainer.Missing,
			PValue: trainer.Missing, Importance: 0.3, Spread: 0.1, Reason: "follows from the columns before it"}}}}
	return t, nil
}

// Expect expects one statistic.
func (cards) Expect(_ context.Context, a trainer.Architecture, q analysis.StatisticsQuery,
	p trainer.LayerSet) (analysis.ExpectedStatistics, error) {
	return analysis.ExpectedStatistics{Dataset: q.Dataset, Images: 1000, Epochs: 15, PastRuns: 40, Probe: q.Probe,
			Position: p, Statistics: []analysis.ExpectedStatistic{
				{Name: "dead_units", Mean: float64(len(a.Layers)), Low: 0.1, High: 9, Confidence: 0.8, Runs: 40, HeldOutR2: 0.5}}},
		nil
}

// Datasets are those with past runs.
func (cards) Datasets(context.Context) ([]string, error) {
	return []string{"fashion-mnist-sample", "gone"}, nil
}

func TestForest(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	var card struct {
		State  string
		Result struct {
			PastRuns  int `json:"past_runs"`
			Probe     []struct{ R2 float64 }
			Revisions struct {
				Runs      int
				MeanError float64 `json:"mean_error"`
				Latest    []struct{ Reached float64 }
			}
		}
	}
	s.want(http.StatusOK, "GET", "/v1/forest?wait=30s", "").decode(t, &card)
	if card.State != "ready" || card.Result.PastRuns != 40 || len(card.Result.Probe) != 1 ||
		card.Result.Revisions.Runs != 1 || card.Result.Revisions.Latest[0].Reached != 0.78 {
		t.Errorf("card %+v", card)
	}
}

// counter computes cards as long as its gate is closed, and notes for which data sets and how many at once.
type counter struct {
	cards
	gate chan struct{}

	mu       sync.Mutex
	names    []string
	now, top int
}

func (c *counter) Cards(ctx context.Context, name string, e analysis.Effort) (analysis.Cards, error) {
	c.mu.Lock()
	c.names = append(c.names, name)
	c.now++
	c.top = max(c.top, c.now)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.now--
	}()
	select {
	case <-c.gate:
	case <-ctx.Done():
		return analysis.Cards{}, ctx.Err()
	}
	if name == "nope" {
		return analysis.Cards{
			Card: analysis.Card{
				Dataset: name, Probe: []analysis.CardEntry{}, Ablation: []analysis.AblationEntry{}, Reason: "no past runs",
			},
		}, nil
	}
	return c.cards.Cards(ctx, name, e)
}

// TestExpectations: statistics of the architecture in the request, with the findings of one that is not valid.
func TestExpectations(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	var answer struct {
		State  string
		Result struct {
			ID         string `json:"architecture_id"`
			Position   string
			Probe      *float64
			Statistics []analysis.ExpectedStatistic
		}
	}
	s.want(http.StatusOK, "POST", "/v1/forest/expectations?wait=10s",
		`{"architecture":`+architecture+`,"probe":1,"position":"conv"}`).decode(t, &answer)
	got := answer.Result
	if answer.State != "ready" || got.ID == "" || got.Position != "conv" || got.Probe == nil || *got.Probe != 1 ||
		len(got.Statistics) != 1 ||
		got.Statistics[0].Mean < 2 {
		t.Errorf("got %+v", answer)
	}
	var p api.Problem
	s.want(http.StatusUnprocessableEntity, "POST", "/v1/forest/expectations",
		`{"architecture":{"version":1,"layers":[]}}`).decode(t, &p)
	if len(p.Errors) == 0 || p.Errors[0].Pointer != "/architecture/layers" {
		t.Errorf("findings %+v", p.Errors)
	}
	s.want(http.StatusUnprocessableEntity, "POST", "/v1/forest/expectations",
		`{"architecture":`+architecture+`,"position":"top"}`)
	s.want(http.StatusUnprocessableEntity, "POST", "/v1/forest/expectations",
		`{"architecture":`+architecture+`,"probe":-1}`)
}

// TestForestStatistics: relations by position, at the moment and for the accuracy that was asked for.
func TestForestStatistics(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	type table struct {
		State  string
		Result struct {
			Target, Form string
			Probe        *float64
			Positions    []struct {
				Position   string
				Statistics []struct {
					Name   string
					PValue *float64 `json:"p_value"`
				}
			}
		}
	}
	var level, slope table
	s.want(http.StatusOK, "GET", "/v1/forest/statistics?wait=10s", "").decode(t, &level)
	s.want(http.StatusOK, "GET",
		"/v1/forest/statistics?wait=10s&target=train&probe=0.25&form=slope", "").decode(t, &slope)
	whole, quarter := level.Result, slope.Result
	if level.State != "ready" || whole.Target != "test" || whole.Probe != nil || len(whole.Positions) != 1 ||
		whole.Positions[0].Statistics[0].PValue != nil {
		t.Errorf("got %+v", whole)
	}
	if whole.Form != "level" || quarter.Form != "slope" || quarter.Target != "train" || quarter.Probe == nil ||
		*quarter.Probe != 0.25 {
		t.Errorf("got %+v", quarter)
	}
	for _, query := range []string{"target=all", "probe=0.3", "probe=-1", "form=curve", "dataset=nope"} {
		s.want(http.StatusUnprocessableEntity, "GET", "/v1/forest/statistics?wait=10s&"+query, "")
	}
}

// TestForestHyperparameters: relations to each statistic, at the position and the moment that were asked for.
func TestForestHyperparameters(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	type table struct {
		State  string
		Result struct {
			Position, Reason string
			PastRuns         int `json:"past_runs"`
			Probe            *float64
			Statistics       []struct {
				Statistic       string
				Runs            int
				Hyperparameters []struct {
					Name        string
					Coefficient *float64
					Correlation float64
					Reason      string
				}
			}
		}
	}
	var end, early table
	s.want(http.StatusOK, "GET", "/v1/forest/hyperparameters?wait=10s", "").decode(t, &end)
	whole := end.Result
	if end.State != "ready" || whole.Position != "all" || whole.Probe != nil || whole.PastRuns != 40 ||
		whole.Reason == "" || len(whole.Statistics) != 1 {
		t.Fatalf("got %+v", whole)
	}
	first := whole.Statistics[0]
	if h := first.Hyperparameters[0]; first.Statistic != "weight_variance" || first.Runs != 39 ||
		h.Name != "log_learning_rate" || h.Coefficient != nil || h.Correlation != 0.6 || h.Reason == "" {
		t.Errorf("got %+v", first)
	}
	s.want(http.StatusOK, "GET", "/v1/forest/hyperparameters?wait=10s&position=higher&probe=0.25", "").decode(t, &early)
	quarter := early.Result
	if quarter.Position != "higher" || quarter.Probe == nil || *quarter.Probe != 0.25 {
		t.Errorf("got %+v", quarter)
	}
	for _, query := range []string{"position=top", "probe=0.3", "probe=-1", "form=curve", "dataset=nope",
		"dataset=../x", "target=test"} {
		s.want(http.StatusUnprocessableEntity, "GET", "/v1/forest/hyperparameters?wait=10s&"+query, "")
	}
}

// held has its tables once their own gate is open.
type held struct {
	*counter
	tables chan struct{}
}

func (h held) wait(ctx context.Context) error {
	select {
	case <-h.tables:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h held) Statistics(ctx context.Context, q analysis.StatisticsQuery) (analysis.StatisticsTable, error) {
	if err := h.wait(ctx); err != nil {
		return analysis.StatisticsTable{}, err
	}
	return h.cards.Statistics(ctx, q)
}

func (h held) Hyperparameters(ctx context.Context, q analysis.StatisticsQuery,
	position trainer.LayerSet) (analysis.HyperparameterTable, error) {
	if err := h.wait(ctx); err != nil {
		return analysis.HyperparameterTable{}, err
	}
	return h.cards.Hyperparameters(ctx, q, position)
}

// TestForestTables: what is still being computed is said to be, and a second request joins it; a table does not wait
// for a card.
func TestForestTables(t *testing.T) {
	h := held{&counter{gate: make(chan struct{})}, make(chan struct{})}
	s := start(t, t.TempDir(), newFakeTrainer(), func(s *api.Server) { s.Analyst = h })
	computing := func(path string) {
		t.Helper()
		var got map[string]any
		a := s.want(http.StatusOK, "GET", path, "")
		a.decode(t, &got)
		if _, figures := got["result"]; got["state"] != "computing" || figures || a.header.Get("Retry-After") != "2" {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	ready := func(path string) {
		t.Helper()
		for _, wait := range []string{"?wait=30s", ""} { // what was told to come is there at once for a second request
			var got map[string]any
			s.want(http.StatusOK, "GET", path+wait, "").decode(t, &got)
			if result, _ := got["result"].(map[string]any); got["state"] != "ready" || result["past_runs"] != 40.0 {
				t.Errorf("%s: %v", path, got)
			}
		}
	}
	const card, statistics, hyperparameters = "/v1/forest", "/v1/forest/statistics", "/v1/forest/hyperparameters"
	for _, path := range []string{card, statistics, hyperparameters, card, statistics, hyperparameters} {
		computing(path)
	}
	close(h.tables)
	ready(statistics)
	ready(hyperparameters)
	computing(card)
	close(h.gate)
	ready(card)
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.names) != 1 {
		t.Errorf("the cards were computed %d times", len(h.names))
	}
}

// TestForestCards: cards are computed one at a time, and what is not known yet is left out; a name that no data set has
// is refused.
func TestForestCards(t *testing.T) {
	c := &counter{gate: make(chan struct{})}
	s := start(t, t.TempDir(), newFakeTrainer(), func(s *api.Server) { s.Analyst = c })
	for _, name := range []string{"", "gone", "nope"} {
		path := "/v1/forest"
		if name != "" {
			path += "?dataset=" + name
		}
		var card map[string]any
		got := s.want(http.StatusOK, "GET", path, "")
		got.decode(t, &card)
		// the state alone
		if card["state"] != "computing" || len(card) != 1 || got.header.Get("Retry-After") != "2" {
			t.Errorf("%s", got.body)
		}
	}
	close(c.gate)
	ready := s.want(http.StatusOK, "GET", "/v1/forest?dataset=gone&wait=30s", "") // it has past runs
	var card map[string]any
	ready.decode(t, &card)
	result, _ := card["result"].(map[string]any)
	if card["state"] != "ready" || result["past_runs"] != 40.0 || ready.header.Get("Retry-After") != "" {
		t.Errorf("%s", ready.body)
	}
	for _, name := range []string{"nope", "../x"} {
		var p api.Problem
		s.want(http.StatusUnprocessableEntity, "GET", "/v1/forest?wait=30s&dataset="+name, "").decode(t, &p)
		if len(p.Errors) != 1 || p.Errors[0].Parameter != "dataset" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.top != 1 {
		t.Errorf("%d cards were computed at once", c.top)
	}
}
