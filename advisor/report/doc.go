// Package report writes an advice or a run for people: as text, which "probewise advise" and "probewise train" print, and
// as views, tables and SVG, which the pages of the service show.
//
// Invariants: it decides nothing and computes no figure of its own; everything stands in the records (the JSON has all
// of it), and a figure reads the same on a terminal and on a page. No line of text is wider than Options.Width, none ends
// in a space, and colour only ever adds escape sequences. Every picture has a table with the same figures.
//
// Read next: text.go (the order of an advice's report), run.go (a run's), page.go (wrapping, tables, colour); for the
// pages view.go (an advice), panel.go (its statistics), heatmap.go; view_card.go and view_relations.go (what the past runs
// say), bars.go.
package report
