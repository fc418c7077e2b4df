package main

import (
	"fmt"
	"math"

	"probewise/trainer"
)

// widened scales all filters and hidden dense widths by one factor, so that training the net in full takes as much as
// the net's own full training and the budget together: what a user could do with the compute that advice takes. The
// arm itself trains nothing: what it has it spends on the revision.
func widened(a trainer.Architecture, budget float64) (Revision, error) {
	most := (1 + budget) * flops(a, epochs)
	within := func(factor float64) (trainer.Architecture, bool) {
		wide, err := trainer.Validate(scaled(a, factor), trainer.Limits{})
		return wide, err == nil && flops(wide, epochs) <= most
	}
	low, high := 1.0, 1+budget // twice as wide is up to four times as much
	for {
		if _, ok := within(high); !ok {
			break
		}
		if high > 1e6 {
			return Revision{}, fmt.Errorf("%s cannot be widened: no layer has filters or units to scale", a.Name)
		}
		low, high = high, 2*high
	}
	for range 20 {
		middle := (low + high) / 2
		if _, ok := within(middle); ok {
			low = middle
		} else {
			high = middle
		}
	}
	wide, _ := within(low)
	r := Revision{
		ComputeShare: flops(wide, epochs)/flops(a, epochs) - 1,
		Verdict:      fmt.Sprintf("%.2f times as wide", low),
	}
	if seedlessID(wide) != seedlessID(a) {
		r.Revised, r.Better = &wide, true
	}
	return r, nil
}

// scaled multiplies filters and units, but for the classes, by the factor.
func scaled(a trainer.Architecture, factor float64) trainer.Architecture {
	a = a.Clone()
	last := -1
	for i, l := range a.Layers {
		if l.HasWeights() {
			last = i
		}
	}
	scaleLayers(a.Layers, last, factor)
	return a
}

// scaleLayers leaves the layer at index keep as it is. The layers of a residual block are scaled alike, so that what is
// added keeps one shape.
func scaleLayers(layers []trainer.Layer, keep int, factor float64) {
	wider := func(n int) int { return max(int(math.Round(float64(n)*factor)), 1) }
	for i := range layers {
		l := &layers[i]
		if i != keep {
			switch l.Type {
			case trainer.Conv:
				l.Filters = wider(l.Filters)
			case trainer.Dense:
				l.Units = wider(l.Units)
			}
		}
		scaleLayers(l.Body, -1, factor)
		scaleLayers(l.Shortcut, -1, factor)
	}
}
