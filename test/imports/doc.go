// Package imports checks the directions in which the packages of Probewise may import each other:
//
//	cmd/probewise → {api, db, web, jobs} → advisor → {trainer, forest}
//
// A package may import what is to its right; packages in one pair of braces never import each other; a subfolder may
// import the folder above it, not the reverse; web imports nothing of ours. Technology packages (Gorgonia, the SQLite
// driver, the forest library, the command line's libraries) are imported by their adapter alone. Gorgonia is not even
// reached through another package, except by the folders in Carriers.
//
// The table in directions.go is the only statement of these rules. The test lists the packages with the go command and
// checks each import against it.
//
// Read next: directions.go (the table), check.go (what is reported), then imports_test.go.
package imports
