// Package process tells whether the process that holds a lease is alive, so that the job of one that was killed is
// taken up at once instead of when its lease expires.
//
// Invariant: Gone is true only where the process has surely ended: same host, same process id namespace, and no process
// of that id and start time.
package process
