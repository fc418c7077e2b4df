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
func (p *plan) run(n int, at trainer.Step) error {
	calls := p.calls
	if n != p.rows {
		var ok bool
		if calls, ok = p.byRows[n]; !ok {
			calls = make([]trainer.Call, len(p.calls))
			for i, c := range p.calls {
				calls[i] = trainer.Call{Op: c.Op.WithRows(n), In: c.In, Out: c.Out}
			}
			p.byRows[n] = calls
		}
	}
	return p.backend.Run(calls, at)
}

func newPlan(b trainer.Backend, rows int, calls ...trainer.Call) *plan {
	return &plan{backend: b, rows: rows, calls: calls, byRows: map[int][]trainer.Call{}}
}

// buffers maps the nodes of a graph to their memory. Inputs are bound before compiling; the rest is allocated once.
type buffers map[*gorgonia.Node]trainer.Buffer

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
	p := newPlan(backend, rows)
	for i := len(order) - 1; i >= 0; i-- {
		call, err := at.call(backend, g, order[i])
		if err != nil {
			return nil, err
		}
		p.calls = append(p.calls, call)
	}
	return p, nil
}

// inputs are the node's operands in order.
func inputs(g *gorgonia.ExprGraph, n *gorgonia.Node) []*gorgonia.Node {
	var nodes []*gorgonia.Node
	for it := g.From(n.ID()); it.Next(); {
		nodes = append(nodes, it.Node().(*gorgonia.Node))
	}
	return nodes
}

func (at buffers) call(backend trainer.Backend, g *gorgonia.ExprGraph, n *gorgonia.Node) (trainer.Call, error) {
	o, ok := n.Op().(op)
	if !ok {
		return trainer.Call{}, fmt.Errorf("the graph holds %v, which no backend knows", n.Op())
	}
	call := trainer.Call{Op: o.Op}
	for _, input := range inputs(g, n) {
		buffer, ok := at[input]
		if !ok {
			return trainer.Call{}, fmt.Errorf("%T: input %s has no buffer", o.Op, input.Name())
		}
		call.In = append(call.In, buffer)
	}
	buffer, err := backend.Alloc(max(n.Shape().TotalSize(), 1))
	if err != nil {
		return trainer.Call{}, fmt.Errorf("allocate the result of %T: %w", o.Op, err)
	}
	at[n] = buffer
	call.Out = []trainer.Buffer{buffer}
	return call, nil
}
