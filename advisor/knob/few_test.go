//go:build !slow

package knob_test

// sampledNets is how many nets the property tests sample.
const sampledNets = 4
