// Command load measures what reading costs a service that trains, and what training costs its readers.
//
// It starts the program's own binary on a free port of the loopback address with an empty data folder, has some advice
// made, and then trains the same probe over and over, without readers and with them in turn. Readers come in an open
// loop: each request has its time, drawn beforehand, whatever became of those before it, and its latency counts from
// that time. A service that falls behind is therefore charged for all requests that wait (coordinated omission, as G.
// Tene calls leaving them out).
//
// Invariants: it speaks HTTP alone and imports nothing of ours, so what it measures is what a client sees. All choices
// are seeded. It ends within the time it was given. The probes must agree to the last bit, or nothing is reported.
//
// bench/load.sh builds the binary and runs this. Read next: main.go, load.go (the open loop), measure.go (the order).
package main
