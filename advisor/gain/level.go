package gain

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"probewise/advisor"
)

// Gains are learnt as differences of logits: a change that takes one net from .50 to .54 takes another from .85 to .87,
// and few pairs begin as high as a user's net. What a difference is worth in accuracy depends on the accuracy that the
// base reaches, of which its probe says enough.

// level foretells the logit of the accuracy that a net reaches in full training from the curve of its probe: a linear
// model of levelColumns, the constant first. Columns stay within what the pairs have, as images are often larger.
type level struct{ weights, least, most []float64 }

var levelColumns = []string{"curve_validation", "curve_reached", "curve_rise", "curve_loss", "net_input"}

// levelPull keeps the fit defined where a column is always the same, as the rise of a probe of one epoch.
const levelPull = 0.1

// fitLevel fits it by ridge regression to all runs of the pairs.
func fitLevel(pairs []Pair, epochs int) (level, error) {
	runs := map[string]advisor.PastRun{}
	var rows, targets []float64
	for _, p := range pairs {
		for _, r := range []advisor.PastRun{p.Base, p.Edited} {
			id := fmt.Sprint(p.Family, r.Architecture.ID(), r.Architecture.Training.Seed)
			if _, there := runs[id]; there {
				continue
			}
			runs[id] = r
			rows = append(rows, levelRow(probe(r, epochs))...)
			targets = append(targets, logit(reached(r)))
		}
	}
	var l level
	for i := range levelColumns {
		least, most := math.Inf(1), math.Inf(-1)
		for at := 1 + i; at < len(runs)*(1+len(levelColumns)); at += 1 + len(levelColumns) {
			least, most = min(least, rows[at]), max(most, rows[at])
		}
		l.least, l.most = append(l.least, least), append(l.most, most)
		pull := make([]float64, 1+len(levelColumns))
		pull[1+i] = math.Sqrt(levelPull)
		rows, targets = append(rows, pull...), append(targets, 0)
	}
	var weights mat.VecDense
	n := len(targets)
	err := weights.SolveVec(mat.NewDense(n, len(rows)/n, rows), mat.NewVecDense(n, targets))
	if err != nil {
		return level{}, fmt.Errorf("fit the accuracy that bases reach: %w", err)
	}
	l.weights = weights.RawVector().Data
	return l, nil
}

func levelRow(r advisor.ProbeResult) []float64 {
	v := Edit(r, r.Architecture, advisor.ProbeResult{}, 0)
	row := []float64{1}
	for _, name := range levelColumns {
		row = append(row, v.value(name))
	}
	return row
}

// gain is what a difference of logits makes of the accuracy of the base that the vector is of.
func (l level) gain(v Vector, difference float64) float64 {
	at := l.weights[0]
	for i, name := range levelColumns {
		at += l.weights[1+i] * min(max(v.value(name), l.least[i]), l.most[i])
	}
	return sigmoid(at+difference) - sigmoid(at)
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
