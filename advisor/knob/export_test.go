package knob

// Nets are the written nets and those of the examples, for tests that sample others: the corpus may import this
// package.
var Nets = nets
