// Package rule examines the probe of an architecture: each Rule names what is wrong and where, and proposes edits.
//
// Invariants: a rule is a value, one a file, whose Doc states its default threshold and where that comes from. Rules
// read the case and change nothing. Thresholds are percentiles among past runs at the same layer position and epoch
// where there are at least 30, else the rule's default; without past runs a percentile is missing. Edits find layers by
// name when they are applied, so that the proposals of several rules can be combined in any order; they keep the
// architecture legal, never touch the output layer, and never put a second technique on a regularised layer. The same
// case gives the same diagnoses and proposals in the same order.
//
// Read next: rule.go (what a rule sees and says), driver.go (order and validation), block.go and edit.go (how edits
// find and change layers), ladder.go (filters and widths), then any rule.
package rule
