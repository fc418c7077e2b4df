package advisor

import "probewise/trainer"

// EventType says what an event is about.
type EventType string

// The types of event.
const (
	EventState      EventType = "state"      // State, and while it runs Phase and Run: what is being trained now
	EventProgress   EventType = "progress"   // Phase, Run, Progress
	EventEpoch      EventType = "epoch"      // Phase, Run, Record
	EventDiagnosis  EventType = "diagnosis"  // Diagnosis
	EventSuggestion EventType = "suggestion" // Suggestion
	EventDone       EventType = "done"       // State: the last event of a job
)

// Event is something that happened to a job, for a progress bar or a stream. A job that goes back to the queue starts
// afresh: what follows its state "queued" replaces what came before.
type Event struct {
	// place in the log, ascending; 0 where it is not in the log: progress never is
	ID    int64     `json:"-"`
	Type  EventType `json:"-"`
	State State     `json:"state,omitempty"`
	// what is going on, for people: "probe", "range test", "search, 40 % of the budget", "train"
	Phase    string            `json:"phase,omitempty"`
	Run      string            `json:"run,omitempty"`
	Progress *trainer.Progress `json:"progress,omitempty"`
	// in the log without its layers, which the run's records have
	Record     *trainer.EpochRecord `json:"record,omitempty"`
	Diagnosis  *Diagnosis           `json:"diagnosis,omitempty"`
	Suggestion *Suggestion          `json:"suggestion,omitempty"`
}

// Logged returns the event as the log keeps it; false where it does not. The store itself logs changes of state.
func (e Event) Logged() (Event, bool) {
	switch e.Type {
	case EventProgress, EventDone:
		return e, false
	case EventEpoch:
		r := *e.Record
		r.Layers = nil
		e.Record = &r
	}
	return e, true
}

// Watcher hears of events, on the goroutine that works.
type Watcher func(Event)
