package service

import (
	"context"
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/search"
)

// more trains the net's probe with as many more seeds as the request asks for, and adds what that takes to the answer's
// compute. The seeds are those that a search confirms its winner with first: it finds them trained.
func (s Service) more(ctx context.Context, l advisor.Lease, a *advisor.Advice, probe advisor.Run,
	watch advisor.Watcher) ([]advisor.ProbeResult, error) {
	n := a.Request.Probe.Seeds - 1
	if n < 1 {
		return nil, nil
	}
	b, err := s.newLab(ctx, l, probe, watch)
	if err != nil {
		return nil, err
	}
	b.phase = "probe with another seed"
	trials := make([]*search.Trial, n)
	for i := range trials {
		trials[i] = &search.Trial{Architecture: probe.Architecture, Seed: search.FreshSeed(probe.Seed, uint64(i)+1),
			Moment: float64(probe.StopAfter)}
	}
	err = b.Train(ctx, trials)
	if err == nil {
		err = b.Drop(ctx, trials)
	}
	if err != nil {
		_ = b.close() // the first error tells
		return nil, fmt.Errorf("probe with other seeds: %w", err)
	}
	var results []advisor.ProbeResult
	for _, t := range trials {
		if !t.TooLarge {
			results = append(results, t.Result)
			a.Compute.ProbeFLOPs += flops(t.Result, probe.Budget.Images)
		}
	}
	return results, nil
}

// predictMean is the mean of what is predicted from each of the probes; of one, its prediction.
func predictMean(ctx context.Context, f advisor.Forecaster, probes []advisor.ProbeResult) (*advisor.Prediction, string,
	error) {
	var mean advisor.Prediction
	for i, r := range probes {
		p, reason, err := predict(ctx, f, r)
		if p == nil || err != nil {
			return nil, reason, err
		}
		if i == 0 {
			mean = *p
			mean.Probes = 1
			continue
		}
		n := float64(i + 1)
		mean.Probes++
		mean.TestAccuracy += (p.TestAccuracy - mean.TestAccuracy) / n
		mean.Low += (p.Low - mean.Low) / n
		mean.High += (p.High - mean.High) / n
		mean.Novelty += (p.Novelty - mean.Novelty) / n
		for _, w := range p.Warnings {
			if !slices.Contains(mean.Warnings, w) {
				mean.Warnings = append(slices.Clone(mean.Warnings), w)
			}
		}
	}
	return &mean, "", nil
}
