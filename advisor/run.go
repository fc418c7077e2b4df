package advisor

import (
	"fmt"
	"time"

	"probewise/trainer"
)

// Kind says whether a run trains a probe or all epochs.
type Kind string

// The kinds of run.
const (
	Probe Kind = "probe"
	Full  Kind = "full"
)

// Run is one training.
type Run struct {
	ID             string               `json:"id"` // UUIDv7
	Kind           Kind                 `json:"kind"`
	State          State                `json:"state"`
	Architecture   trainer.Architecture `json:"architecture"`
	ArchitectureID string               `json:"architecture_id"`
	Dataset        string               `json:"dataset"`
	DatasetID      string               `json:"dataset_id"` // hash of the images
	Budget         trainer.Budget       `json:"budget"`     // of the full run that this is, or is the beginning of
	StopAfter      int                  `json:"stop_after"` // epochs trained: Budget.Epochs for a full run
	Seed           uint64               `json:"seed"`
	// the advice that the run serves, as probe or verification
	Advice string `json:"advice,omitempty"`
	// the advice whose revised architecture a full run trains
	FromAdvice string `json:"from_advice,omitempty"`
	// what that advice predicted of the run before it was trained; null where it had no prediction
	Predicted *Prediction      `json:"predicted,omitempty"`
	Warnings  []string         `json:"warnings"` // about the architecture of a run of its own
	Version   string           `json:"version"`  // of the program
	Outcome   *trainer.Outcome `json:"outcome"`
	// those of the best epoch of a full run that has succeeded; absent where none was finished
	Weights  *Weights   `json:"weights,omitempty"`
	Error    string     `json:"error,omitempty"` // why a failed run failed
	Created  time.Time  `json:"created"`
	Started  *time.Time `json:"started"`
	Finished *time.Time `json:"finished"`
}

// Weights says which weights of a run are kept, in a safetensors file.
type Weights struct {
	Epoch  int    `json:"epoch"` // at whose end they were so
	Bytes  int64  `json:"bytes"` // of the file
	SHA256 string `json:"sha256"`
}

// Key is what past runs are grouped by and what every prediction names: a prediction is the test accuracy of the full
// run on this data set with this many images (training and validation) and epochs.
type Key struct {
	Dataset string `json:"dataset"`
	Images  int    `json:"images"`
	Epochs  int    `json:"epochs"`
}

func (k Key) String() string {
	return fmt.Sprintf("%s, %d images, %d epochs", k.Dataset, k.Images, k.Epochs)
}

// Key returns the key of the full run.
func (r Run) Key() Key { return Key{r.Dataset, r.Budget.Images, r.Budget.Epochs} }

// PastRun is a finished full run: what the forest is fitted on and the rules compare with.
type PastRun struct {
	Key          Key                   `json:"key"`
	DatasetID    string                `json:"dataset_id"`
	Architecture trainer.Architecture  `json:"architecture"`
	Seed         uint64                `json:"seed"`
	Version      string                `json:"version"` // of the program that trained it
	Outcome      trainer.Outcome       `json:"outcome"`
	Records      []trainer.EpochRecord `json:"records"` // of epochs 0 to 5 and the last
}
