package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"probewise/trainer"
)

// plan is a list of calls for a batch of up to a given number of rows.
type plan struct {
	backend trainer.Backend
	rows    int
	calls   []trainer.Call
	byRows  map[int][]trainer.Call // the same calls for smaller batches
}

// run computes the calls for the first n rows of the buffers.
func (p *plan) run(n int, at trainer.Step) error { return p.backend.Run(p.at(n), at) }

// at are the calls for n rows.
func (p *plan) at(n int) []trainer.Call {
	if n == p.rows {
		return p.calls
	}
	calls, ok := p.byRows[n]
	if !ok {
		calls = make([]trainer.Call, len(p.calls))
		for i, c := range p.calls {
			calls[i] = trainer.Call{Op: c.Op.WithRows(n), In: c.In, Out: c.Out}
		}
		p.byRows[n] = calls
	}
	return calls
}

func newPlan(b trainer.Backend, rows int, calls ...trainer.Call) *plan {
	return &plan{backend: b, rows: rows, calls: calls, byRows: map[int][]trainer.Call{}}
}

// buffers maps the nodes of a graph to their memory. Inputs, and results that need a buffer of exactly their length,
// are bound before compiling; the rest is allocated once.
type buffers map[*gorgonia.Node]trainer.Buffer

// joined is one buffer with parts.
type joined struct {
	whole trainer.Buffer
	parts []trainer.Buffer
}

// together allocates one buffer with a part of each size.
func together(b trainer.Backend, sizes []int) (*joined, error) {
	total := 0
	for _, n := range sizes {
		total += aligned(n)
	}
	whole, err := b.Alloc(total)
	if err != nil {
		return nil, err
	}
	j := &joined{whole: whole}
	at := 0
	for _, n := range sizes {
		part, err := b.Slice(whole, at, n)
		if err != nil {
			return nil, err
		}
		j.parts = append(j.parts, part)
		at += aligned(n)
	}
	return j, nil
}

// aligned is the place that n values take in a joined buffer.
func aligned(n int) int { return (n + trainer.SliceStep - 1) / trainer.SliceStep * trainer.SliceStep }

// compile sorts the graph and turns the nodes that the wanted ones need into calls. Gradients that nobody asked for
// (the data gradient of the first layer) stay in Gorgonia's graph and are dropped here.
func compile(backend trainer.Backend, at buffers, rows int, wanted ...*gorgonia.Node) (*plan, error) {
	g := wanted[0].Graph()
	sorted, err := gorgonia.Sort(g) // outputs first
	if err != nil {
		return nil, fmt.Errorf("sort the graph: %w", err)
	}
	needed := make(map[*gorgonia.Node]bool, len(sorted))
	for _, n := range wanted {
		needed[n] = true
	}
	order := make([]*gorgonia.Node, 0, len(sorted))
	for _, n := range sorted {
		if !needed[n] || n.Op() == nil {
			continue
		}
		order = append(order, n)
		for _, input := range inputs(g, n) {
			needed[input] = true
		}
	}
	drafts := make([]draft, 0, len(order))
	for i := len(order) - 1; i >= 0; i-- {
		o, ok := order[i].Op().(op)
		if !ok {
			return nil, fmt.Errorf("the graph holds %v, which no backend knows", order[i].Op())
		}
		drafts = append(drafts, draft{o.Op, inputs(g, order[i]), order[i]})
	}
	drafts = fuse(drafts, wanted)
	if err := at.allocate(backend, drafts, wanted); err != nil {
		return nil, err
	}
	p := newPlan(backend, rows)
	for _, d := range drafts {
		call := trainer.Call{Op: d.op, Out: []trainer.Buffer{at[d.out]}}
		for _, in := range d.in {
			call.In = append(call.In, at[in])
		}
		p.calls = append(p.calls, call)
	}
	return p, nil
}

// draft is a call whose operands are still nodes.
type draft struct {
	op  trainer.Op
	in  []*gorgonia.Node
	out *gorgonia.Node
}

// inputs are the node's operands in order.
func inputs(g *gorgonia.ExprGraph, n *gorgonia.Node) []*gorgonia.Node {
	var nodes []*gorgonia.Node
	for it := g.From(n.ID()); it.Next(); {
		nodes = append(nodes, it.Node().(*gorgonia.Node))
	}
	return nodes
}

// allocate gives every result a buffer. Results that are not wanted share memory with others whose last reader has run.
func (at buffers) allocate(backend trainer.Backend, drafts []draft, wanted gorgonia.Nodes) error {
	last := map[*gorgonia.Node]int{} // reader
	for i, d := range drafts {
		for _, in := range d.in {
			last[in] = i
		}
	}
	for _, n := range wanted {
		last[n] = len(drafts)
	}
	var slots []slot
	of := map[*gorgonia.Node]int{} // slot
	for i, d := range drafts {
		if _, bound := at[d.out]; !bound {
			of[d.out] = fit(&slots, max(d.out.Shape().TotalSize(), 1))
		}
		for _, n := range append(d.in, d.out) {
			s, ours := of[n]
			if _, read := last[n]; ours && (last[n] == i || !read) {
				slots[s].free = true
			}
		}
	}
	memory := make([]trainer.Buffer, len(slots))
	for i, s := range slots {
		var err error
		if memory[i], err = backend.Alloc(s.size); err != nil {
			return fmt.Errorf("allocate the results of a plan: %w", err)
		}
	}
	for _, d := range drafts {
		for _, in := range d.in {
			if _, bound := at[in]; !bound {
				return fmt.Errorf("%T: input %s has no buffer", d.op, in.Name())
			}
		}
		if s, ours := of[d.out]; ours {
			at[d.out] = memory[s]
		}
	}
	return nil
}

// slot is memory that results use one after the other.
type slot struct {
	size int
	free bool
}

// fit takes a free slot: the smallest that is large enough, else the largest, which grows, else a new one.
func fit(slots *[]slot, size int) int {
	best := -1
	for i, s := range *slots {
		switch {
		case !s.free:
		case best < 0:
			best = i
		case s.size >= size:
			if b := (*slots)[best].size; b < size || s.size < b {
				best = i
			}
		case s.size > (*slots)[best].size:
			best = i
		}
	}
	if best < 0 {
		*slots = append(*slots, slot{})
		best = len(*slots) - 1
	}
	s := &(*slots)[best]
	s.size, s.free = max(s.size, size), false
	return best
}
