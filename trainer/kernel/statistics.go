package kernel

import (
	"math"

	"probewise/trainer"
)

// What a task of StatisticsOp leaves in CPU.totals, in this order.
const (
	totalFinite = iota
	totalSum
	totalSquares
	totalLargest
	totalBelow
	totalZeros
	totalSpread
	totalsLen
)

// statistics goes over the values twice: once for the mean and all counts, once for the variance about the mean.
func (c *CPU) statistics(o trainer.StatisticsOp) {
	tasks := spans(o.Len())
	c.totals = grow(c.totals, tasks*totalsLen)
	c.each(tasks, 2*o.Len(), countPass)
	all := c.addTotals(tasks)
	mean := all[totalSum] / all[totalFinite]
	for task := range tasks {
		c.totals[task*totalsLen+totalSum] = mean
	}
	c.each(tasks, o.Len(), spreadPass)
	spread := c.addTotals(tasks)[totalSpread]
	writeStatistics(c.out[0], o.Len(), all[totalFinite], all[totalSum], spread, all[totalLargest], all[totalBelow], all[totalZeros], all[totalSquares])
}

// addTotals combines the tasks' totals in their order.
func (c *CPU) addTotals(tasks int) (all [totalsLen]float64) {
	for task := range tasks {
		for i, v := range c.totals[task*totalsLen:][:totalsLen] {
			if i == totalLargest {
				all[i] = max(all[i], v)
			} else {
				all[i] += v
			}
		}
	}
	return all
}

func countPass(c *CPU, task, _ int) {
	limit := c.op.(trainer.StatisticsOp).Below
	var finite, below, zeros int
	var sum, squares float64
	var largest float32
	for _, v := range cut(c.in[0], task) {
		if v-v != 0 { // NaN or Inf
			continue
		}
		finite++
		sum += float64(v)
		squares += float64(v) * float64(v)
		size := float32(math.Abs(float64(v)))
		if size > largest {
			largest = size
		}
		if size < limit {
			below++
		}
		if v == 0 {
			zeros++
		}
	}
	copy(c.totals[task*totalsLen:], []float64{float64(finite), sum, squares, float64(largest), float64(below), float64(zeros), 0})
}

func spreadPass(c *CPU, task, _ int) {
	totals := c.totals[task*totalsLen:][:totalsLen]
	mean, spread := totals[totalSum], 0.0
	for _, v := range cut(c.in[0], task) {
		if v-v == 0 {
			d := float64(v) - mean
			spread += d * d
		}
	}
	totals[totalSpread] = spread
}
