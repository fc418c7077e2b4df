package kernel

import (
	"math"

	"probewise/trainer"
)

// counts is what a task of StatisticsOp finds. Assembly fills it in this order: the last four have one value for each
// lane of a vector, and count downwards.
type counts struct {
	sum, squares         float64
	largest              [8]float32
	finite, below, zeros [8]int32
	spread               float64 // Σ(x−mean)², in the second pass
}

// totals adds up counts.
type totals struct{ finite, sum, squares, largest, below, zeros, spread float64 }

func (t *totals) add(c *counts) {
	t.sum += c.sum
	t.squares += c.squares
	t.spread += c.spread
	for i := range c.largest {
		t.largest = math.Max(t.largest, float64(c.largest[i]))
		t.finite -= float64(c.finite[i])
		t.below -= float64(c.below[i])
		t.zeros -= float64(c.zeros[i])
	}
}

// statistics goes over the values twice: once for the mean and all counts, once for the variance about the mean.
func (c *CPU) statistics(o trainer.StatisticsOp) {
	c.counts = grow(c.counts, spans(o.Len()))
	c.each(len(c.counts), 2*o.Len(), countPass)
	all := c.total()
	c.mean = all.sum / all.finite
	c.each(len(c.counts), o.Len(), spreadPass)
	all = c.total()
	writeStatistics(c.out[0], o.Len(), all.finite, all.sum, all.spread, all.largest, all.below, all.zeros, all.squares)
}

// total combines the tasks' counts in their order.
func (c *CPU) total() (all totals) {
	for i := range c.counts {
		all.add(&c.counts[i])
	}
	return all
}

func countPass(c *CPU, task, _ int) {
	below, x, t := c.op.(trainer.StatisticsOp).Below, cut(c.in[0], task), &c.counts[task]
	*t = counts{}
	n := c.engine.whole(len(x))
	if n > 0 {
		c.engine.loops.count(n, &x[0], below, t)
	}
	for _, v := range x[n:] {
		if v-v != 0 { // NaN or Inf
			continue
		}
		size := float32(math.Abs(float64(v)))
		t.sum += float64(v)
		t.squares += float64(v) * float64(v)
		t.largest[0] = max(t.largest[0], size)
		t.finite[0]--
		if size < below {
			t.below[0]--
		}
		if v == 0 {
			t.zeros[0]--
		}
	}
}

func spreadPass(c *CPU, task, _ int) {
	x, t := cut(c.in[0], task), &c.counts[task]
	var finite int32
	for _, n := range t.finite {
		finite -= n
	}
	if int(finite) == len(x) {
		t.spread = c.engine.squares(x, c.mean)
		return
	}
	for _, v := range x {
		if v-v == 0 {
			d := float64(v) - c.mean
			t.spread += d * d
		}
	}
}
