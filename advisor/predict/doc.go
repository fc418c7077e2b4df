// Package predict joins past runs, features and forest: it fits a forest per key and probe length, keeps the fitted
// models, and answers advisor.Predictor.
//
// Models are kept in a folder under the hash of what they were fitted on, so that an answer never waits for a fit that
// was done before, and a new past run means a new fit.
//
// Read next: predict.go, then advisor/features and forest.
package predict
