package main

import (
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// summarise writes what the curves say at each moment; with finals also beside the final accuracy. Nets that diverged
// are left out.
func summarise(out io.Writer, curves []curve, finals bool) {
	for i, moment := range moments {
		var early, final []float64
		for _, c := range curves {
			if len(c.early) > i && (!finals || !math.IsNaN(c.final)) {
				early, final = append(early, c.early[i]), append(final, c.final)
			}
		}
		fmt.Fprintf(out, "%g epochs, %d nets: mean %.3f", moment, len(early), stat.Mean(early, nil))
		if finals && len(early) > 1 {
			fmt.Fprintf(out, ", below the final accuracy by %.3f, Spearman %.2f", stat.Mean(final, nil)-stat.Mean(early, nil),
				spearman(early, final))
		}
		fmt.Fprintln(out)
	}
}

// spearman is Spearman's rank correlation: Pearson's of the ranks, ties with the mean of theirs.
func spearman(x, y []float64) float64 { return stat.Correlation(ranks(x), ranks(y), nil) }

func ranks(x []float64) []float64 {
	sorted := slices.Sorted(slices.Values(x))
	all := make([]float64, len(x))
	for i, v := range x {
		first, _ := slices.BinarySearch(sorted, v)
		last := first
		for last+1 < len(sorted) && sorted[last+1] == v {
			last++
		}
		all[i] = float64(first+last) / 2
	}
	return all
}
