package rule

import (
	"fmt"
	"math"

	"probewise/trainer"
)

// thirds is the number of parts of a single stage that count as stages.
const thirds = 3

// stages returns the names of the hidden conv layers by stage. A stage ends at a pool or before a stride above 1; the
// projections of residual blocks belong to the stage of the body. Where there is a single stage, of three or more conv
// layers, its thirds count as stages.
func stages(a *trainer.Architecture) [][]string {
	var all [][]string
	convs, beside := map[string]trainer.Block{}, map[string]bool{} // beside a body: in a shortcut
	for _, b := range hidden(a, trainer.Conv) {
		convs[b.Layer().Name] = b
	}
	open := false
	for l := range a.All() {
		b, conv := convs[l.Name]
		switch {
		case conv:
			if !open || l.Stride[0]*l.Stride[1] > 1 && !b.Shortcut {
				all = append(all, nil)
			}
			all[len(all)-1] = append(all[len(all)-1], l.Name)
			open = true
		case l.IsPool() && !beside[l.Name]:
			open = false
		}
		for _, s := range l.Shortcut {
			beside[s.Name] = true
		}
	}
	if len(all) != 1 || len(all[0]) < thirds {
		return all
	}
	parts := make([][]string, thirds)
	for i, name := range all[0] {
		third := i * thirds / len(all[0])
		parts[third] = append(parts[third], name)
	}
	return parts
}

// stageFilters returns the most filters of each stage.
func stageFilters(a *trainer.Architecture, stages [][]string) []int {
	most := make([]int, len(stages))
	for i, stage := range stages {
		for _, name := range stage {
			if b, ok := find(a, name); ok {
				most[i] = max(most[i], b.Layer().Filters)
			}
		}
	}
	return most
}

// filtered gives each stage its number of filters.
func filtered(stages [][]string, filters []int) edit {
	return func(a *trainer.Architecture) {
		for i, stage := range stages {
			each(stage, func(a *trainer.Architecture, b trainer.Block) { b.Layer().Filters = filters[i] })(a)
		}
	}
}

// maxGrowth bounds the multiply-adds of a laddered net, as a multiple of those before.
const maxGrowth = 2.5

// ladderUp returns filters that grow by a factor of 2, 1.75 or 1.5 from stage to stage, in multiples of 8 (of 4, 2 or 1
// in very narrow nets), from at most the first stage's, and end above the last stage's: those with the most
// multiply-adds, at most maxGrowth times those before, in a net that stays legal. nil if there are none.
func ladderUp(a trainer.Architecture, stages [][]string) []int {
	now := stageFilters(&a, stages)
	first, top := now[0], len(now)-1
	bound := int64(maxGrowth * float64(a.Cost().MultiplyAdds))
	for _, unit := range []int{8, 4, 2, 1} {
		var best []int
		most := int64(0)
		for _, factor := range []float64{2, 1.75, 1.5} {
			for base := max(first/unit*unit, unit); base >= unit; base -= unit {
				filters := ladder(base, unit, factor, len(stages))
				if filters[top] <= now[top] {
					break
				}
				revised := after(a, filtered(stages, filters))
				if work := revised.Cost().MultiplyAdds; work > most && work <= bound && legal(revised) {
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

// widths of dense layers: none wider than maxUnits, nor narrower than twice the classes (a bottleneck).
const maxUnits = 512

// minUnits is twice the classes in multiples of 8.
func minUnits(classes int) int { return (2*classes + 7) / 8 * 8 }

// ladderDown lets the widths of the hidden dense layers fall: a layer wider than limit times the one before gets half
// of that one's units, but not fewer than minUnits where the one before has as many.
func ladderDown(limit float64) edit {
	return func(a *trainer.Architecture) {
		before := 0
		for _, b := range chain(a, trainer.Dense) {
			l := b.Layer()
			if before > 0 && float64(l.Units) > limit*float64(before) {
				half := max((before/2+7)/8*8, minUnits(a.Classes))
				l.Units = min(l.Units, half, before)
			}
			before = l.Units
		}
	}
}

// after returns the architecture that the edits make of a; a stays as it is.
func after(a trainer.Architecture, edits ...edit) trainer.Architecture {
	a = a.Clone()
	for _, e := range edits {
		e(&a)
	}
	return a
}

// denseLadder lets the widths of the hidden dense layers fall (see ladderDown) once those in gone are taken away. The
// first becomes as wide as the widest was, at most maxUnits, as far as the net has no more parameters than before and
// the first layer would not be a wide one (see wide-dense) on twice its inputs, which laddered filters may bring.
func denseLadder(a trainer.Architecture, limit float64, gone []string) []edit {
	dense := chain(&a, trainer.Dense)
	first, widest := *dense[0].Layer(), 0
	for _, b := range dense {
		widest = max(widest, b.Layer().Units)
	}
	budget := a.Cost().Parameters
	for units := min(widest, maxUnits); units > first.Units; units -= 8 {
		edits := []edit{removed(gone), widened(first.Name, units), ladderDown(limit)}
		cost := after(a, edits...).Cost()
		if own := 2 * parametersOf(cost, first.Name); cost.Parameters <= budget && !isWide(own, cost.Parameters+own/2) {
			return edits
		}
	}
	return []edit{removed(gone), ladderDown(limit)}
}

// widened gives a dense layer at least the units.
func widened(layer string, units int) edit {
	return each([]string{layer}, func(a *trainer.Architecture, b trainer.Block) {
		b.Layer().Units = max(b.Layer().Units, units)
	})
}

// denseWidths describes the hidden dense layers for a title: "dense1 128, dense2 64".
func denseWidths(a *trainer.Architecture) []string {
	var all []string
	for _, b := range chain(a, trainer.Dense) {
		all = append(all, fmt.Sprintf("%s %d", b.Layer().Name, b.Layer().Units))
	}
	return all
}
