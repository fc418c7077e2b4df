// Command advice is the proof that advice raises accuracy: frozen sets of nets, arms at the same compute, and full
// trainings on images and seeds that nothing else is trained with. README.md has the protocol and the commands.
//
// Invariants: the sets are frozen, and a test holds that no file of theirs has changed; a training runs on one core,
// so its bits do not depend on how many run beside it; what has finished is on disk and is never trained again; no
// figure is in docs/results that a run did not produce.
//
// Read next: sets.go (the sets), causes.go (what can be wrong with a net).
package main
