package service

import (
	"errors"
	"math"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// TestSubmitRefuses: a request that makes no sense is refused, and the error names the member and the remedy.
func TestSubmitRefuses(t *testing.T) {
	d := Service{Store: &fakeStore{}, Datasets: fakeDatasets{}}
	limits := func(c advisor.Constraints) advisor.Request { return advisor.Request{Constraints: c} }
	for name, c := range map[string]struct {
		request advisor.Request
		pointer string
	}{
		"more images than there are": {advisor.Request{Probe: advisor.ProbeRequest{Images: 101}}, "/images"},
		"too few images":             {advisor.Request{Probe: advisor.ProbeRequest{Images: 10}}, "/images"},
		"a probe longer than a run":  {advisor.Request{Probe: advisor.ProbeRequest{Epochs: 4}, Epochs: 3}, "/probe/epochs"},
		"a negative probe":           {advisor.Request{Probe: advisor.ProbeRequest{Epochs: -1}}, "/probe/epochs"},
		"negative suggestions":       {advisor.Request{Suggestions: -3}, "/suggestions"},
		"an unknown effort":          {advisor.Request{Effort: "much"}, "/effort"},
		"a negative budget":          {advisor.Request{Budget: -1}, "/budget"},
		"too large a budget":         {advisor.Request{Budget: advisor.MaxBudget + 1}, "/budget"},
		"a budget that is no number": {advisor.Request{Budget: math.NaN()}, "/budget"},
		"negative seeds":             {advisor.Request{Seeds: -1}, "/seeds"},
		"too many seeds":             {advisor.Request{Seeds: advisor.MaxSeeds + 1}, "/seeds"},
		"an unknown goal":            {advisor.Request{Goal: "fame"}, "/goal"},
		"a target without its goal":  {advisor.Request{Target: 0.9}, "/target"},
		"a target to shrink to":      {advisor.Request{Goal: advisor.GoalShrink, Target: 0.9}, "/target"},
		"a goal without its target":  {advisor.Request{Goal: advisor.GoalTarget}, "/target"},
		"a target at chance":         {advisor.Request{Goal: advisor.GoalTarget, Target: 0.1}, "/target"},
		"a target of all":            {advisor.Request{Goal: advisor.GoalTarget, Target: 1}, "/target"},
		"a frozen layer that is not": {limits(advisor.Constraints{Frozen: []string{"dense2", "x"}}), "/constraints/frozen/1"},
		"an unknown knob":            {limits(advisor.Constraints{Forbid: []string{"luck"}}), "/constraints/forbid/0"},
		"negative parameters":        {limits(advisor.Constraints{MaxParameters: -1}), "/constraints/max_parameters"},
		"an unknown metric":          {advisor.Request{Metric: "fame"}, "/metric"},
		"a target of another metric": {advisor.Request{Metric: advisor.MacroF1, Goal: advisor.GoalTarget, Target: 0.9},
			"/metric"},
		"negative operations": {limits(advisor.Constraints{MaxTrainingFLOPs: -1}), "/constraints/max_training_flops"},
		"negative memory":     {limits(advisor.Constraints{MaxMemory: -1}), "/constraints/max_memory"},
	} {
		_, err := d.SubmitAdvice(t.Context(), sixLayers(t).Canonical(), c.request, advisor.IdempotencyKey{})
		var refused *RequestError
		if !errors.As(err, &refused) || refused.Pointer != c.pointer || refused.Problem == "" {
			t.Errorf("%s: %v (%+v), want an error at %s", name, err, refused, c.pointer)
		}
	}
	var invalid *trainer.InvalidError
	for name, r := range map[string]advisor.Request{
		"negative epochs": {Epochs: -5}, "a seed out of range": {Probe: advisor.ProbeRequest{Seed: 1 << 60}}} {
		if _, err := d.SubmitAdvice(t.Context(), sixLayers(t).Canonical(), r,
			advisor.IdempotencyKey{}); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.SubmitAdvice(t.Context(), []byte(`{}`), advisor.Request{},
		advisor.IdempotencyKey{}); !errors.As(err, &invalid) {
		t.Errorf("an empty document: %v", err)
	}
}

func TestDefaultsOfARequest(t *testing.T) {
	d := Service{Store: &fakeStore{}, Datasets: fakeDatasets{}}
	for name, c := range map[string]struct{ request, want advisor.Request }{
		"nothing given": {advisor.Request{}, advisor.Request{Effort: advisor.Standard, Budget: advisor.DefaultBudget,
			Seeds: advisor.DefaultSeeds, Goal: advisor.GoalAccuracy}},
		"quick": {advisor.Request{Effort: advisor.Quick}, advisor.Request{Effort: advisor.Quick,
			Budget: advisor.QuickBudget, Seeds: advisor.DefaultSeeds, Goal: advisor.GoalAccuracy}},
		"quick with a budget": {advisor.Request{Effort: advisor.Quick, Budget: 2}, advisor.Request{Effort: advisor.Quick,
			Budget: 2, Seeds: advisor.DefaultSeeds, Goal: advisor.GoalAccuracy}},
		"all given": {advisor.Request{Budget: 20, Seeds: 8, Goal: advisor.GoalTarget, Target: 0.99},
			advisor.Request{Effort: advisor.Standard, Budget: 20, Seeds: 8, Goal: advisor.GoalTarget, Target: 0.99}},
	} {
		a, err := d.SubmitAdvice(t.Context(), sixLayers(t).Canonical(), c.request, advisor.IdempotencyKey{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := a.Request
		if got.Dataset != advisor.DefaultDataset || got.Probe.Epochs != advisor.DefaultProbeEpochs ||
			got.Suggestions != advisor.DefaultSuggestions || got.Epochs != 15 || got.Probe.Images != 100 {
			t.Errorf("%s: %+v", name, got)
		}
		if got.Effort != c.want.Effort || got.Budget != c.want.Budget || got.Seeds != c.want.Seeds ||
			got.Goal != c.want.Goal || got.Target != c.want.Target || got.Metric != advisor.Accuracy {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
