// Command rules measures how useful each rule is: on the shipped past runs, on pairs of nets with and without a change,
// and on probes of nets that are known to be sound, flawed or broken.
//
//	go run ./bench/rules [-pairs FOLDER [-foretold]] [-probes FOLDER]
//	go run ./bench/rules probe -data FOLDER -dataset NAME -out FILE.jsonl.gz NET.json …
//
// Invariants: a rule looks at the first three epochs alone, and never compares a run with itself; it is counted also
// where another one would explain it.
//
// Read next: measure.go (past runs), pairs.go (edits), foretold.go (edits beside what is foretold of them), probe.go
// (probes of nets in files), candidates.go (what was tried as a rule and does not tell).
package main
