// Package imports checks the directions in which the packages of Probewise may import each other:
//
//	cmd/probewise → {api, db, web} → advisor → {trainer, forest}
//
// A package may import what stands to its right; packages in one pair of braces never import each other; a subfolder may
// import the folder above it, not the reverse; web imports nothing of ours. Technology packages (Gorgonia, the SQLite
// driver, the forest library, the command line's libraries) are imported by their adapter alone, and Gorgonia is not even
// reached through another package except by trainer/graph and cmd/probewise.
//
// The table of directions.go is the only statement of these rules. The test lists the packages with the go command, and
// holds the depguard rules of .golangci.yml to the same table.
//
// Read next: directions.go (the table), check.go (what is reported), then imports_test.go.
package imports
