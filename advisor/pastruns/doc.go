// Package pastruns gathers the past runs of a key, finished full runs on one data set with so many images and epochs,
// and the forests that are fitted on them. Prediction (advisor/predict) and analysis (advisor/analysis) stand on it.
//
// Invariants: a Snapshot never changes, so that everything that is said from it rests on the same runs; the same run
// counts once. Forests are kept under the hash of what they were fitted on, so that an answer never waits for a fit
// that was done before, and a new past run means a new fit. The folder of kept forests is bounded.
//
// Read next: source.go (where past runs come from), snapshot.go (the table that a forest is fitted on), forests.go,
// others.go (what other lengths and other data sets tell where a key has few runs).
package pastruns
