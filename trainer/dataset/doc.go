// Package dataset keeps the labelled images that networks are trained on: it reads them from the layouts in which they
// are published, keeps each data set decoded once in a folder, and deals them out as seeded splits and batches.
//
// Invariants:
//   - A data set's ID is a hash of its content (shape, classes, pixels, labels), not of its name or of the files it
//     came from: the same images in a folder and in a zip have the same ID. Every Load checks it.
//   - Everything random follows from a seed and a position (split seed; run seed and epoch; image index), never from
//     batch size, threads or a global source, so that a probe sees exactly the images of its full run.
//   - Input files are not trusted: sizes are checked before memory is taken, archives are never unpacked to disk, and
//     an error names the file. A failed or killed Add leaves no data set behind.
//
// Limits: images of at most MaxSide×MaxSide pixels, at most MaxBytes of decoded pixels in a data set.
//
// Read next: library.go (what is there, Load), add.go (recognising the layouts; idx.go, cifar.go, folder.go read them),
// get.go (downloads), split.go and batch.go (what training uses). The program in cut made the embedded sample.
package dataset
