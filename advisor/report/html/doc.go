// Package html makes what the pages of the service show of answers, runs and past runs: values for the templates, with
// their tables and SVG drawings.
//
// Invariants: it decides nothing and computes no figure of its own. Every picture has a table with the same figures,
// and every text in a drawing is escaped. Looks come from the style sheet by class.
//
// Read next: advice.go and run.go (a page each, from top to bottom), panel.go (the statistics of a run), heatmap.go;
// card.go, relations.go and hyperparameters.go (what past runs say), bars.go; table.go (what stands in for every
// chart).
package html
