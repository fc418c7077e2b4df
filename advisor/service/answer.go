package service

import (
	"context"
	"errors"
	"probewise/advisor"
)

// Answer returns advice with its training run: the one that its request asked for, else the latest that was started
// from it, if there is one.
func (s Service) Answer(ctx context.Context, id string) (advisor.Answer, error) {
	advice, err := s.Store.Advice(ctx, id)
	if err != nil {
		return advisor.Answer{}, err
	}
	answer := advisor.Answer{Advice: advice}
	if advice.TrainingRun != nil {
		run, err := s.Store.Run(ctx, *advice.TrainingRun)
		if err == nil {
			answer.Training = &run
		}
		if !errors.Is(err, advisor.ErrNotFound) {
			return answer, err
		} // it was deleted; another may have been started since
	}
	runs, err := s.Store.ListRuns(ctx, advisor.RunFilter{FromAdvice: id, Limit: 1})
	if err == nil && len(runs) > 0 {
		answer.Training, answer.TrainingRun = &runs[0], &runs[0].ID
	}
	return answer, err
}
