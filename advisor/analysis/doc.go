// Package analysis says what the past runs of a data set tell, beyond one prediction: how far predictions can be
// trusted (the model card), how statistics go with accuracy by four methods, how hyperparameters go with statistics,
// and which statistics an architecture will have.
//
// Invariants: every figure of a prediction is held-out; what cannot be computed is left out with a reason; the same
// past runs are looked at once, since pastruns.Forests keeps what was found.
//
// Read next: analyst.go, then card.go and revisions.go (model card), statistics.go, hyperparameters.go, expect.go.
package analysis
