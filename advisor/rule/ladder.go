package rule

import (
	"fmt"

	"probewise/advisor/knob"
	"probewise/trainer"
)

// maxUnits is the width of the widest hidden dense layer that is proposed.
const maxUnits = 512

// denseLadder lets the widths of the hidden dense layers fall (see knob.LadderDown) once those in gone are taken away.
// The first becomes as wide as the widest was, at most maxUnits, as far as the net has no more parameters than before
// and the first layer would not be a wide one (see wide-dense) on twice its inputs, which laddered filters may bring.
func denseLadder(a trainer.Architecture, limit float64, gone []string) []knob.Edit {
	dense := knob.Chain(&a, trainer.Dense)
	first, widest := *dense[0].Layer(), 0
	for _, b := range dense {
		widest = max(widest, b.Layer().Units)
	}
	budget := a.Cost().Parameters
	for units := min(widest, maxUnits); units > first.Units; units -= 8 {
		widened := knob.Each([]string{first.Name}, knob.UnitsAtLeast(units))
		edits := []knob.Edit{knob.Removed(gone), widened, knob.LadderDown(limit)}
		cost := knob.After(a, edits...).Cost()
		if own := 2 * parametersOf(cost, first.Name); cost.Parameters <= budget && !isWide(own, cost.Parameters+own/2) {
			return edits
		}
	}
	return []knob.Edit{knob.Removed(gone), knob.LadderDown(limit)}
}

// denseWidths describes the hidden dense layers for a title: "dense1 128, dense2 64".
func denseWidths(a *trainer.Architecture) []string {
	var all []string
	for _, b := range knob.Chain(a, trainer.Dense) {
		all = append(all, fmt.Sprintf("%s %d", b.Layer().Name, b.Layer().Units))
	}
	return all
}
