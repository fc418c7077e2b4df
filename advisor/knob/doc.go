// Package knob is the catalogue of what may be changed in an architecture: each Knob is a value with its texts and its
// Settings for one architecture. Rules propose settings, the search draws from them.
//
// Invariants: a knob stands for one property of the net or its training, so that forbidding it keeps that property,
// whichever setting would change it; recipe alone has none. The number of epochs is no knob: a change is compared with
// what it replaces over the same epochs. A setting finds layers by name and holds the values that it sets, so that it
// is the same when made twice and can be made after others; new layers have names of their own. It never changes
// layers that the architecture shares with a copy. The same architecture gives the same settings in the same order.
// What Settings returns is legal, changes something, and keeps the constraints; single settings, and two made one
// after the other, may give what the parser refuses.
//
// Read next: knob.go (knobs, settings), constraints.go (what users fix), edit.go and stage.go (how layers are found and
// changed), then any knob.
package knob
