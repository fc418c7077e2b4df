// Package corpus makes, keeps and reads past runs: it samples architectures, trains them in full, and appends each
// finished run to a shard. Shards under data/ are shipped inside the binary.
//
// A shard is a file of gzip members, one per run, each holding one line of JSON, so that it only ever grows and a write
// that was cut off costs nothing but its own run. Records keep three significant digits, of epochs 0 to 5 and the last;
// the first 20 runs of a seed keep their histograms, which are most of a record. What a version did not measure yet is
// missing.
//
// Read next: sample.go and draw.go (which architectures), build.go (training them), shard.go (the files).
package corpus
