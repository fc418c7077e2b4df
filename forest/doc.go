// Package forest predicts the test accuracy of a full training run from
// features of its architecture and its probe, fitted on past runs. Numbers in,
// numbers out: no files, no processes, no clock.
//
// The estimator is a ridge on the learning-curve columns, in logits of accuracy,
// plus regression trees on its residual. The ridge reaches beyond the accuracies
// of the past runs, which trees cannot, but not past a quarter of the way to 1
// or 0 (reach.go); the trees carry what is not linear. They are grown by
// github.com/malaschitz/randomForest, a classification library, and turned into
// a regression by L2 boosting: each stage separates the low, middle and high
// thirds of the residual and puts shrunken mean residuals on the leaves.
// Beside the estimator of all runs stand those of ten folds, grouped by
// architecture; the mean of a prediction averages them all, the interval is
// CV+, and novelty compares the query with the past runs' own distances.
//
// Invariants:
//
//   - The same table, options and seed give the same model, byte for byte, and
//     so the same ID. This needs the go.mod line "godebug randseednop=0",
//     because the library draws from the global generator; without it a fit
//     fails with ErrGenerator.
//   - Only library.go calls the library, under one lock and with checked input.
//     Its panics would end the process, so fits run in a child (ServeChild).
//     Predict calls no library and draws no random number.
//   - One architecture never stands on both sides of a fold.
//   - A Score is held-out. The only in-sample figures that leave this package are
//     those of Related, beside their held-out ones, for comparison with the paper.
//   - NaN means missing on the way in and never comes out.
//
// Read next: model.go (Fit, Predict), boost.go (the trees), reach.go (how far a
// prediction goes), score.go (CrossValidate), library.go (hazards of the library), child.go.
package forest
