package kernel

import (
	"math"

	"probewise/trainer"
)

// counts is what a task of StatisticsOp finds. Assembly fills it in this order: largest, finite, below and zeros have
// one value for each lane of a vector, and the last three count downwards.
type counts struct {
	sum, squares         float64
	largest              [8]float32
	finite, below, zeros [8]int32
	spread, fourth       float64 // Σ(x−mean)² and Σ(x−mean)⁴, in the second pass
}

// fineCounts are a worker's counts by fine bin: two of each, so that equal neighbours do not wait for each other.
type fineCounts [2][trainer.FineBins]uint32

func (t *totals) add(c *counts) {
	t.sum += c.sum
	t.squares += c.squares
	t.spread += c.spread
	t.fourth += c.fourth
	for i := range c.largest {
		t.largest = math.Max(t.largest, float64(c.largest[i]))
		t.finite -= float64(c.finite[i])
		t.below -= float64(c.below[i])
		t.zeros -= float64(c.zeros[i])
	}
}

// statistics goes over the values twice: once for the mean and what is counted, once for the moments about the mean and
// the bins. Counts are whole numbers, so that it does not matter which worker counts what.
func (c *CPU) statistics(o trainer.StatisticsOp) {
	c.counts = grow(c.counts, spans(o.Len()))
	c.fine = grow(c.fine, c.threads)
	clear(c.fine)
	c.each(len(c.counts), 2*o.Len(), countPass)
	all := c.total()
	c.mean = all.sum / all.finite
	c.each(len(c.counts), 4*o.Len(), momentsPass)
	fine := &c.fine[0][0]
	for worker := range c.fine {
		for table := range c.fine[worker] {
			if worker+table == 0 {
				continue
			}
			for i, n := range c.fine[worker][table] {
				fine[i] += n
			}
		}
	}
	writeStatistics(c.out[0], o.Len(), c.total(), fine[:])
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

func momentsPass(c *CPU, task, worker int) {
	x, t, fine := cut(c.in[0], task), &c.counts[task], &c.fine[worker]
	counted := isCounted(len(c.in[0]), task)
	var finite int32
	for _, n := range t.finite {
		finite -= n
	}
	if int(finite) == len(x) {
		t.spread, t.fourth = c.engine.moments(x, c.mean)
		if counted {
			fine.add(x)
		}
		return
	}
	for _, v := range x {
		if v-v == 0 {
			d := float64(v) - c.mean
			t.spread += d * d
			t.fourth += d * d * d * d
			if counted {
				fine[0][math.Float32bits(v)>>trainer.FineShift]++
			}
		}
	}
}

// add counts values that are all finite.
func (f *fineCounts) add(x []float32) {
	for len(x) >= 2 {
		f[0][math.Float32bits(x[0])>>trainer.FineShift]++
		f[1][math.Float32bits(x[1])>>trainer.FineShift]++
		x = x[2:]
	}
	for _, v := range x {
		f[0][math.Float32bits(v)>>trainer.FineShift]++
	}
}

// distance sums up by tasks.
func (c *CPU) distance(o trainer.DistanceOp) {
	c.distances = grow(c.distances, spans(o.Len))
	c.each(len(c.distances), 2*o.Len, distancePass)
	var all [3]float64
	for _, d := range c.distances {
		for i, v := range d {
			all[i] += v
		}
	}
	for i, v := range all {
		c.out[0][i] = float32(math.Sqrt(v))
	}
}

func distancePass(c *CPU, task, _ int) {
	a, b := cut(c.in[0], task), cut(c.in[1], task)
	var d [3]float64
	for i, v := range a {
		x, y := float64(v), float64(b[i])
		d[0] += (x - y) * (x - y)
		d[1] += x * x
		d[2] += y * y
	}
	c.distances[task] = d
}

func copyPass(c *CPU, task, _ int) { copy(cut(c.out[0], task), cut(c.in[0], task)) }
