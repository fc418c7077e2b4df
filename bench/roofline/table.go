package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
)

// write prints the tables: a line for each kernel, or for each launch.
func write(w io.Writer, s step, reports []report, all bool) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Net %s, a training step of %d images: %d calls, %.2f GFLOP. On paper; never run on a card.\n\n",
		s.name, s.rows, len(s.calls), float64(s.flops)/1e9)
	first := reports[0]
	fmt.Fprintf(out, "%-24s %-17s %6s %8s %9s %9s", "kernel", "op", "times", "blocks", "MB", "MFLOP")
	for _, r := range reports {
		fmt.Fprintf(out, " | %-25s", r.Card.Name+" occ.  µs bound")
	}
	fmt.Fprintln(out)
	for _, group := range groups(first.Launches, all) {
		l := first.Launches[group[0]]
		var bytes, flops int64
		blocks := 0
		for _, i := range group {
			bytes, flops, blocks = bytes+first.Launches[i].Bytes, flops+first.Launches[i].FLOPs, blocks+first.Launches[i].Blocks
		}
		fmt.Fprintf(out, "%-24s %-17s %6d %8d %9.2f %9.1f", l.Kernel, l.Op, len(group), blocks,
			float64(bytes)/1e6, float64(flops)/1e6)
		for _, r := range reports {
			seconds := 0.0
			for _, i := range group {
				seconds += r.Launches[i].Seconds
			}
			fmt.Fprintf(out, " | %3.0f %% %7.1f %-10s  ", 100*r.Launches[group[0]].Occupancy, 1e6*seconds,
				r.Launches[group[0]].Bound)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "\n%-16s %9s %9s %9s %11s | %14s %9s %9s | %s\n", "card", "launches", "device", "host", "step",
		"PyTorch: host", "device", "step", "rate against it")
	for _, r := range reports {
		fmt.Fprintf(out, "%-16s %9d %6.0f µs %6.0f µs %8.0f µs | %11.0f µs %6.0f µs %6.0f µs | %.2f\n",
			r.Card.Name, len(r.Launches),
			1e6*r.Device, 1e6*r.Host, 1e6*r.Step, 1e6*r.TorchHost, 1e6*r.TorchDevice, 1e6*r.Torch, r.Torch/r.Step)
	}
	writeAssumptions(out)
	return out.Flush()
}

func writeAssumptions(out io.Writer) {
	fmt.Fprintln(out, "\nAssumed:")
	for _, a := range assumptions {
		fmt.Fprintln(out, "-", a)
	}
}

// groups are the places of the launches that a line sums up, in the order in which they first come.
func groups(launches []launch, all bool) [][]int {
	var groups [][]int
	for i, l := range launches {
		at := slices.IndexFunc(groups, func(g []int) bool {
			return !all && launches[g[0]].Kernel == l.Kernel && launches[g[0]].Op == l.Op
		})
		if at < 0 {
			groups = append(groups, nil)
			at = len(groups) - 1
		}
		groups[at] = append(groups[at], i)
	}
	return groups
}
