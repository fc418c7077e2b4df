package gain

import (
	"slices"

	"probewise/advisor"
	"probewise/forest"
)

// Gains are learnt twice from the pairs. One forest looks at an edit beside its base, and foretells the difference of
// the logits of what both reach: a change that takes one net from .50 to .54 takes another from .85 to .87. It knows
// most of images that no pair has. The other looks at each run alone and foretells what it reaches; the difference of
// two of its predictions is a gain as well, that of the base says what a difference of logits is worth in accuracy.

// besideTable has a row for each pair as it is known from so much of it. Targets are differences of logits as shares
// from 0 to 1, which forests take and turn into logits again.
func besideTable(pairs []Pair, of seen, without []Group) forest.Table {
	var t forest.Table
	for _, p := range pairs {
		addRow(&t, p.beside(of), without, observed, p.Family, sigmoid(p.logits()))
	}
	return t
}

// aloneTable has a row for each run as it is known at the moment. Targets are test accuracies.
func aloneTable(all []run, moment float64, without []Group) forest.Table {
	var t forest.Table
	for _, r := range all {
		addRow(&t, r.alone(moment), without, validationColumn("trial", moment), r.family, reached(r.PastRun))
	}
	return t
}

// beside describes a pair.
func (p Pair) beside(of seen) Vector {
	return Edit(probe(p.Base, of.probe), p.Edited.Architecture, probe(p.Edited, of.probe), of.moment)
}

// run is one run of the pairs.
type run struct {
	family string
	advisor.PastRun
}

func (r run) alone(moment float64) Vector {
	return Alone(r.Architecture, probe(r.PastRun, ProbeEpochs), moment)
}

// runs are the edits of the pairs, and their bases once each. edits and bases say where in them those of each pair are.
func runs(pairs []Pair) (all []run, edits, bases []int) {
	families := map[string]int{}
	for _, p := range pairs {
		base, there := families[p.Family]
		if !there {
			base = len(all)
			families[p.Family] = base
			all = append(all, run{p.Family, p.Base})
		}
		bases, edits = append(bases, base), append(edits, len(all))
		all = append(all, run{p.Family, p.Edited})
	}
	return all, edits, bases
}

// addRow adds a vector to a table; so far names the column of the logit that the curve has reached.
func addRow(t *forest.Table, v Vector, without []Group, soFar, family string, target float64) {
	row, names, linear := v.row(without, soFar)
	t.Names, t.Linear = names, linear
	t.X, t.Y, t.Groups = append(t.X, row), append(t.Y, target), append(t.Groups, family)
	if slices.Contains(names, current) {
		t.Current = current
	}
}

// current is the column of what the curve has reached, as a target.
const current = "current"

// row is a vector as a row of a table. Of curves, and of edits of which there is none, the trees are told what a line
// says.
func (v Vector) row(without []Group, soFar string) (row []float64, names []string, linear []bool) {
	tried := slices.Contains(v.Groups, OfTrial)
	for i, name := range v.Names {
		if slices.Contains(without, v.Groups[i]) {
			continue
		}
		row, names = append(row, v.Values[i]), append(names, name)
		linear = append(linear, v.Groups[i] == OfTrial || v.Groups[i] == OfEdit && !tried)
		if name == soFar {
			row, names, linear = append(row, sigmoid(v.Values[i])), append(names, current), append(linear, true)
		}
	}
	return row, names, linear
}
