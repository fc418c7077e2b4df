package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/advisor/features"
	"probewise/advisor/pastruns"
	"probewise/advisor/rule"
	"probewise/trainer"
)

// keys are those of the past runs that rules are measured on.
var keys = []advisor.Key{
	{Dataset: "cifar10", Images: full.Images, Epochs: full.Epochs},
	{Dataset: "fashion-mnist-sample", Images: full.Images, Epochs: full.Epochs},
}

// fixed is a pastruns.Source of entries.
type fixed []corpus.Entry

// Of implements pastruns.Source.
func (f fixed) Of(_ context.Context, k advisor.Key) ([]advisor.PastRun, error) {
	return corpus.Of(f, k), nil
}

// Elsewhere implements pastruns.Source.
func (fixed) Elsewhere(_ context.Context, dataset string) (map[advisor.Key][]advisor.PastRun, error) {
	return pastruns.Shipped(dataset)
}

// Keys implements pastruns.Source.
func (f fixed) Keys(context.Context, string) (map[advisor.Key]int, error) {
	counts := map[advisor.Key]int{}
	for _, e := range f {
		counts[e.Key]++
	}
	return counts, nil
}

// separate are all rules, none of which explains another.
func separate() []rule.Rule {
	rules := rule.All()
	for i := range rules {
		rules[i].Explains = nil
	}
	return rules
}

// caseOf is what rules see of a run after the length of a probe.
func caseOf(r advisor.PastRun, reference advisor.Reference) (advisor.Case, error) {
	shapes, err := r.Architecture.Shapes()
	c := advisor.Case{
		Architecture: r.Architecture,
		Shapes:       shapes,
		Cost:         r.Architecture.Cost(),
		Full:         trainer.Budget{Images: r.Key.Images, Epochs: r.Key.Epochs},
		Reference:    reference,
	}
	for _, record := range r.Records {
		if record.Epoch <= probeLength {
			c.Records = append(c.Records, record)
		}
	}
	c.Outcome.Epochs = int(probeLength)
	if r.Outcome.Diverged && float64(r.Outcome.DivergedEpoch) <= probeLength {
		c.Outcome.Diverged, c.Outcome.DivergedEpoch = true, r.Outcome.DivergedEpoch
	}
	return c, err
}

// accuracy is the final test accuracy, chance where a run diverged.
func accuracy(r advisor.PastRun) float64 {
	if r.Outcome.Diverged || !r.Outcome.TestAccuracy.Known() {
		return 1 / float64(r.Architecture.Classes)
	}
	return float64(r.Outcome.TestAccuracy)
}

// judged is a run with what rules and candidates found in it.
type judged struct {
	run       advisor.PastRun
	accuracy  float64
	found     map[string]advisor.Severity // by rule, the worst
	proposals []advisor.Proposal
}

// judge runs all rules over runs of a key, each compared with the shipped runs but itself.
func judge(ctx context.Context, shipped []corpus.Entry, k advisor.Key, runs []advisor.PastRun) ([]judged, error) {
	snapshot, err := pastruns.Read(ctx, fixed(shipped), k)
	if err != nil {
		return nil, err
	}
	var all []judged
	for _, r := range runs {
		reference := snapshot
		if group := features.GroupOf(r.Architecture); slices.Contains(snapshot.Groups, group) {
			reference = snapshot.LeavingOut(group)
		}
		c, err := caseOf(r, reference.Reference())
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", r.Architecture.Name, err)
		}
		j := judged{run: r, accuracy: accuracy(r), found: map[string]advisor.Severity{}}
		diagnoses, proposals := rule.Driver{Rules: separate()}.Examine(c)
		for _, d := range diagnoses {
			if worse(d.Severity, j.found[d.Rule]) {
				j.found[d.Rule] = d.Severity
			}
		}
		for _, candidate := range candidates {
			if candidate.fires(c) {
				j.found[candidate.name] = advisor.Low
			}
		}
		j.proposals = proposals
		all = append(all, j)
	}
	return all, nil
}

// worse says whether a severity is worse than another; "" is none.
func worse(a, b advisor.Severity) bool {
	order := []advisor.Severity{"", advisor.Low, advisor.Medium, advisor.High}
	return slices.Index(order, a) > slices.Index(order, b)
}

// score is how a finding separates the runs of one key.
type score struct {
	runs, fires, best, inBest int
	auc                       float64 // chance that a run with the finding ends lower than one without; NaN: no such pair
}

func scoreOf(name string, all []judged) score {
	accuracies := make([]float64, len(all))
	for i, j := range all {
		accuracies[i] = j.accuracy
	}
	slices.Sort(accuracies)
	bound := accuracies[len(accuracies)*3/4]
	s := score{runs: len(all)}
	pairs, lower := 0.0, 0.0
	for _, j := range all {
		_, fires := j.found[name]
		best := j.accuracy >= bound
		s.fires += count(fires)
		s.best += count(best)
		s.inBest += count(fires && best)
		if !fires {
			continue
		}
		for _, other := range all {
			if _, also := other.found[name]; also {
				continue
			}
			pairs++
			switch {
			case j.accuracy < other.accuracy:
				lower++
			case j.accuracy == other.accuracy:
				lower += 0.5
			}
		}
	}
	s.auc = lower / pairs
	return s
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// usefulness writes, for each rule and candidate, how often it fires and how it separates.
func usefulness(ctx context.Context, w io.Writer, shipped []corpus.Entry) error {
	byKey := make([][]judged, len(keys))
	for i, k := range keys {
		var err error
		if byKey[i], err = judge(ctx, shipped, k, corpus.Of(shipped, k)); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "| rule | fires | in the best quarter | AUC |\n|---|---|---|---|\n")
	for _, r := range rule.All() {
		row(w, r.Name, byKey)
	}
	fmt.Fprintf(w, "\n| tried and not shipped | fires | in the best quarter | AUC |\n|---|---|---|---|\n")
	for _, c := range candidates {
		row(w, c.name, byKey)
	}
	return nil
}

func row(w io.Writer, name string, byKey [][]judged) {
	fires, best, auc := "", "", ""
	for i, all := range byKey {
		if i > 0 {
			fires, best, auc = fires+" / ", best+" / ", auc+" / "
		}
		s := scoreOf(name, all)
		fires += fmt.Sprint(s.fires)
		best += fmt.Sprint(s.inBest)
		if trainer.Number(s.auc).Known() {
			auc += fmt.Sprintf("%.2f", s.auc)
		} else {
			auc += "–"
		}
	}
	fmt.Fprintf(w, "| %s | %s | %s | %s |\n", name, fires, best, auc)
}
