// Package service has the use cases that server, worker and command line share: submit, advise, train, validate, and
// the gate's probes. It is synchronous and knows no transport and no database: each use case declares the small
// interfaces that it needs (service.go, store.go), and cmd/probewise wires them.
//
// Invariants: nothing is written without the job's lease; work that is interrupted goes back to the queue, uncharged;
// what a worker finished, the next one does not do again. A job that fails says why. A search leaves no run of its
// advice unfinished and no session open.
//
// Read next: submit.go (a request becomes a job), service.go (Work: a job's life), advise.go (the main use case),
// search.go (from entries of a search to suggestions), lab.go (its trials), suggest.go (what may be tried), weights.go
// (what a file with weights says of itself).
package service
