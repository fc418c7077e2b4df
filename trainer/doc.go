// Package trainer holds the words of training: what an architecture is, what a backend can compute, and what a run
// records. It computes nothing itself and imports no other package of Probewise; trainer/graph, trainer/kernel and
// trainer/dataset adapt to it.
//
// Images and activations are NCHW (image, channel, row, column), float32, row-major. Convolution weights are
// (filters, channels, kernel height, kernel width), dense weights (inputs, units).
//
// Invariant: what Parse returns is within the caps, has shapes and a cost, and is given back by its canonical form.
//
// Read next: architecture.go (what a user writes), tables.go and parse.go (how it is read and checked), op.go with
// signature.go and backend.go (what a backend runs; the ops are in op_*.go), record.go (what a run leaves behind),
// statistic.go (the catalogue of statistics), block.go and place.go (blocks and places in a net), then trainer/graph
// for the training loop.
package trainer
