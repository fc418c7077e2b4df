package advisor

import "probewise/trainer"

// Event is something that happened to an advice or a run, for a progress bar or a stream.
type Event struct {
	Type       string // "state", "progress", "epoch", "diagnosis", "suggestion", "done"
	Phase      string // what is going on, for people: "probe", "verify 2 of 4", "train"
	Run        string
	Progress   trainer.Progress     // progress
	Record     *trainer.EpochRecord // epoch
	Diagnosis  *Diagnosis
	Suggestion *Suggestion
}

// Watcher hears of events, on the goroutine that works.
type Watcher func(Event)
