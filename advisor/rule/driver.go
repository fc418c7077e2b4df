package rule

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// Driver runs rules and puts what they say in order. It is the Rules of advisor/service.
type Driver struct {
	Rules []Rule // nil: All
	// Incomplete is told of a diagnosis or a proposal that lacks something and is left out: a mistake in its rule. nil:
	// nobody is told.
	Incomplete func(error)
}

// Examine runs the rules over the case. Diagnoses come causes first, then health of training, then by severity, then
// those in the first two layers with weights, then in the order of the rules and from the input to the output. What a
// rule explains is told with its first diagnosis, which takes the higher severity. Proposals follow the order of their
// rules' first diagnoses; those of rules that another one explains come last.
func (d Driver) Examine(c advisor.Case) ([]advisor.Diagnosis, []advisor.Proposal) {
	rules := d.Rules
	if rules == nil {
		rules = All()
	}
	var diagnoses []advisor.Diagnosis
	var proposals []advisor.Proposal
	broken := false
	for _, r := range rules {
		if broken && r.Group == Shape {
			continue
		}
		p := newPass(c, r.Name)
		r.Run(p)
		found := complete(p.diagnoses, d, r, func(found advisor.Diagnosis) error { return validate(c, found) })
		broken = broken || r.Breaks && len(found) > 0
		diagnoses = append(diagnoses, found...)
		proposals = append(proposals, complete(p.proposals, d, r, validateProposal)...)
	}
	diagnoses = explained(rules, diagnoses)
	order(c.Architecture, rules, diagnoses, proposals)
	return diagnoses, proposals
}

// explained takes what rules explain into their own first diagnosis, unless that is a mild one.
func explained(rules []Rule, diagnoses []advisor.Diagnosis) []advisor.Diagnosis {
	for _, r := range slices.Backward(rules) { // what an explained rule explains goes on to the one that explains it
		at := slices.IndexFunc(diagnoses, func(d advisor.Diagnosis) bool { return d.Rule == r.Name })
		if at < 0 {
			continue
		}
		cause := diagnoses[at]
		if cause.Severity == advisor.Low {
			continue // too little to be the reason of anything
		}
		for _, name := range r.Explains {
			symptom := slices.IndexFunc(diagnoses, func(d advisor.Diagnosis) bool { return d.Rule == name })
			if symptom < 0 {
				continue
			}
			cause.Message += " That explains: " + diagnoses[symptom].Message
			cause.Explains = append(append(cause.Explains, name), diagnoses[symptom].Explains...)
			for _, d := range diagnoses {
				if d.Rule == name && rank[d.Severity] < rank[cause.Severity] {
					cause.Severity = d.Severity
				}
			}
		}
		diagnoses[at] = cause
		diagnoses = slices.DeleteFunc(diagnoses, func(d advisor.Diagnosis) bool {
			return slices.Contains(r.Explains, d.Rule)
		})
	}
	return diagnoses
}

// rank orders severities.
var rank = map[advisor.Severity]int{advisor.High: 0, advisor.Medium: 1, advisor.Low: 2}

// complete leaves out what lacks something.
func complete[T any](all []T, d Driver, r Rule, check func(T) error) []T {
	return slices.DeleteFunc(all, func(one T) bool {
		err := check(one)
		if err != nil && d.Incomplete != nil {
			d.Incomplete(fmt.Errorf("rule %s: %w", r.Name, err))
		}
		return err != nil
	})
}

func validateProposal(p advisor.Proposal) error {
	if p.Theme == "" || p.Title == "" || p.Reason == "" {
		return fmt.Errorf("proposal %+q has no theme, title or reason", p.Title)
	}
	return nil
}

// order sorts diagnoses and proposals as Examine says.
func order(a trainer.Architecture, rules []Rule, diagnoses []advisor.Diagnosis, proposals []advisor.Proposal) {
	late := map[string]int{}
	for _, r := range rules {
		late[r.Name] = int(min(r.Group, Shape)) // shape and architecture alike
	}
	place := map[string]int{} // of layers with weights
	for i, b := range trainer.Blocks(&a) {
		place[b.Layer().Name] = i
	}
	higher := func(d advisor.Diagnosis) int {
		if i, known := place[d.Layer]; known && !trainer.InFirstTwo(i) {
			return 1
		}
		return 0 // the first two layers, and the whole net
	}
	slices.SortStableFunc(diagnoses, func(x, y advisor.Diagnosis) int {
		return cmp.Or(late[x.Rule]-late[y.Rule], rank[x.Severity]-rank[y.Severity], higher(x)-higher(y))
	})
	first := func(rule string) int {
		at := slices.IndexFunc(diagnoses, func(d advisor.Diagnosis) bool { return d.Rule == rule })
		if at < 0 {
			return len(diagnoses) // explained by another one
		}
		return at
	}
	slices.SortStableFunc(proposals, func(x, y advisor.Proposal) int { return first(x.Rule) - first(y.Rule) })
}

// validate checks that a diagnosis is complete and that its message names layer, statistic, value, threshold or
// percentile, and epoch.
func validate(c advisor.Case, d advisor.Diagnosis) error {
	switch d.Severity {
	case advisor.High, advisor.Medium, advisor.Low:
	default:
		return fmt.Errorf("unknown severity %q", d.Severity)
	}
	if d.Statistic == "" {
		return fmt.Errorf("no statistic: %q", d.Message)
	}
	if d.Layer != "" && !knob.Has(c.Architecture, d.Layer) {
		return fmt.Errorf("no layer %q", d.Layer)
	}
	if !d.Threshold.Known() {
		return fmt.Errorf("no threshold: %q", d.Message)
	}
	wanted := []string{d.Layer, d.Statistic, figure.Measured(d.Value), figure.Measured(d.Threshold)}
	if d.Percentile.Known() {
		wanted = append(wanted, "percentile "+figure.Measured(d.Percentile))
	}
	if d.Epoch.Known() {
		wanted = append(wanted, "epoch "+figure.Measured(d.Epoch))
	}
	for _, w := range wanted {
		if !strings.Contains(d.Message, w) {
			return fmt.Errorf("message %q lacks %q", d.Message, w)
		}
	}
	return nil
}
