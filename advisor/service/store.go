package service

import (
	"context"
	"io"
	"time"

	"probewise/advisor"
	"probewise/trainer"
)

// Store keeps runs and advice. Every error wraps one of those in advisor/store.go, or is the store's own failure.
type Store interface {
	Reader
	Queue
	Submissions
	Leased
}

// Leased is what a worker does to the store with its job's lease.
type Leased interface {
	Leases
	RunWriter
	Finisher
}

// Reader reads records. ErrNotFound: there is none of that id.
type Reader interface {
	Advice(ctx context.Context, id string) (advisor.Advice, error)
	Run(ctx context.Context, id string) (advisor.Run, error)
	// ListRuns returns the newest first.
	ListRuns(ctx context.Context, f advisor.RunFilter) ([]advisor.Run, error)
	// Records returns what a run has recorded so far, by epoch.
	Records(ctx context.Context, run string) ([]trainer.EpochRecord, error)
}

// Queue takes jobs. The fingerprint is equal for equal requests: ErrUnfinishedEqual says that one of them has not
// ended, ErrSubmitted that the idempotency key is in use. Nothing was written then.
type Queue interface {
	CreateAdvice(ctx context.Context, a advisor.Advice, probe advisor.Run, fingerprint string,
		key advisor.IdempotencyKey) error
	CreateRun(ctx context.Context, r advisor.Run, fingerprint string, key advisor.IdempotencyKey) error
	FindUnfinishedAdvice(ctx context.Context, fingerprint string) (advisor.Advice, bool, error)
	FindUnfinishedRun(ctx context.Context, fingerprint string) (advisor.Run, bool, error)
}

// Submissions keeps what requests with an idempotency key were answered with.
type Submissions interface {
	// Remember is for a request for which nothing was created. ErrSubmitted: the key is in use.
	Remember(ctx context.Context, s advisor.Submission) error
	FindSubmission(ctx context.Context, key string) (advisor.Submission, bool, error)
}

// Leases keeps and gives back jobs. ErrLeaseLost: the job is another worker's by now, and nothing was written.
type Leases interface {
	// Heartbeat keeps the job until then. ErrCancelRequested: its owner wants it to stop.
	Heartbeat(ctx context.Context, l advisor.Lease, until time.Time) error
	// Release gives the job back to the queue, uncharged.
	Release(ctx context.Context, l advisor.Lease) error
	// Abandon gives a job back as if its worker had ended: that counts, and a job that has lost too many fails, with the
	// reason.
	Abandon(ctx context.Context, l advisor.Lease, reason string) error
	// Cancelled ends the job as its owner asked.
	Cancelled(ctx context.Context, l advisor.Lease) error
}

// RunWriter stores what a run does as it comes. Errors are those of Leases.
type RunWriter interface {
	// AddChildRun stores a further run of the same answer: a re-probe.
	AddChildRun(ctx context.Context, l advisor.Lease, r advisor.Run) error
	// StartRun begins a run anew: records of an earlier attempt go.
	StartRun(ctx context.Context, l advisor.Lease, run string) error
	AppendRecord(ctx context.Context, l advisor.Lease, run string, r trainer.EpochRecord) error
	// KeepWeights stores the weights that a run had at the end of an epoch, as write writes them.
	KeepWeights(ctx context.Context, l advisor.Lease, run string, epoch int, write func(io.Writer) error) error
	AppendEvent(ctx context.Context, l advisor.Lease, e advisor.Event) error
}

// Finisher ends records, which never change afterwards. Errors are those of Leases.
type Finisher interface {
	FinishRun(ctx context.Context, l advisor.Lease, run string, s advisor.State, o *trainer.Outcome, reason string) error
	// FinishAdvice stores the answer and the runs that follow from it in one transaction.
	FinishAdvice(ctx context.Context, l advisor.Lease, a advisor.Advice, next ...advisor.Run) error
}
