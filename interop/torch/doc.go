// Command torch trains nets for twenty steps and writes down all that somebody else needs to do the same, and what came
// of it: architectures, batches, weights after every step, records. ../torch.sh has PyTorch do the same and compares.
//
//	torch -out FOLDER NET.json ...
//
// Besides the nets named it trains five that the sampler of past runs draws. Each epoch has one batch, so that the
// record of an epoch is that of a step; the images are those of the embedded sample.
//
// A net's folder has run.json and arrays of float32, little-endian, row-major: images.f32 and labels.f32 (steps, rows
// …: as they were fed), validation.f32 (rows …), norms.f32 (steps + 1, rows …: what the statistics of batch norm are
// measured on for the evaluation at the beginning and after each step), weights.f32 (all tensors one after the other,
// at the beginning and after each step).
//
// Invariant: nothing random but by a fixed seed. Read next: main.go, nets.go (which are sampled), data.go, write.go;
// then net.py (the same nets in PyTorch), layers.py (statistics), compare.py.
package main
