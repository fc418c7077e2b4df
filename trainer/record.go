package trainer

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
)

// Number is a float64 that may be missing: NaN in Go, null in JSON. Infinities are written as null too.
type Number float64

// Missing is the Number that is not there.
var Missing = Number(math.NaN())

// Known says whether n is a finite number.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		*n = Missing
		return nil
	}
	return json.Unmarshal(data, (*float64)(n))
}

// EpochRecord is what a run measures at one moment: at initialisation (epoch 0), at each quarter of epochs 1 to 3, then
// after each epoch. Accuracies are shares 0…1, losses mean cross-entropy in nats without penalties.
type EpochRecord struct {
	Epoch        float64 `json:"epoch"`
	LearningRate Number  `json:"learning_rate"`
	// as it runs, since the start of the epoch; null at initialisation
	TrainLoss          Number `json:"train_loss"`
	TrainAccuracy      Number `json:"train_accuracy"`
	ValidationLoss     Number `json:"validation_loss"`
	ValidationAccuracy Number `json:"validation_accuracy"`
	TestLoss           Number `json:"test_loss"` // whole epochs only, on 2,000 fixed test images; null in probes
	TestAccuracy       Number `json:"test_accuracy"`
	// ValidationByClass is absent from records of older versions.
	ValidationByClass *ClassScores `json:"validation_by_class,omitempty"`
	// training batches that the statistics of batch norm were measured on, anew, for this evaluation: so in the first
	// epochs. 0 where the running statistics were taken, as Keras and PyTorch do, and without batch norm
	NormBatches int               `json:"norm_batches,omitempty"`
	Seconds     float64           `json:"seconds"` // since the run began
	Layers      []LayerStatistics `json:"layers,omitempty"`
}

// Whole says whether the record stands at the end of an epoch (not at initialisation or within one).
func (r EpochRecord) Whole() bool { return r.Epoch > 0 && r.Epoch == math.Trunc(r.Epoch) }

// MemoryError says that a run was refused because it would need more memory than the limit allows.
type MemoryError struct {
	Architecture  string // its name, may be empty
	On            string // the device whose memory it is; empty: that of the process
	Needed, Limit int64  // bytes; unknown where Err says more
	Err           error  // what the device's driver said, where it refused what had seemed to fit; may be nil
}

// Error implements error.
func (e *MemoryError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("training %s needs more memory than %s has left: %v",
			cmp.Or(e.Architecture, "the network"), e.On, e.Err)
	}
	where, limit := "", "the limit of"
	if e.On != "" {
		where, limit = " on "+e.On, "the free"
	}
	return fmt.Sprintf("training %s needs about %s of memory%s (%d bytes), more than %s %s (%d bytes)",
		cmp.Or(e.Architecture, "the network"), mebibytes(e.Needed), where, e.Needed, limit, mebibytes(e.Limit), e.Limit)
}

// Unwrap gives what the driver said.
func (e *MemoryError) Unwrap() error { return e.Err }

// DeviceLostError says that this process can do nothing more on a device: its driver answers every call with the same
// error. A new process may.
type DeviceLostError struct {
	Device string
	Unused bool // it was so before this process had run anything on it: no run is to blame
	Err    error
}

// Error implements error.
func (e *DeviceLostError) Error() string {
	return fmt.Sprintf("device %s is lost: %v; start the program again", e.Device, e.Err)
}

// Unwrap gives what the driver said.
func (e *DeviceLostError) Unwrap() error { return e.Err }

func mebibytes(bytes int64) string { return fmt.Sprintf("%d MiB", (bytes+1<<19)>>20) }

// Budget says what is trained: a full run has Images images (training and validation together) and Epochs epochs.
type Budget struct {
	Images int `json:"images"`
	Epochs int `json:"epochs"`
}

// Training is how many images of a full run are trained on; a tenth are for validation.
func (b Budget) Training() int { return b.Images - (b.Images+5)/10 }

// Updates is how often a full run updates the weights.
func (b Budget) Updates(batchSize int) int {
	return b.Epochs * ((b.Training() + batchSize - 1) / batchSize)
}

// Outcome is how a run ended. A diverged run is a result, not an error.
type Outcome struct {
	Diverged            bool    `json:"diverged"`
	DivergedEpoch       int     `json:"diverged_epoch,omitempty"` // the epoch, from 1, in which NaN or Inf appeared
	Epochs              int     `json:"epochs"`                   // finished
	TrainLoss           Number  `json:"train_loss"`
	TrainAccuracy       Number  `json:"train_accuracy"`
	ValidationLoss      Number  `json:"validation_loss"`
	ValidationAccuracy  Number  `json:"validation_accuracy"`
	TestLoss            Number  `json:"test_loss"` // on all test images
	TestAccuracy        Number  `json:"test_accuracy"`
	Parameters          int64   `json:"parameters"`
	Seconds             float64 `json:"seconds"`
	ParameterEfficiency Number  `json:"parameter_efficiency"` // seconds divided by parameters (Salit)
	Device              string  `json:"device"`
	// Both are absent from outcomes of older versions, TestByClass from those of probes too.
	ValidationByClass *ClassScores `json:"validation_by_class,omitempty"`
	TestByClass       *ClassScores `json:"test_by_class,omitempty"`
	// Best is absent where nobody asked for it (Spec.KeepBest) and where no epoch was finished.
	Best *BestEpoch `json:"best,omitempty"`
}

// BestEpoch is the finished epoch of a run with the highest validation accuracy; among equals the one with the lowest
// validation loss, then the earliest. Everything is measured with the weights of its end.
type BestEpoch struct {
	Epoch              int    `json:"epoch"`
	ValidationAccuracy Number `json:"validation_accuracy"`
	ValidationLoss     Number `json:"validation_loss"`
	TestAccuracy       Number `json:"test_accuracy"` // on all test images; nothing was chosen by it
	TestLoss           Number `json:"test_loss"`
}

// Progress tells how far a run is, in training batches.
type Progress struct {
	Batch   int `json:"batch"`
	Batches int `json:"batches"`
	Epoch   int `json:"epoch"`
}

// Observer hears of a run as it goes, on the run's goroutine. An error from Record ends the run.
type Observer interface {
	Progress(Progress)
	Record(ctx context.Context, r EpochRecord) error
}

// Spec says what to train. The full run that it belongs to has Budget; a probe is its beginning.
type Spec struct {
	Architecture Architecture
	Data         *Dataset
	Budget       Budget
	Seed         uint64 // initial weights, order of the images, dropout, augmentation
	Threads      int    // of the CPU, at most; 0: all. The bits are the same
	KeepBest     bool   // keep the weights of the best epoch: Outcome.Best, Session.BestWeights
	// Untested says that no test image is looked at before the full length: who chooses by what a probe shows must not
	// choose by them.
	Untested bool
}

// Session is one training that can be continued: training to a quarter of epoch 1 and then to epoch 3 gives the same
// bits as training to epoch 3 at once.
type Session interface {
	// TrainTo trains to the moment, in epochs, or until the run diverges, and returns the outcome so far. It stops after a
	// record: at a whole epoch, or a quarter of one where there are records of quarters (EpochRecord). Another moment is
	// an error. ctx is checked every batch.
	TrainTo(ctx context.Context, moment float64, o Observer) (Outcome, error)
	// BestWeights are those of the best epoch so far, in the order of the layers; nil where no epoch was finished, or
	// nobody asked for them. They are valid until the session goes on or is closed.
	BestWeights() []Tensor
	Close() error
}
