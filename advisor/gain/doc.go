// Package gain foretells what a change of a net is worth: the difference of test accuracy in full training, after minus
// before. It learns that from pairs, nets that were trained in full with and without some settings of knobs
// (advisor/corpus, DrawPairs), and looks at the net, the change, the probe of the net and its statistics, and the curve
// of the changed net as far as a trial has taken it.
//
// There are forests for each moment at which a trial may stand (Moments): of edits beside their bases, and of nets
// alone. They are fitted on pairs that nobody chose by their trial, so that the gain that they foretell of the best of
// many needs no correction as long as its trial is another one than that by which it was chosen.
//
// Invariants: a base and its edits never stand on both sides of a fold; every figure of Score is held-out by base; test
// accuracies are targets, never columns.
//
// Read next: vector.go (the columns), pair.go, table.go (what forests are fitted on),
// fitted.go (forests with their intervals), judge.go, score.go.
package gain
