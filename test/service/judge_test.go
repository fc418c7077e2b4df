package service

import (
	"context"
	"math"

	"probewise/advisor"
	"probewise/advisor/gain"
	"probewise/trainer"
)

// judge foretells by formula: nets that compute more gain more, as the fake trainer has it.
type judge struct{}

func (judge) Foretell(_ context.Context, base advisor.ProbeResult, revised trainer.Architecture, _ advisor.ProbeResult,
	_ float64) (gain.Gain, error) {
	was, is := base.Architecture.Cost().MultiplyAdds, revised.Cost().MultiplyAdds
	mean := math.Log10(float64(is)/float64(was)) / 20
	return gain.Gain{Mean: mean, Low: mean - 0.01, High: mean + 0.01, Confidence: 0.8, Noise: 0.004, Pairs: 200}, nil
}
