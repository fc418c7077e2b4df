package rule

import (
	"reflect"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// Group says what a rule looks at.
type Group int

// The groups, in the order of diagnoses of the first and the others. Once a rule that Breaks has found its fault, the
// rules of Shape stay quiet: a broken run makes every other statistic meaningless.
const (
	Health       Group = iota // did the probe train at all
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
	Run      func(*Pass)
}

// Doc is all that a rule says of itself.
func (r Rule) Doc() string {
	return r.Title + ". " + r.Finds + " Proposes: " + r.Proposes + " Source: " + r.Source
}

// All returns the rules, health of training first.
func All() []Rule {
	return []Rule{
		diverged, vanishingGradient, explodingGradient, deadReLU, atChance,
		parabolicLayer, highActivationVariance,
		unregularisedHigherLayers, batchNormEverywhere, laggingBatchNorm, stackedRegularisers,
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
}

func newPass(c advisor.Case, rule string) *Pass {
	return &Pass{Case: c, rule: rule, thirds: trainer.DepthThirds(c.Architecture)}
}

// Report adds a diagnosis of the rule.
func (p *Pass) Report(d advisor.Diagnosis) {
	d.Rule = p.rule
	p.diagnoses = append(p.diagnoses, d)
}

// Propose adds a proposal of the rule. One that would change nothing, or make a legal architecture illegal, is dropped.
func (p *Pass) Propose(proposal advisor.Proposal) {
	proposal.Rule = p.rule
	revise := proposal.Revise
	proposal.Revise = func(a *trainer.Architecture) {
		*a = a.Clone() // the caller's copy may share the layers
		revise(a)
	}
	revised := p.Architecture
	proposal.Revise(&revised)
	if reflect.DeepEqual(revised, p.Architecture) || knob.Legal(p.Architecture) && !knob.Legal(revised) {
		return
	}
	p.proposals = append(p.proposals, proposal)
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
