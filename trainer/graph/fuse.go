package graph

import (
	"slices"

	"gorgonia.org/gorgonia"

	"probewise/trainer"
)

// fuse joins calls that a backend does faster in one: a convolution with its bias and relu, the gradient of a max pool
// with that of the relu before it. A result in between that is wanted, or that another call reads, stays.
func fuse(drafts []draft, wanted gorgonia.Nodes) []draft {
	reads := map[*gorgonia.Node]int{}
	for _, d := range drafts {
		for _, in := range d.in {
			reads[in]++
		}
	}
	for _, n := range wanted {
		reads[n]++
	}
	at := map[*gorgonia.Node]int{} // where in out a node is computed
	var out []draft
	for _, d := range drafts {
		if i, ok := at[d.passed()]; ok && reads[d.passed()] == 1 {
			joined, ok := join(out[i], d)
			// The joint call stands where the first one stood: what it reads has to be there already.
			if ok &&
				!slices.ContainsFunc(joined.in, func(n *gorgonia.Node) bool { j, computed := at[n]; return computed && j >= i }) {
				out[i], at[joined.out] = joined, i
				continue
			}
		}
		at[d.out] = len(out)
		out = append(out, d)
	}
	return out
}

// passed is the operand that a call may be joined with: the values that it changes one by one.
func (d draft) passed() *gorgonia.Node {
	switch d.op.(type) {
	case trainer.BiasOp, trainer.ActivationOp:
		return d.in[0]
	case trainer.ActivationGrad:
		return d.in[1]
	}
	return nil
}

// join returns the two calls as one, where there is an op for that.
func join(first, second draft) (draft, bool) {
	switch a := first.op.(type) {
	case trainer.ConvOp:
		if _, ok := second.op.(trainer.BiasOp); ok {
			return draft{trainer.ConvBiasOp{Window: a.Window, F: a.F}, append(first.in[:2:2], second.in[1]), second.out}, true
		}
	case trainer.ConvBiasOp:
		if b, ok := second.op.(trainer.ActivationOp); ok && b.Kind == trainer.ReLU && !a.ReLU {
			a.ReLU = true
			return draft{a, first.in, second.out}, true
		}
	case trainer.MaxPoolGrad:
		if b, ok := second.op.(trainer.ActivationGrad); ok && b.Kind == trainer.ReLU && second.in[0] == first.in[0] {
			return draft{trainer.MaxPoolReLUGrad(a), first.in, second.out}, true
		}
	}
	return draft{}, false
}
