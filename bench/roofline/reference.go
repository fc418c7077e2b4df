package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"probewise/trainer"
	"probewise/trainer/cuda"
)

// reference is the shape that a kernel is reckoned at: of all launches of a run of nets A, B and C (training,
// evaluation, statistics), the one with the most work. Where no net launches the kernel it is a launch with a tile or
// an op that they do without, at a shape that they have.
type reference struct {
	Net    string   `json:"net"`
	Own    bool     `json:"own"` // the net launches it so
	Shape  string   `json:"shape"`
	Shared int      `json:"shared_bytes"`
	Lines  []launch `json:"cards"`

	registers []int // on each card
}

// better tells whether r represents its kernel better than other.
func (r reference) better(other reference) bool {
	if r.Own != other.Own {
		return r.Own
	}
	work := func(l launch) float64 { // seconds at the peak of the first card
		return math.Max(float64(l.FLOPs)/(cards[0].TFLOPS*1e12), float64(l.Bytes)/(cards[0].GBs*1e9))
	}
	return work(r.Lines[0]) > work(other.Lines[0])
}

// others are ops that the nets do without, at the shape of one that they run.
func others(op trainer.Op) []trainer.Op {
	switch o := op.(type) {
	case trainer.MaxPoolOp:
		pad := trainer.PadOp{N: o.N, C: o.C, H: o.H, W: o.W, PH: 1, PW: 1}
		return []trainer.Op{trainer.AvgPoolOp(o), trainer.AvgPoolGrad(o), pad, trainer.PadGrad(pad)}
	case trainer.ActivationOp:
		return []trainer.Op{trainer.AddOp{Plane: o.Plane}}
	case trainer.SoftmaxOp:
		return []trainer.Op{trainer.SoftmaxGrad(o)}
	case trainer.AdamOp:
		return []trainer.Op{trainer.SGDOp{Len: o.Len, Momentum: 0.9}, trainer.PenaltyGrad{Len: o.Len, L2: 1e-4},
			trainer.ClipNorm{Max: 1}}
	case trainer.MatMul:
		return []trainer.Op{trainer.MatMul{M: o.M, N: o.N, K: o.K, TransA: true, TransB: true}}
	}
	return nil
}

// references finds every kernel's shape; the nets are in a folder.
func references(folder string) (shapes, error) {
	found := shapes{}
	for _, net := range []string{"A", "B", "C"} {
		_, step, rest, err := callsOf(filepath.Join(folder, net+".json"), 0)
		if err != nil {
			return nil, err
		}
		for _, call := range slices.Concat(step, rest) {
			outs := lengths(call.Out)
			if err := found.add(net, true, call.Op, outs); err != nil {
				return nil, err
			}
			for _, op := range others(call.Op) {
				if err := found.add(net, false, op, outs[:1]); err != nil { // lengths matter to ClipNorm alone
					return nil, err
				}
			}
		}
	}
	return found, nil
}

// shapes are the references found so far, by kernel.
type shapes map[string]reference

// add looks at the launches that an op becomes, and at those of the tiles that were not picked for it.
func (s shapes) add(net string, own bool, op trainer.Op, outs []int) error {
	planned, err := cuda.Plan(op, outs)
	if err != nil {
		return err
	}
	tiles, err := cuda.Tiles(op)
	if err != nil {
		return err
	}
	for i, work := range slices.Concat([]cuda.Work{planned}, tiles) {
		for _, l := range work.Launches {
			need := resources[l.Kernel]
			r := reference{Net: net, Own: own && i == 0, Shape: shapeOf(op), Shared: need.shared}
			for _, c := range cards {
				line, err := c.launch(trainer.OpName(op), l)
				if err != nil {
					return err
				}
				r.Lines = append(r.Lines, line)
				r.registers = append(r.registers, need.registers(c))
			}
			if best, ok := s[l.Kernel]; !ok || r.better(best) {
				s[l.Kernel] = r
			}
		}
	}
	return nil
}

// shapeOf lists an op's sizes as trainer/op.go names them: "N64 C3 H32".
func shapeOf(op trainer.Op) string {
	var sizes []string
	for _, name := range []string{"M", "N", "K", "C", "H", "W", "S", "F", "KH", "KW", "SH", "SW", "Len"} {
		if f := reflect.ValueOf(op).FieldByName(name); f.IsValid() && f.Kind() == reflect.Int {
			sizes = append(sizes, fmt.Sprintf("%s%d", name, f.Int()))
		}
	}
	return strings.Join(sizes, " ")
}

// runKernels prints the table of all kernels.
func runKernels(w io.Writer, folder string, asJSON bool) error {
	found, err := references(folder)
	if err != nil {
		return err
	}
	var all []reference
	for _, kernel := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[kernel])
	}
	if asJSON {
		return encode(w, struct {
			Assumptions []string    `json:"assumptions"`
			Cards       []card      `json:"cards"`
			Kernels     []reference `json:"kernels"`
		}{assumptions, cards, all})
	}
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "Every kernel at the largest shape that nets A, B and C launch it with in a run (*: a tile or an "+
		"op that they do without, at a shape of theirs).")
	fmt.Fprint(out, "On paper; never run on a card.\n\n")
	fmt.Fprintf(out, "%-24s %-3s %-18s %-40s %6s %8s %8s %6s %7s %6s", "kernel", "net", "op", "shape", "blocks", "MB",
		"MFLOP", "double", "FLOP/B", "shared")
	for _, c := range cards {
		fmt.Fprintf(out, " | %-33s", c.Name+" reg. occ.  µs bound")
	}
	fmt.Fprintln(out)
	for _, r := range all {
		l, net := r.Lines[0], r.Net
		if !r.Own {
			net += "*"
		}
		fmt.Fprintf(out, "%-24s %-3s %-18s %-40s %6d %8.2f %8.1f %4.0f %% %7.2f %6d", l.Kernel, net, l.Op, r.Shape, l.Blocks,
			float64(l.Bytes)/1e6, float64(l.FLOPs)/1e6,
			100*float64(l.Double)/float64(max(1, l.FLOPs)), float64(l.FLOPs)/float64(l.Bytes), r.Shared)
		for i, line := range r.Lines {
			fmt.Fprintf(out, " | %3d %3.0f %% %7.1f %-13s   ", r.registers[i], 100*line.Occupancy, 1e6*line.Seconds, line.Bound)
		}
		fmt.Fprintln(out)
	}
	writeAssumptions(out)
	return out.Flush()
}
