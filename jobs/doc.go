// Package jobs works on the queue and tells what happens: a Worker claims jobs one at a time and hands them to the use
// cases of advisor/service, a Feed lets streams follow a job through the store's event log.
//
// Invariants: a job belongs to the worker that holds its lease; work that a stop cuts short goes back to the queue
// uncharged; a worker that has lost its device takes no other job; a follower sees every logged event exactly once and
// in order, wherever the job is worked on, and progress only when that happens in this process.
//
// Read next: worker.go, feed.go, then advisor/service (Service.Work).
package jobs
