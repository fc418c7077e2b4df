// Package tree tells tests where the repository is on disk. Its own test checks that each script can be reached from
// `make help`.
//
// Only packages below test/ use it. Read next: test/imports and test/readme, the checks that need it.
package tree
