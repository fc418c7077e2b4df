// Package figure writes numbers for people, in the one way that all terminals, pages and messages share.
//
// Invariants: a number that is missing is Absent (in a diagnosis "not finite"), never NaN; no zero has a minus; the
// functions know no record of ours, only numbers and words. Messages of diagnoses are stored and compared, so that
// Measured, Apart and List must not change what they write.
//
// Read next: figure.go (numbers, one function a kind of quantity), text.go (the words around them).
package figure
