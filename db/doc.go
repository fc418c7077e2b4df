// Package db keeps runs, their epoch records and layer statistics, advice, what happened to both, and what requests
// with an idempotency key made, in one SQLite file, and is the queue that workers claim jobs from. The weights of runs
// are files in a folder beside it. It implements the stores that its users declare: advisor/service, jobs, api and
// advisor/pastruns.
//
// Invariants: every state changes in one function (move) and only as advisor.State allows; every write on behalf of a
// job checks the job's lease in the same transaction; finished runs and advice never change, which triggers enforce as
// well, but can be deleted, with all that belongs to them; an accepted request is on the disk before its call returns
// (WAL, synchronous FULL), and its idempotency key with it. A job whose worker died goes back to the queue (Recover)
// without the records of trainings that were cut short: training is deterministic and makes them again. After
// MaxLostLeases it fails. A job whose worker has lost its device (Abandon) counts alike.
//
// A job's log begins with its state "queued", tells each change of state in the transaction that makes it, and ends
// with "done" once the job has ended. Events never change, and their ids ascend in the order of the commits: reading
// on after the last one seen misses nothing. Runs that serve advice have no log; their advice's tells of them.
//
// A record says that a run has weights only where their file is on the disk; a file without such a record is written
// again with the run's next try, or swept (SweepWeights).
//
// Missing numbers (NaN) are NULL, times RFC 3339 in UTC with nine decimals, so that their text sorts as the times do.
//
// Read next: migrations (the tables), db.go (connections and transactions), state.go (changes of state), queue.go (the
// life of a job), event.go (its log), weights.go.
package db
