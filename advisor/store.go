package advisor

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What every store of runs and advice answers, wrapped with the operation and its operands.
var (
	// ErrNotFound: there is no such record.
	ErrNotFound = errors.New("not found")
	// ErrLeaseLost: the job is no longer this worker's. Nothing was written; stop working on it.
	ErrLeaseLost = errors.New("lease lost")
	// ErrCancelRequested: the job is still this worker's, and its owner wants it to stop.
	ErrCancelRequested = errors.New("cancel requested")
	// ErrFinished: the record has ended and can no longer change.
	ErrFinished = errors.New("already finished")
	// ErrServesAdvice: the run is a probe or verification of some advice; only that can be claimed or cancelled.
	ErrServesAdvice = errors.New("the run belongs to advice")
	// ErrUnfinished: the record has not ended: it can neither be deleted nor have its revised architecture trained.
	ErrUnfinished = errors.New("not finished")
	// ErrSubmitted: a request with this idempotency key has been taken before. Nothing was written.
	ErrSubmitted = errors.New("the idempotency key is in use")
	// ErrUnfinishedEqual: a job with the fingerprint of the new one has not ended. Nothing was written.
	ErrUnfinishedEqual = errors.New("an equal request is unfinished")
	// ErrKeyReused: the idempotency key was used for another request.
	ErrKeyReused = errors.New("the idempotency key was used for another request")
	// ErrBusy: the store, or what a request needs, is busy for the moment. Nothing was written; try again.
	ErrBusy = errors.New("busy")
	// ErrNoWeights: the run has ended without weights that could be kept.
	ErrNoWeights = errors.New("the run has no weights")
	// ErrDamagedWeights: the file with the run's weights is gone, or is not what was written.
	ErrDamagedWeights = errors.New("the weights are lost or damaged")
	// ErrStorageFull: there is no room left to write. Nothing was written; it may be tried again once there is.
	ErrStorageFull = errors.New("the storage is full")
)

// IdempotencyKey makes a request idempotent: of requests with one key, the first is taken and the others get its
// answer. The zero value asks for nothing.
type IdempotencyKey struct {
	Key    string
	Digest string // of the request: another one with the same key is a mistake
}

// Submission is what a request with an idempotency key made.
type Submission struct {
	IdempotencyKey
	Kind JobKind
	ID   string // of the advice or run
}

// JobKind says what a worker claims.
type JobKind string

// The kinds of job. The probe and verification runs of advice belong to its job; only stand-alone runs are jobs.
const (
	JobAdvice JobKind = "advice"
	JobRun    JobKind = "run"
)

// Lease is the right to work on a job until it expires, unless a heartbeat extends it. Every claim has a token of its
// own, so that a worker that was given up cannot write over its successor's work.
type Lease struct {
	Kind  JobKind
	ID    string // of the advice or run
	Token string
}

// LeaseTime is how long a job belongs to a worker that does not say that it is alive.
const LeaseTime = 30 * time.Second

// Worker is the process that holds a lease.
type Worker struct {
	Host    string // host name, on Linux with its process id namespace; "" where unknown
	PID     int
	Started string // tells the process from a later one with the same PID; "" where unknown
}

// String names the worker for people.
func (w Worker) String() string {
	host, _, _ := strings.Cut(w.Host, " ")
	return fmt.Sprintf("process %d on host %q", w.PID, host)
}

// Place is where a record stands in a list, also after its end. The zero value is before the first.
type Place struct {
	Created time.Time
	ID      string
}

// AdviceFilter selects advice, newest first. The zero value selects all.
type AdviceFilter struct {
	State State
	Limit int   // at most this many; 0: all
	After Place // of the last advice of the page before
}

// RunFilter selects runs, newest first. The zero value selects all.
type RunFilter struct {
	State      State
	Kind       Kind
	Advice     string // only the runs that serve this advice
	FromAdvice string // only the runs that train this advice's revised architecture
	// Fingerprint of the request that a run was made for: only these.
	Fingerprint string
	Limit       int   // at most this many; 0: all
	After       Place // of the last run of the page before
}
