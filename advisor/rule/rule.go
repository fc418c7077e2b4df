package rule

import (
	"reflect"
	"slices"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// Group says what a rule looks at.
type Group int

// The groups. Diagnoses come causes first, then Health, then the others. Once a rule that Breaks has found its fault,
// the rules of Shape stay quiet: a broken run makes every other statistic meaningless.
const (
	Cause        Group = iota // what makes a net train badly: a setting or a size, with what the probe shows of it
	Health                    // did the probe train at all
	Shape                     // shape of the statistics and curves
	Architecture              // the architecture alone, without any record
)

// Rule finds one kind of fault. Its texts are filled from the constants that it decides by.
type Rule struct {
	Name     string // kebab-case, stable
	Title    string // at most 60 letters
	Finds    string // the fault, with the default thresholds
	Source   string // where those come from
	Proposes string // the edits
	Group    Group
	Breaks   bool // a net with this fault has learnt nothing that the rules of Shape could judge
	// Explains names rules whose findings follow from this one's: where both find something, and this one not mildly, they
	// are told as one.
	Explains []string
	Run      func(*Pass)
}

// Doc is all that a rule says of itself.
func (r Rule) Doc() string {
	return r.Title + ". " + r.Finds + " Proposes: " + r.Proposes + " Source: " + r.Source
}

// All returns the rules, causes first.
func All() []Rule {
	return []Rule{
		rateTooHigh, softmaxTwice, saturated, linearActivations, overRegularised, bottleneck, globalPoolingTooEarly,
		tooManyPools, kernelTooSmall, batchTooLarge, plainSGD, learnsTooSlowly, underCapacity,
		validationApart, diverged, vanishingGradient, explodingGradient, deadReLU, atChance, classNeverPredicted,
		unevenClasses,
		parabolicLayer, highActivationVariance,
		unregularisedHigherLayers, laggingBatchNorm, stackedRegularisers,
		flatFilters, ascendingDense, tooManyDense, wideDense,
		overfit,
	}
}

// Pass is one rule's look at one case.
type Pass struct {
	advisor.Case
	rule      string
	thirds    map[string]trainer.DepthThird
	diagnoses []advisor.Diagnosis
	proposals []advisor.Proposal
	revised   []trainer.Architecture // what the proposals make of the architecture
}

func newPass(c advisor.Case, rule string) *Pass {
	return &Pass{Case: c, rule: rule, thirds: trainer.DepthThirds(c.Architecture)}
}

// Report adds a diagnosis of the rule.
func (p *Pass) Report(d advisor.Diagnosis) {
	d.Rule = p.rule
	p.diagnoses = append(p.diagnoses, d)
}

// Propose adds a proposal of the rule. One that would change nothing, do what an earlier one does, or make a legal
// architecture illegal, is dropped.
func (p *Pass) Propose(proposal advisor.Proposal) {
	proposal.Rule = p.rule
	revise := proposal.Revise
	proposal.Revise = func(a *trainer.Architecture) {
		*a = a.Clone() // the caller's copy may share the layers
		revise(a)
	}
	revised := p.Architecture
	proposal.Revise(&revised)
	if slices.ContainsFunc(p.revised, func(r trainer.Architecture) bool { return reflect.DeepEqual(r, revised) }) ||
		reflect.DeepEqual(revised, p.Architecture) || knob.Legal(p.Architecture) && !knob.Legal(revised) {
		return
	}
	p.proposals, p.revised = append(p.proposals, proposal), append(p.revised, revised)
}

// last returns the last record after initialisation.
func (p *Pass) last() (trainer.EpochRecord, bool) {
	if n := len(p.Records); n > 0 && p.Records[n-1].Epoch > 0 {
		return p.Records[n-1], true
	}
	return trainer.EpochRecord{}, false
}

// layer returns the architecture's layer of the name.
func (p *Pass) layer(name string) (trainer.Block, bool) { return knob.Find(&p.Architecture, name) }
