package advisor

import (
	"context"
	"errors"
)

// Answer is an advice with the run that trains, or trained, its revised architecture: what the command line prints and
// the service returns.
type Answer struct {
	Advice
	Training *Run `json:"training,omitempty"`
}

// Answer returns an advice with its training run: the one that its request asked for, else the latest that was started
// from it, if there is one.
func (d Desk) Answer(ctx context.Context, id string) (Answer, error) {
	advice, err := d.Store.Advice(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Advice: advice}
	if advice.TrainingRun != nil {
		run, err := d.Store.Run(ctx, *advice.TrainingRun)
		if err == nil {
			answer.Training = &run
		}
		if !errors.Is(err, ErrNotFound) {
			return answer, err
		} // it was deleted; another may have been started since
	}
	runs, err := d.Store.ListRuns(ctx, RunFilter{FromAdvice: id, Limit: 1})
	if err == nil && len(runs) > 0 {
		answer.Training, answer.TrainingRun = &runs[0], &runs[0].ID
	}
	return answer, err
}
