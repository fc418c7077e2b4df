// Package rule examines the probe of an architecture: each Rule names what is wrong and where, and proposes edits.
//
// Invariants: a rule is a value, one a file, whose texts state its thresholds and where they come from. Rules read the
// case and change nothing. A diagnosis has the percentile of its value among past runs of the same depth third and
// epoch where there are at least 30 values, else none; parabolic-layer and high-activation-variance also take their
// threshold from there, with a floor, the others have a fixed one. Edits find layers by name when they are applied, so
// that the proposals of several rules can be combined in any order; they keep the architecture legal, and never touch
// the output layer but for its penalties. Where they are no settings of knobs, they never put a second technique on a
// regularised layer. One cause is one finding: rules name what theirs explains. The same case gives the same diagnoses
// and proposals in the same order.
//
// A new rule is NAME.go with the Rule, whose texts name every numeric constant that it decides by; a line in All; and
// NAME_test.go with its fixtures, at least two cases that fire and two that stay quiet, registered in fixture_test.go.
//
// Read next: rule.go (what a rule sees and says), driver.go (order and validation), advisor/knob (how edits find and
// change layers), ladder.go (widths of dense layers), then any rule.
package rule
