// Package predict answers one question: what test accuracy will full training reach, after a probe or before any
// training? A Predictor takes a snapshot of the past runs of a key and answers from the forest that is fitted on them.
//
// Invariants: runs of the architecture in question, whatever their seed, are not among those that its prediction rests
// on; with too few past runs for a forest, a level (forest/level.go) answers from them and other data sets, and where
// that cannot be fitted there is no prediction but a reason. Where the program goes on meanwhile, answers rest on the
// past runs whose forests are fitted, and newer ones are fitted in the background.
//
// Read next: predict.go, renew.go; then advisor/pastruns (the table), advisor/features (its columns) and forest (the
// interval: forest/interval.go).
package predict
