package graph

import (
	"fmt"
	"slices"

	"probewise/trainer"
)

// best is a run's best epoch so far, with its weights on the host.
type best struct {
	trainer.BestEpoch             // epoch 0: none is finished
	values            [][]float32 // of session.evaluated, as they were at its end
}

// newBest allocates the weights.
func newBest(evaluated []trainer.Buffer) *best {
	b := &best{values: make([][]float32, len(evaluated))}
	for i, buffer := range evaluated {
		b.values[i] = make([]float32, buffer.Len())
	}
	return b
}

// bestValues is how many values a session holds on the host for its best epoch: the weights, and while they are tested
// the largest part of the others again.
func bestValues(evaluated []trainer.Buffer) int {
	all, largest := 0, 0
	for _, buffer := range evaluated {
		all, largest = all+buffer.Len(), max(largest, buffer.Len())
	}
	return all + largest
}

// worse says whether it is worse than another finished epoch, by validation images alone.
func (b *best) worse(r trainer.EpochRecord) bool {
	if b.Epoch == 0 || r.ValidationAccuracy != b.ValidationAccuracy {
		return b.Epoch == 0 || r.ValidationAccuracy > b.ValidationAccuracy
	}
	return r.ValidationLoss < b.ValidationLoss
}

// evaluated is all that an evaluation reads: the params, and the statistics that the batch norms normalise with.
func (s *session) evaluated() []trainer.Buffer { return slices.Concat(s.params, s.norms.shown) }

// keepBest copies the weights where the epoch that has just been recorded is the best so far.
func (s *session) keepBest() error {
	if s.best == nil || !s.best.worse(s.latest) {
		return nil
	}
	for i, buffer := range s.evaluated() {
		if err := s.backend.Download(s.best.values[i], buffer); err != nil {
			return fmt.Errorf("keep the weights: %w", err)
		}
	}
	s.best.BestEpoch = trainer.BestEpoch{
		Epoch:              int(s.latest.Epoch),
		ValidationAccuracy: s.latest.ValidationAccuracy,
		ValidationLoss:     s.latest.ValidationLoss,
		TestAccuracy:       trainer.Missing,
		TestLoss:           trainer.Missing,
	}
	return nil
}

// testBest tests a run that has ended with the weights of its best epoch; nil where it has not, or there is none. The
// outcome is that of its last epoch.
func (s *session) testBest(o trainer.Outcome) (*trainer.BestEpoch, error) {
	if s.best == nil || s.best.Epoch == 0 || !s.ended() {
		return nil, nil
	}
	b := s.best.BestEpoch
	if !o.Diverged && b.Epoch == o.Epochs { // the same weights
		b.TestLoss, b.TestAccuracy = o.TestLoss, o.TestAccuracy
		return &b, nil
	}
	if err := s.swapBest(); err != nil {
		return nil, err
	}
	tested, err := s.measure.testAll(s.step)
	if err != nil {
		return nil, fmt.Errorf("test the weights of epoch %d: %w", b.Epoch, err)
	}
	b.TestLoss, b.TestAccuracy = tested.loss(), tested.accuracy()
	return &b, s.swapBest()
}

// swapBest exchanges the weights that stand with those that are kept, one buffer at a time.
func (s *session) swapBest() error {
	for i, buffer := range s.evaluated() {
		standing := make([]float32, buffer.Len())
		if err := s.backend.Download(standing, buffer); err != nil {
			return fmt.Errorf("read the weights: %w", err)
		}
		if err := s.backend.Upload(buffer, s.best.values[i]); err != nil {
			return fmt.Errorf("write the weights: %w", err)
		}
		s.best.values[i] = standing
	}
	return nil
}

// BestWeights implements trainer.Session.
func (s *session) BestWeights() []trainer.Tensor {
	if s.best == nil || s.best.Epoch == 0 {
		return nil
	}
	return s.tensors(s.best.values)
}
