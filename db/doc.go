// Package db keeps runs, their epoch records and layer statistics, and advice in one SQLite file, and is the queue that
// workers claim jobs from. It implements the stores that package advisor declares.
//
// Invariants: every state changes in one function (move) and only as advisor.State allows; every write on behalf of a job
// checks the job's lease in the same transaction; finished runs and advice never change, which triggers enforce as well;
// an accepted request is on the disk before its call returns (WAL, synchronous FULL). A job whose worker died goes back to
// the queue (Recover) without the records of trainings that were cut short: training is deterministic and makes them
// again. After MaxLostLeases it fails.
//
// Missing numbers (NaN) are NULL, times RFC 3339 in UTC with nine decimals, so that their text sorts as the times do.
//
// Read next: migrations (the tables), db.go (connections and transactions), state.go (changes of state), queue.go (the
// life of a job).
package db
