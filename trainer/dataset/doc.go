// Package dataset keeps the labelled images that networks are trained on: it reads them from the layouts in which they
// are published, keeps each data set decoded once in a folder, and deals them out as seeded splits and batches.
//
// Invariants:
//   - A data set's ID is a hash of its content (shape, classes, pixels, labels), not of its name or of the files it
//     came from: the same images in a folder and in a zip have the same ID. Every Load checks it.
//   - Everything random follows from a seed and a position (split seed; run seed and epoch; image index), never from
//     batch size, threads or a global source, so that a probe sees exactly the images of its full run.
//   - Input files are not trusted: sizes are checked before memory is taken, archives are never unpacked to disk, a
//     codec that panics is a broken file, and an error names the file. A failed or killed Add leaves no data set
//     behind.
//   - What is done to images on the way in is said in the manifest (Preparation). No copy of a test image is a training
//     image where the split is drawn here.
//
// Limits: images of at most MaxPixels, kept with at most MaxSide×MaxSide or scaled to at most MaxFit×MaxFit; at most
// MaxBytes of decoded pixels in a data set.
//
// Read next: library.go (what is there, Load), add.go (recognising the layouts; idx.go and cifar.go read them). All
// other layouts become an album of pictures: layout.go (folders), csv.go (tables, which table.go reads and columns.go
// understands), arrays.go (NumPy, which npy.go reads), parquet.go. folder.go decodes an album: picture.go and raster.go
// (to pixels), duplicates.go. testdata is what interop/datasets.sh wrote. Then get.go (downloads), split.go and
// batch.go (what training uses). The program in cut made the embedded sample.
package dataset
