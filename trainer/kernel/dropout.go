package kernel

import (
	"math"

	"probewise/trainer"
)

// dropoutUnits is how many channels a dropout task masks: whole blocks of four random words.
const dropoutUnits = 1 << 12

// dropoutConstants are what all masks of a call share; assembly reads them in this order.
type dropoutConstants struct {
	stream, indexLow, indexHigh uint32
	keep                        uint32 // the smallest word that is kept
	scale                       float32
	keys                        [20]uint32 // two a round of Philox
}

func (c *CPU) dropoutOp(o trainer.DropoutOp) {
	k := &c.dropout
	*k = dropoutConstants{
		stream:    o.Stream,
		indexLow:  uint32(c.at.Index),
		indexHigh: uint32(c.at.Index >> 32),
		keep:      uint32(math.Ceil(float64(o.Rate) * (1 << 32))), // below 2³² for every float32 below 1
		scale:     float32(1 / (1 - float64(o.Rate))),
	}
	low, high := uint32(c.at.Key), uint32(c.at.Key>>32)
	for round := range 10 {
		k.keys[2*round], k.keys[2*round+1] = low, high
		low, high = low+weyl0, high+weyl1
	}
	c.each((o.N*o.C+dropoutUnits-1)/dropoutUnits, 4*o.Len(), dropoutPass)
}

func dropoutPass(c *CPU, task, _ int) {
	o, k := c.op.(trainer.DropoutOp), &c.dropout
	x, y := c.in[0], c.out[0]
	unit, end := task*dropoutUnits, min((task+1)*dropoutUnits, o.N*o.C)
	if whole := (end - unit) &^ 31; c.engine != nil && o.S == 1 && whole > 0 {
		c.engine.loops.dropout(whole, &x[unit], &y[unit], uint32(unit/4), k)
		unit += whole
	}
	for ; unit < end; unit += 4 {
		words := maskWords(uint32(unit/4), o.Stream, c.at)
		for i := unit; i < min(unit+4, end); i++ {
			from, to := x[i*o.S:(i+1)*o.S], y[i*o.S:(i+1)*o.S]
			if words[i%4] < k.keep {
				clear(to)
				continue
			}
			for j, v := range from {
				to[j] = v * k.scale
			}
		}
	}
}
