// Package ratetest finds a learning rate by a range test (Smith 2017): on a throw-away copy of a net the rate grows
// from far too small to far too large; somewhat below the rate where the loss is least it is about right.
//
// Invariants: the copy has the probe's seed and batches, so that the same net gives the same answer; a suggestion is a
// candidate like any other, made as a setting of the knob learning-rate, and believed only when a training shows it.
//
// Read next: run.go (the test), try.go (when a search makes it), suggest.go (what it suggests, and the rules that it
// was compared with; docs/rules.md has the figures).
package ratetest
