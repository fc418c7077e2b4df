// Package report writes answers, runs and what past runs say for people, as text on a terminal; its subfolder html
// makes what the pages of the service show.
//
// Invariants: it decides nothing and computes no figure of its own; everything is in the records (the JSON has all of
// it). Numbers are written by package figure and sentences that both kinds of report need by words.go, so that they
// read the same on a terminal and on a page. No line of the report on advice or a run is wider than Options.Width, none
// ends in a space, and colour only ever adds escape sequences.
//
// Read next: text.go (the order of a report on advice), run.go (on a run), page.go (wrapping, tables, colour),
// words.go; pastruns.go and method.go (model card, relations, expectations).
package report
