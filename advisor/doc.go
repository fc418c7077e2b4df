// Package advisor holds the records of the product, Run and Advice, their state table, and the use cases that server,
// worker and command line share: advise, train, check. It is synchronous and knows no transport and no database: each
// use case declares the small interfaces that it needs, and cmd/probewise wires them.
//
// Invariants: states change only as state.go allows; finished records never change; selection uses validation images
// only, and test accuracy is neither chosen on nor a feature; without enough past runs a prediction is null with a
// reason.
//
// Read next: run.go and advice.go (the records), advise.go (the main use case), suggest.go (from proposals to ranked
// suggestions), verify.go (re-probes).
package advisor
