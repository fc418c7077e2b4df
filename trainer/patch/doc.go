// Package patch knows the differences between architectures: it writes them as a JSON Patch (RFC 6902), applies one,
// and tells in words what it changes.
//
// Invariants: edits are of the canonical form, and layers are matched by name; Apply(a, Diff(a, b)) is b; what Apply
// returns is a valid architecture.
//
// Read next: edit.go (Diff, Apply), describe.go (the words).
package patch
