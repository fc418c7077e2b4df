package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/advisor/features"
	"probewise/advisor/gain"
	"probewise/advisor/rule"
)

// proposalGains writes, for each rule that finds something in bases of pairs, what the edits that do what it proposes
// gain in final accuracy over the other edits of the same base.
func proposalGains(ctx context.Context, w io.Writer, shipped, pairs []corpus.Entry) error {
	advantage := map[string][]float64{} // by rule, of each base
	gains := map[string][]float64{}     // of each edit
	bases := 0
	for _, k := range keys {
		runs, indices, edits := basesAndEdits(pairs, k)
		all, err := judge(ctx, shipped, k, runs)
		if err != nil {
			return err
		}
		for i, j := range all {
			if len(edits[indices[i]]) > 1 {
				bases++
				compareEdits(j, edits[indices[i]], advantage, gains)
			}
		}
	}
	fmt.Fprintf(w, "\n%d bases of pairs\n\n| rule | bases | gain of its edits | over other edits |\n|---|---|---|---|\n",
		bases)
	for _, r := range rule.All() {
		if len(advantage[r.Name]) > 0 {
			fmt.Fprintf(w, "| %s | %d | %s | %s |\n", r.Name, len(advantage[r.Name]), points(gains[r.Name]),
				points(advantage[r.Name]))
		}
	}
	return nil
}

// kindGains writes what edits of one kind gain: standard nets, recipes of the usual training, all others.
func kindGains(w io.Writer, entries []corpus.Entry) {
	type kind struct{ name, holds string }
	kinds := []kind{
		{"a standard net", "standard"},
		{"the usual training with batch norm", "recipe usual, batch norm"},
		{"the usual training", "recipe usual"},
		{"any other", ""},
	}
	gains := make([][]float64, len(kinds))
	for _, p := range gain.Pairs(entries) {
		if p.Again() {
			continue
		}
		settings := strings.Join(p.Settings, "; ")
		i := slices.IndexFunc(kinds, func(k kind) bool { return strings.Contains(settings, k.holds) })
		gains[i] = append(gains[i], p.Gain())
	}
	fmt.Fprint(w, "\n| edit | pairs | gain |\n|---|---|---|\n")
	for i, k := range kinds {
		if len(gains[i]) > 0 {
			fmt.Fprintf(w, "| %s | %d | %s |\n", k.name, len(gains[i]), points(gains[i]))
		}
	}
}

// compareEdits adds what the edits of a base say about the rules that found something in it.
func compareEdits(base judged, edits []corpus.Entry, advantage, gains map[string][]float64) {
	for name := range base.found {
		var with, without []float64
		for _, e := range edits {
			gain := accuracy(e.PastRun) - base.accuracy
			if slices.ContainsFunc(base.proposals, func(p advisor.Proposal) bool {
				return p.Rule == name && does(base.run, e, p)
			}) {
				with = append(with, gain)
			} else {
				without = append(without, gain)
			}
		}
		gains[name] = append(gains[name], with...)
		if len(with) > 0 && len(without) > 0 {
			advantage[name] = append(advantage[name], mean(with)-mean(without))
		}
	}
}

// does says whether the edit is what the proposal asks for, or holds it.
func does(base advisor.PastRun, e corpus.Entry, p advisor.Proposal) bool {
	if p.Setting != "" && slices.Contains(e.Settings, p.Setting) {
		return true
	}
	revised := base.Architecture
	p.Revise(&revised)
	return features.GroupOf(revised) == features.GroupOf(e.Architecture)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// points writes the mean with its standard error in percentage points.
func points(values []float64) string {
	m := mean(values)
	squares := 0.0
	for _, v := range values {
		squares += (v - m) * (v - m)
	}
	if len(values) < 2 {
		return fmt.Sprintf("%+.1f", 100*m)
	}
	n := float64(len(values))
	return fmt.Sprintf("%+.1f ± %.1f", 100*m, 100*math.Sqrt(squares/(n-1)/n))
}
