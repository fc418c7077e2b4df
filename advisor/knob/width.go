package knob

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

const (
	minFilters = 8   // a conv layer with fewer is a bottleneck
	maxFilters = 512 // of a doubling ladder
	farNarrow  = 4   // times narrower than both neighbours: a bottleneck
	openUnits  = 64  // of a widened dense layer without neighbours
	openFilter = 32  // of a widened conv layer without neighbours
)

var (
	filterFactors = []float64{0.5, 1.5, 2, 4}
	unitFactors   = []float64{0.5, 2, 4}
)

var filters = Knob{
	Name:  "filters",
	Title: "Filters of conv layers",
	Does:  "Sets how many patterns each conv layer looks for.",
	Range: fmt.Sprintf("1 to 1,048,576, by layer: ×%s on all hidden conv layers; a ladder that grows from stage to "+
		"stage within %g times the multiply-adds, or doubles from the first stage on, up to %d; layers with fewer "+
		"than %d, or %d times narrower than both neighbours, widened to these.",
		numbers(filterFactors), MaxLadderGrowth, maxFilters, minFilters, farNarrow),
	Costs: "Parameters and compute grow with the square of the factor.",
	When: "More where training accuracy stays low with healthy gradients; a ladder where filters are flat or fall; " +
		"fewer to shrink a net.",
	Theme:    advisor.Reshape,
	Settings: settings("filters", advisor.Reshape, filterWidths),
	differs:  differently(func(b trainer.Block) int { return b.Layer().Filters }),
}

func filterWidths(a trainer.Architecture, l *list) {
	convs := Hidden(&a, trainer.Conv)
	if len(convs) == 0 {
		return
	}
	for _, f := range filterFactors {
		to := map[string]int{}
		for _, b := range convs {
			to[b.Layer().Name] = wider(b.Layer().Filters, f, min(b.Layer().Filters, 4))
		}
		l.add(fmt.Sprintf("×%g", f), fmt.Sprintf("Give all conv layers %g times the filters: %s", f, steps(convs, to)),
			widened(to))
	}
	stages := Stages(&a)
	if len(stages) > 1 {
		if rising := LadderUp(a, stages); rising != nil {
			l.add("ladder", "Ladder the filters up: "+stageSteps(stages, rising), Filtered(stages, rising))
		}
		doubling := make([]int, len(stages))
		for i := range doubling {
			doubling[i] = StageFilters(&a, stages)[0]
			if i > 0 {
				doubling[i] = max(doubling[i], min(2*doubling[i-1], maxFilters))
			}
		}
		l.add("doubling", "Double the filters from stage to stage: "+stageSteps(stages, doubling),
			Filtered(stages, doubling))
	}
	thin := bottlenecks(Chain(&a, trainer.Conv), func(l trainer.Layer) int { return l.Filters }, minFilters, openFilter)
	if len(thin) > 0 {
		l.add("bottleneck", "Widen the thin conv layers: "+steps(convs, thin), widened(thin))
	}
}

var denseWidth = Knob{
	Name:  "dense-width",
	Title: "Units of hidden dense layers",
	Does:  "Sets how many features the dense layers between the conv layers and the output make.",
	Range: fmt.Sprintf("1 to 1,048,576, by layer: ×%s on all hidden dense layers, not below twice the classes; layers "+
		"narrower than that, or %d times narrower than both neighbours, widened to these.", numbers(unitFactors), farNarrow),
	Costs: "Parameters grow with the factor, after flatten most of the net's.",
	When: "More where a dense layer is narrower than the classes need; less where it holds most of the parameters and " +
		"training accuracy runs ahead.",
	Theme:    advisor.Reshape,
	Settings: settings("dense-width", advisor.Reshape, denseWidths),
	differs:  differently(hiddenUnits),
}

func hiddenUnits(b trainer.Block) int { return b.Layer().Units }

func denseWidths(a trainer.Architecture, l *list) {
	dense := Chain(&a, trainer.Dense)
	if len(dense) == 0 {
		return
	}
	for _, f := range unitFactors {
		to := map[string]int{}
		for _, b := range dense {
			to[b.Layer().Name] = wider(b.Layer().Units, f, min(b.Layer().Units, 2*a.Classes))
		}
		title := fmt.Sprintf("Give the hidden dense layers %g times the units: %s", f, steps(dense, to))
		l.add(fmt.Sprintf("×%g", f), title, widened(to))
	}
	open := max(openUnits, MinUnits(a.Classes))
	thin := bottlenecks(dense, func(l trainer.Layer) int { return l.Units }, 2*a.Classes, open)
	if len(thin) > 0 {
		l.add("bottleneck", "Widen the narrow dense layers: "+steps(dense, thin), widened(thin))
	}
}

// bottlenecks returns the widths to give those of the blocks that are narrower than least, or much narrower than both
// neighbours: the smaller of the wide neighbours, open where there are none.
func bottlenecks(chain []trainer.Block, width func(trainer.Layer) int, least, open int) map[string]int {
	thin := map[string]int{}
	at := func(i int) int {
		if i < 0 || i >= len(chain) {
			return 0
		}
		return width(*chain[i].Layer())
	}
	for i, b := range chain {
		now, below, above := at(i), at(i-1), at(i+1)
		if now >= least && (now*farNarrow > below || now*farNarrow > above) {
			continue
		}
		to := open
		switch {
		case below >= least && above >= least:
			to = min(below, above)
		case max(below, above) >= least:
			to = max(below, above)
		}
		thin[b.Layer().Name] = to
	}
	return thin
}

// wider returns the width times factor, at least so many, in multiples of 4 from 16 on.
func wider(width int, factor float64, least int) int {
	to := float64(width) * factor
	if to >= 16 {
		to = math.Round(to/4) * 4
	}
	return max(int(math.Round(to)), least)
}

// widened sets the filters or units of layers by name.
func widened(to map[string]int) Edit {
	return func(a *trainer.Architecture) {
		for _, b := range trainer.Blocks(a) {
			l := b.Layer()
			n, ok := to[l.Name]
			switch {
			case ok && l.Type == trainer.Conv:
				l.Filters = n
			case ok:
				l.Units = n
			}
		}
	}
}

// steps describes new widths in the order of the blocks: "conv1 16, conv2 32".
func steps(blocks []trainer.Block, to map[string]int) string {
	var all []string
	for _, b := range blocks {
		if n, ok := to[b.Layer().Name]; ok {
			all = append(all, fmt.Sprintf("%s %d", b.Layer().Name, n))
		}
	}
	return figure.List(all)
}

func stageSteps(stages [][]string, filters []int) string {
	var all []string
	for i, stage := range stages {
		for _, name := range stage {
			all = append(all, fmt.Sprintf("%s %d", name, filters[i]))
		}
	}
	return figure.List(all)
}
