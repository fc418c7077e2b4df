// Package advisor holds the records of the product, Run and Advice, with their states and events, what every store of
// them answers, and what the parts of the product tell each other: the Case that rules examine, the Quantity that they
// measure, the Forecaster that predicts. It does nothing: the use cases are those of advisor/service. What past runs
// say is three packages: advisor/pastruns gathers them, advisor/predict answers one question, advisor/analysis the
// others.
//
// Invariants: states change only as state.go allows; finished records never change; selection uses validation images
// only, and test accuracy is neither chosen on nor a feature; without enough past runs a prediction is null with a
// reason.
//
// Read next: run.go and advice.go (the records), state.go, store.go, then advisor/service.
package advisor
