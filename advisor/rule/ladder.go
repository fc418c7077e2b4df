package rule

import (
	"fmt"
	"math"
	"slices"

	"probewise/trainer"
)

// leastSingle is the number of conv layers from which each counts as a stage where there is but one stage.
const leastSingle = 3

// stages returns the names of the hidden conv layers by stage. A stage ends at a pool or before a stride above 1. In a
// net of a single stage of leastSingle or more conv layers every one of them is a stage of its own.
func stages(a *trainer.Architecture) [][]string {
	var all [][]string
	open := false
	for _, b := range hidden(a, trainer.Conv) {
		l := a.Layers[b.at]
		if !open || l.Stride[0]*l.Stride[1] > 1 {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], l.Name)
		open = !slices.ContainsFunc(a.Layers[b.at:b.end], isPool)
	}
	if len(all) != 1 || len(all[0]) < leastSingle {
		return all
	}
	var single [][]string
	for _, name := range all[0] {
		single = append(single, []string{name})
	}
	return single
}

func isPool(l trainer.Layer) bool {
	switch l.Type {
	case trainer.MaxPool, trainer.AvgPool, trainer.GlobalAvgPool, trainer.GlobalMaxPool:
		return true
	}
	return false
}

// stageFilters returns the most filters of each stage.
func stageFilters(a *trainer.Architecture, stages [][]string) []int {
	most := make([]int, len(stages))
	for i, stage := range stages {
		for _, name := range stage {
			if b, ok := find(a, name); ok {
				most[i] = max(most[i], a.Layers[b.at].Filters)
			}
		}
	}
	return most
}

// filtered gives each stage its number of filters.
func filtered(stages [][]string, filters []int) edit {
	return func(a *trainer.Architecture) {
		for i, stage := range stages {
			each(stage, func(a *trainer.Architecture, b block) { a.Layers[b.at].Filters = filters[i] })(a)
		}
	}
}

// maxGrowth bounds the multiply-adds of a laddered net, as a multiple of those before.
const maxGrowth = 2.5

// ladderUp returns filters that double, or else grow by half, from stage to stage, in multiples of 8 (of 4 or 2 in very
// narrow nets), such that multiply-adds grow to at most maxGrowth and the net stays legal: the first that fit of
// factor 2 from the first stage's filters down to half of them, factor 1.5 likewise, and lower still. nil if none does.
func ladderUp(a trainer.Architecture, stages [][]string) []int {
	first := stageFilters(&a, stages)[0]
	bound := int64(maxGrowth * float64(a.Cost().MultiplyAdds))
	fits := func(filters []int) bool {
		revised := a
		revised.Layers = slices.Clone(a.Layers)
		filtered(stages, filters)(&revised)
		return revised.Cost().MultiplyAdds <= bound && legal(revised)
	}
	for _, unit := range []int{8, 4, 2} {
		top := max(first/unit*unit, unit)
		for _, s := range []struct {
			factor   float64
			from, to int
		}{{2, top, top / 2}, {1.5, top, top / 2}, {1.5, top / 2, unit}} {
			for base := max(s.from/unit*unit, unit); base >= max(s.to, unit); base -= unit {
				if filters := ladder(base, unit, s.factor, len(stages)); fits(filters) {
					return filters
				}
			}
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

// widths of dense layers: none wider than maxUnits, nor narrower than twice the classes (a bottleneck).
const maxUnits = 512

// leastUnits is twice the classes in multiples of 8.
func leastUnits(classes int) int { return (2*classes + 7) / 8 * 8 }

// ladderDown lets the widths of the hidden dense layers fall: a layer wider than limit times the one before gets half of
// that one's units, but not fewer than leastUnits where the one before has as many.
func ladderDown(limit float64) edit {
	return func(a *trainer.Architecture) {
		before := 0
		for _, b := range hidden(a, trainer.Dense) {
			l := &a.Layers[b.at]
			if before > 0 && float64(l.Units) > limit*float64(before) {
				half := max((before/2+7)/8*8, leastUnits(a.Classes))
				l.Units = min(l.Units, half, before)
			}
			before = l.Units
		}
	}
}

// firstWidth is the width that lets the dense layers fall from the widest of them: that width, at most maxUnits, as far
// as the first layer does not become a wide one (see wide-dense) and the net stays legal; never less than the first
// layer's own.
func firstWidth(a trainer.Architecture) int {
	dense := hidden(&a, trainer.Dense)
	own, widest := a.Layers[dense[0].at].Units, 0
	for _, b := range dense {
		widest = max(widest, a.Layers[b.at].Units)
	}
	name := a.Layers[dense[0].at].Name
	for units := min(widest, maxUnits); units > own; units -= 8 {
		revised := a
		revised.Layers = slices.Clone(a.Layers)
		widened(name, units)(&revised)
		cost := revised.Cost()
		if !isWide(parametersOf(cost, name), cost.Parameters) && legal(revised) {
			return units
		}
	}
	return own
}

// widened gives a dense layer at least the units.
func widened(layer string, units int) edit {
	return each([]string{layer}, func(a *trainer.Architecture, b block) {
		a.Layers[b.at].Units = max(a.Layers[b.at].Units, units)
	})
}

// denseWidths describes the hidden dense layers for a title: "dense1 128, dense2 64".
func denseWidths(a *trainer.Architecture) []string {
	var all []string
	for _, b := range hidden(a, trainer.Dense) {
		all = append(all, fmt.Sprintf("%s %d", a.Layers[b.at].Name, a.Layers[b.at].Units))
	}
	return all
}
