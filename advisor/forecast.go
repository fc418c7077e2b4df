package advisor

import (
	"context"

	"probewise/trainer"
)

// NoPredictionError says why there is no prediction. It is an answer, not a failure.
type NoPredictionError struct{ Reason string }

func (e *NoPredictionError) Error() string { return "no prediction: " + e.Reason }

// Forecaster predicts the test accuracy of full training from the past runs of one key. Runs of the architecture in
// question, whatever their seed, are not among those that its prediction rests on. Errors are *NoPredictionError where
// the past runs do not allow a prediction.
type Forecaster interface {
	// FromProbe predicts from the first epochs of a run.
	FromProbe(ctx context.Context, p ProbeResult) (Prediction, error)
	// FromArchitecture predicts without any training.
	FromArchitecture(ctx context.Context, a trainer.Architecture) (Prediction, error)
	// Without leaves the runs of these architectures out as well, so that predictions for all of them are one forest's.
	Without(architectures ...trainer.Architecture) Forecaster
	// Reference returns the past runs' statistics; it knows nothing where there are no past runs.
	Reference() Reference
}

// ProbeResult is a trained probe.
type ProbeResult struct {
	Architecture trainer.Architecture
	Epochs       int // asked for; a diverged probe has fewer, see Outcome
	Records      []trainer.EpochRecord
	Outcome      trainer.Outcome
}
