package knob

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// largeSide is the height and width from which images are large enough to be halved once more.
const largeSide = 8

var pools = Knob{
	Name:  "pools",
	Title: "Pools",
	Does:  "Halve the images between conv layers, so that later ones see more of them.",
	Range: fmt.Sprintf("Any number: one 2×2 max pool added after the first or the last conv layer that has none and "+
		"gives images of %d pixels or more, or after all of these; the first or the last removed.", largeSide),
	Costs: "One more quarters the compute above it and the parameters of the dense layer after flatten; one less does " +
		"the opposite.",
	When:  "More where images reach the head large; fewer where they shrink to a few pixels.",
	Theme: advisor.Reshape,
	Settings: settings("pools", advisor.Reshape, func(a trainer.Architecture, l *list) {
		t, ok := trunkOf(&a)
		if !ok {
			return
		}
		addPools(t, l)
		var have []string
		for i, layer := range a.Layers {
			if isWindow(layer) && (t.head < 0 || i < t.head) {
				have = append(have, layer.Name)
			}
		}
		if n := len(have); n > 0 {
			l.add("−1 last", "Take out "+have[n-1], remove(have[n-1:]))
			l.add("−1 first", "Take out "+have[0], remove(have[:1]))
		}
	}),
	differs: counts(isWindow),
}

func addPools(t trunk, l *list) {
	poolOf := map[string]string{}
	var free []string
	for _, b := range t.convs() {
		out := t.after(b.At)
		pooled := slices.ContainsFunc(b.Following(), trainer.Layer.IsPool)
		if min(out.H, out.W) >= largeSide && !pooled {
			name := b.Layer().Name
			free = append(free, name)
			poolOf[name] = FreeName(*t.a, name+"_pool")
		}
	}
	if len(free) == 0 {
		return
	}
	add := func(size string, layers []string) {
		l.add(size, "Add a 2×2 max pool after "+figure.List(layers), Each(layers,
			func(a *trainer.Architecture, b trainer.Block) {
				if name := poolOf[b.Layer().Name]; !Has(*a, name) {
					insert(b.List, afterActivation(b), MaxPool(name))
				}
			}))
	}
	add("+1 last", free[len(free)-1:])
	add("+1 first", free[:1])
	add("+all", free)
}

// afterActivation is the place behind the batch norm and activation that directly follow the block's layer.
func afterActivation(b trainer.Block) int {
	at := b.At + 1
	for at < b.DirectEnd() && !(*b.List)[at].IsDropout() {
		at++
	}
	return at
}
