// Package forest predicts the test accuracy of a full training run from features of its architecture and its probe,
// fitted on past runs. Numbers in, numbers out: no files, no processes, no clock.
//
// Five members predict (member.go), all in or on top of linear models of the logits of accuracy, which reach beyond the
// accuracies of the past runs, as trees cannot, but not past a quarter of the way to 1 or 0 (clip.go): boosted trees, a
// random forest and extra trees on what a ridge leaves, a ridge alone, a Gaussian process. Cross-validation weighs them
// for each table (blend.go). The boosted trees are those of github.com/malaschitz/randomForest, a classification
// library, turned into a regression by L2 boosting: each stage separates the low, middle and high thirds of the
// residual and puts shrunken mean residuals on the leaves. Its Boruta tells which columns matter (select.go): a verdict
// beside the four ways of relate.go, not a choice of what is fitted on. Its isolation forest is a second opinion on
// novelty (Isolation), which takes too long for every answer. The other trees are our own (grow.go), for speed. Beside
// the estimator of all runs stand those of ten folds, grouped by architecture; the mean of a prediction averages them
// all, the interval is CV+, and novelty compares the query with the past runs' own distances.
//
// Relate puts four ways to relate statistics to a target side by side (relate.go).
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
//   - NaN means missing on the way in. It comes out of Relate alone, for what is not defined.
//
// Read next: model.go (Fit, Predict), estimator.go (the members), clip.go (how far a prediction goes), score.go
// (CrossValidate), level.go and transfer.go (few past runs or none: what other data sets tell),
// library.go (hazards of the library), child.go.
package forest
