// Package graph turns an architecture into something that trains.
//
// Gorgonia builds and differentiates the expression graph; its ops are ours (op.go wraps trainer.Op, derive.go adds the
// derivatives that an op states of itself). The sorted graph becomes a plan (plan.go): a list of Backend calls, some of
// them joined (fuse.go), on buffers that are assigned once, by which results are still read. Gorgonia's own tape
// machine runs the same graph on the naive kernels; that is the reference of the tests and nothing else.
//
// Invariants: the same Spec gives the same bits on the same backend; a run continued in steps equals the run in one go;
// validation and test images never touch a weight or a running statistic, nor what batch norm is measured on anew.
//
// Read next: build.go (architecture to graph), plan.go (graph to calls), train.go (the training loop), statistics.go
// and record.go (what a record holds), best.go (the weights of the best epoch), measure.go (losses and accuracies),
// norms.go (what batch norms of young nets are evaluated with), memory.go (what a run will take), sum.go (gradients of
// what is used twice).
package graph
