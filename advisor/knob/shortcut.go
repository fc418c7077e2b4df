package knob

import (
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

var shortcuts = Knob{
	Name:  "shortcuts",
	Title: "Residual shortcuts",
	Does: "Adds what goes into two conv layers to what comes out of them, before the activation of the second (He et " +
		"al. 2016).",
	Range: "Around every two conv layers behind the first that leave height and width as they are, with a projection " +
		"where they change the channels; or around the last two alone.",
	Costs: "One sum; a projection has a weight for each pair of channels. One more activation in memory.",
	When:  "Where gradients vanish on their way through several conv layers.",
	Theme: advisor.Stabilise,
	Settings: settings("shortcuts", advisor.Stabilise, func(a trainer.Architecture, l *list) {
		found := pairs(&a)
		if len(found) == 0 {
			return
		}
		add := func(size string, some [][2]string) {
			var words []string
			var edits []Edit
			for _, p := range some {
				words = append(words, p[0]+" and "+p[1])
				edits = append(edits, bypassed(p))
			}
			l.add(size, "Add a residual shortcut around "+figure.List(words), edits...)
		}
		add("all", found)
		add("last", found[len(found)-1:])
	}),
	differs: counts(func(l trainer.Layer) bool { return l.Type == trainer.Residual }),
}

// pairs returns the conv layers, two by two, that a shortcut can go around. The first conv layer is in none: its input
// are pixels.
func pairs(a *trainer.Architecture) [][2]string {
	t, ok := trunkOf(a)
	if !ok {
		return nil
	}
	convs := t.convs()
	var found [][2]string
	for i := 1; i+1 < len(convs); i++ {
		pair := [2]string{convs[i].Layer().Name, convs[i+1].Layer().Name}
		if _, _, fits := t.between(pair); fits {
			found = append(found, pair)
			i++
		}
	}
	return found
}

// between returns the places of the two layers, which fit where nothing but batch norm, activation and dropout stands
// between them and images come out as large as they went in.
func (t trunk) between(pair [2]string) (from, to int, fits bool) {
	from, to = indexOf(t.a, pair[0]), indexOf(t.a, pair[1])
	if from < 0 || to <= from {
		return from, to, false
	}
	apart := slices.ContainsFunc(t.a.Layers[from+1:to], func(l trainer.Layer) bool {
		return l.Type != trainer.BatchNorm && l.Type != trainer.Activate && !l.IsDropout()
	})
	in, out := t.before(from), t.after(to)
	return from, to, !apart && !in.Flat && in.H == out.H && in.W == out.W
}

// bypassed puts the two layers, with what stands between them and the batch norm after them, into a residual block. The
// activation of the second is made after the sum.
func bypassed(pair [2]string) Edit {
	return func(a *trainer.Architecture) {
		t, ok := trunkOf(a)
		if !ok {
			return
		}
		from, to, fits := t.between(pair)
		if !fits {
			return
		}
		end := to + 1
		linear := a.Layers[to].Activation == trainer.Linear
		for linear && end < len(a.Layers) && a.Layers[end].Type == trainer.BatchNorm {
			end++
		}
		block := trainer.Layer{Type: trainer.Residual, Name: FreeName(*a, "residual")}
		block.Body = slices.Clone(a.Layers[from:end])
		second := &block.Body[to-from]
		if in, out := t.before(from), t.after(to); in.C != out.C {
			block.Shortcut = []trainer.Layer{projection(*second, FreeName(*a, "shortcut"))}
		}
		added := []trainer.Layer{block}
		if !linear {
			added = append(added, trainer.Layer{
				Type:          trainer.Activate,
				Name:          FreeName(*a, "activation"),
				Activation:    second.Activation,
				NegativeSlope: second.NegativeSlope,
			})
			second.Activation, second.NegativeSlope = trainer.Linear, 0
		}
		a.Layers = slices.Concat(a.Layers[:from], added, a.Layers[end:])
	}
}

// projection is a conv of kernel 1 with the channels, initialiser and batch norm of the layer.
func projection(of trainer.Layer, name string) trainer.Layer {
	of.Name, of.Kernel, of.Stride, of.Padding = name, [2]int{1, 1}, [2]int{1, 1}, trainer.Valid
	of.L1, of.L2, of.Bias = 0, 0, true
	of.Activation, of.NegativeSlope = trainer.Linear, 0
	return of
}
