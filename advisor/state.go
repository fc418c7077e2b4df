package advisor

import "fmt"

// State is where a Run or an Advice stands:
//
//	queued ──▶ running ──▶ succeeded | failed | cancelled
//	  ▲  │        │
//	  │  └────────┼──────▶ cancelled
//	  └───────────┘  (shutdown, a lost lease, or a lost device)
//
// A diverged run succeeded: its outcome says diverged.
type State string

// The states.
const (
	Queued    State = "queued"
	Running   State = "running"
	Succeeded State = "succeeded"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

var transitions = map[State][]State{
	Queued:  {Running, Cancelled},
	Running: {Succeeded, Failed, Cancelled, Queued},
}

// Finished says whether the record can no longer change.
func (s State) Finished() bool { return s == Succeeded || s == Failed || s == Cancelled }

// Check returns a *TransitionError where s may not become next.
func (s State) Check(next State) error {
	for _, t := range transitions[s] {
		if t == next {
			return nil
		}
	}
	return &TransitionError{From: s, To: next}
}

// TransitionError reports a change of state that the table does not have.
type TransitionError struct{ From, To State }

func (e *TransitionError) Error() string {
	return fmt.Sprintf("state %s cannot become %s", e.From, e.To)
}
