package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/advisor/pastruns"
	"probewise/advisor/rule"
)

// alarms writes what the rules say of each probed net, as users see it, and how many nets of each group and data set
// have a finding of each severity.
func alarms(ctx context.Context, w io.Writer, shipped, probes []corpus.Entry) error {
	counts := map[string]map[advisor.Severity]int{}
	nets := map[string]int{}
	for _, k := range keys {
		snapshot, err := pastruns.Read(ctx, fixed(shipped), k)
		if err != nil {
			return err
		}
		for _, r := range corpus.Of(probes, k) {
			c, err := caseOf(r, snapshot.Reference())
			if err != nil {
				return err
			}
			diagnoses, _ := rule.Driver{}.Examine(c)
			group, _, _ := strings.Cut(r.Architecture.Name, "/")
			group = k.Dataset + " " + group
			if nets[group]++; counts[group] == nil {
				counts[group] = map[advisor.Severity]int{}
			}
			var found []string
			seen := map[advisor.Severity]bool{}
			for _, d := range diagnoses {
				found = append(found, string(d.Severity)+" "+d.Rule)
				if !seen[d.Severity] {
					seen[d.Severity] = true
					counts[group][d.Severity]++
				}
			}
			fmt.Fprintf(w, "%s %s (%.3f): %s\n", k.Dataset, r.Architecture.Name, float64(r.Outcome.ValidationAccuracy),
				strings.Join(slices.Compact(found), ", "))
		}
	}
	fmt.Fprintf(w, "\n| nets | number | with a high finding | medium | low |\n|---|---|---|---|---|\n")
	var groups []string
	for g := range nets {
		groups = append(groups, g)
	}
	slices.Sort(groups)
	for _, g := range groups {
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d |\n", g, nets[g], counts[g][advisor.High], counts[g][advisor.Medium],
			counts[g][advisor.Low])
	}
	return nil
}
