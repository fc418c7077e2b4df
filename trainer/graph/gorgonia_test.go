package graph

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// BenchmarkGorgonia times the same step of net A as BenchmarkStep with Gorgonia as it comes: its own ops, its own tape
// machine and its own Adam.
func BenchmarkGorgonia(b *testing.B) {
	b.Run("A", func(b *testing.B) {
		const rows = 64
		g := gorgonia.NewGraph()
		must := func(n *gorgonia.Node, err error) *gorgonia.Node {
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
		var params gorgonia.Nodes
		weights := func(name string, shape ...int) *gorgonia.Node {
			n := gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithShape(shape...),
				gorgonia.WithName(name), gorgonia.WithInit(gorgonia.GlorotU(1)))
			params = append(params, n)
			return n
		}
		bias := func(x *gorgonia.Node, name string, pattern []byte, shape ...int) *gorgonia.Node {
			n := gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithShape(shape...),
				gorgonia.WithName(name), gorgonia.WithInit(gorgonia.Zeroes()))
			params = append(params, n)
			return must(gorgonia.BroadcastAdd(x, n, nil, pattern))
		}
		images := gorgonia.NewTensor(g, tensor.Float32, 4, gorgonia.WithShape(rows, 3, 32, 32), gorgonia.WithName("x"),
			gorgonia.WithInit(gorgonia.Uniform(0, 1)))
		labels := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(rows, 10), gorgonia.WithName("y"),
			gorgonia.WithInit(gorgonia.Zeroes()))
		x, channels := images, 3
		for _, filters := range []int{32, 64, 128, 256} {
			name := string(rune('a' + filters/32))
			x = must(gorgonia.Conv2d(x, weights(name, filters, channels, 3, 3), tensor.Shape{3, 3}, []int{1, 1},
				[]int{1, 1}, []int{1, 1}))
			x = must(gorgonia.Rectify(bias(x, name+"/bias", []byte{0, 2, 3}, 1, filters, 1, 1)))
			x = must(gorgonia.MaxPool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
			channels = filters
		}
		x = must(gorgonia.Reshape(x, tensor.Shape{rows, 1024}))
		for i, units := range []int{256, 128, 10} {
			name := "dense" + string(rune('1'+i))
			x = bias(must(gorgonia.Mul(x, weights(name, x.Shape()[1], units))), name+"/bias", []byte{0}, 1, units)
			if units > 10 {
				x = must(gorgonia.Rectify(x))
			}
		}
		likelihood := must(gorgonia.HadamardProd(must(gorgonia.Log(must(gorgonia.SoftMax(x)))), labels))
		loss := must(gorgonia.Neg(must(gorgonia.Mean(likelihood))))
		if _, err := gorgonia.Grad(loss, params...); err != nil {
			b.Fatal(err)
		}
		machine := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(params...))
		defer machine.Close()
		solver := gorgonia.NewAdamSolver(gorgonia.WithLearnRate(1e-4))
		step := func() {
			if err := machine.RunAll(); err != nil {
				b.Fatal(err)
			}
			if err := solver.Step(gorgonia.NodesToValueGrads(params)); err != nil {
				b.Fatal(err)
			}
			machine.Reset()
		}
		step()
		for b.Loop() {
			step()
		}
	})
}
