// Package report writes an advice or a run as text for people: what "probewise advise" and "probewise train" print.
//
// Invariants: it decides nothing and computes no figure of its own; everything stands in the records (the JSON has all
// of it). No line is wider than Options.Width, none ends in a space, and colour only ever adds escape sequences.
//
// Read next: text.go (the order of an advice's report), run.go (a run's), page.go (wrapping, tables, colour).
package report
