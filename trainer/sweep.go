package trainer

import (
	"fmt"
	"math"
)

// Sweep is a learning-rate range test (Smith 2017): a training whose rate grows from Low to High, by the same factor
// from update to update. Schedules and warm-ups have no part in it.
type Sweep struct {
	Low, High float64
	Updates   int
}

// Rate is the learning rate of update i, from 0.
func (s Sweep) Rate(i int) float64 {
	return s.Low * math.Pow(s.High/s.Low, float64(i)/float64(max(s.Updates-1, 1)))
}

// Check says what is wrong with the sweep.
func (s Sweep) Check() error {
	if !(s.Low > 0) || !(s.High > s.Low) || math.IsInf(s.High, 0) {
		return fmt.Errorf("sweep of the learning rate from %g to %g: want 0 < low < high", s.Low, s.High)
	}
	if s.Updates < 2 {
		return fmt.Errorf("sweep of the learning rate over %d updates: want 2 or more", s.Updates)
	}
	return nil
}

// SweepPoint is one update of a sweep.
type SweepPoint struct {
	LearningRate float64 `json:"learning_rate"`
	// the mean cross-entropy of the update's batch before it, without penalties; null where it is not finite
	Loss Number `json:"loss"`
}
