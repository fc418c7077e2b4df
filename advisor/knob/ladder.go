package knob

import (
	"math"

	"probewise/trainer"
)

// MaxLadderGrowth bounds the multiply-adds of a laddered net, as a multiple of those before.
const MaxLadderGrowth = 2.5

// LadderUp returns filters that grow by a factor of 2, 1.75 or 1.5 from stage to stage, in multiples of 8 (of 4, 2 or 1
// in very narrow nets), from at most the first stage's, and end above the last stage's: those with the most
// multiply-adds, at most MaxLadderGrowth times those before, in a net that stays legal. nil if there are none.
func LadderUp(a trainer.Architecture, stages [][]string) []int {
	now := StageFilters(&a, stages)
	first, top := now[0], len(now)-1
	bound := int64(MaxLadderGrowth * float64(a.Cost().MultiplyAdds))
	for _, unit := range []int{8, 4, 2, 1} {
		var best []int
		most := int64(0)
		for _, factor := range []float64{2, 1.75, 1.5} {
			for base := max(first/unit*unit, unit); base >= unit; base -= unit {
				filters := ladder(base, unit, factor, len(stages))
				if filters[top] <= now[top] {
					break
				}
				revised := After(a, Filtered(stages, filters))
				if work := revised.Cost().MultiplyAdds; work > most && work <= bound && Legal(revised) {
					best, most = filters, work
				}
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// ladder returns n rising multiples of unit, base·factor^i rounded half up.
func ladder(base, unit int, factor float64, n int) []int {
	filters := make([]int, n)
	for i := range filters {
		f := int(math.Floor(float64(base)*math.Pow(factor, float64(i))/float64(unit)+0.5)) * unit
		if i > 0 {
			f = max(f, filters[i-1]+unit)
		}
		filters[i] = f
	}
	return filters
}

// MinUnits is twice the classes in multiples of 8: a narrower dense layer is a bottleneck.
func MinUnits(classes int) int { return (2*classes + 7) / 8 * 8 }

// LadderDown lets the widths of the hidden dense layers fall: a layer wider than limit times the one before gets half
// of that one's units, but not fewer than MinUnits where the one before has as many.
func LadderDown(limit float64) Edit {
	return func(a *trainer.Architecture) {
		before := 0
		for _, b := range Chain(a, trainer.Dense) {
			l := b.Layer()
			if before > 0 && float64(l.Units) > limit*float64(before) {
				half := max((before/2+7)/8*8, MinUnits(a.Classes))
				l.Units = min(l.Units, half, before)
			}
			before = l.Units
		}
	}
}

// UnitsAtLeast widens a dense layer.
func UnitsAtLeast(units int) Change {
	return func(_ *trainer.Architecture, b trainer.Block) { b.Layer().Units = max(b.Layer().Units, units) }
}

// UnitsAtMost narrows a dense layer.
func UnitsAtMost(units int) Change {
	return func(_ *trainer.Architecture, b trainer.Block) { b.Layer().Units = min(b.Layer().Units, units) }
}
