package main

import (
	"slices"

	"probewise/advisor"
)

// Cause is what is truly wrong with a net, in a form that a program compares.
type Cause string

// The causes. Which of them a net has was written down with the net, before any advice about it was seen.
const (
	rateTooHigh          Cause = "learning-rate-too-high"
	rateTooLow           Cause = "learning-rate-too-low"
	momentumTooHigh      Cause = "momentum-too-high"
	epsilonTooLarge      Cause = "epsilon-too-large"
	scheduleTooEarly     Cause = "schedule-decays-too-early"
	warmUpTooLong        Cause = "warm-up-too-long"
	plainSGD             Cause = "plain-sgd"
	batchTooLarge        Cause = "batch-too-large"
	clipTooSmall         Cause = "clip-too-small"
	tooStrongL1          Cause = "over-regularised-l1"
	tooStrongL2          Cause = "over-regularised-l2"
	tooStrongDecay       Cause = "over-regularised-decay"
	tooStrongDropout     Cause = "over-regularised-dropout"
	tooStrongAugment     Cause = "augmentation-too-strong"
	unregularised        Cause = "unregularised"
	saturating           Cause = "saturating-activation"
	linearActivations    Cause = "linear-activations"
	softmaxInside        Cause = "softmax-in-hidden-layers"
	softmaxTwice         Cause = "softmax-twice"
	activatedLogits      Cause = "activation-on-logits"
	vanishing            Cause = "vanishing-gradient"
	deadReLU             Cause = "dead-relu"
	exploding            Cause = "exploding"
	normLag              Cause = "batch-norm-lag"
	underCapacity        Cause = "under-capacity"
	bottleneck           Cause = "bottleneck"
	tooFewConv           Cause = "too-few-conv"
	tooManyDense         Cause = "too-many-dense"
	wideDense            Cause = "wide-dense"
	flatFilters          Cause = "flat-filters"
	descendingFilters    Cause = "descending-filters"
	kernelTooSmall       Cause = "kernel-too-small"
	kernelTooLarge       Cause = "kernel-too-large"
	noPooling            Cause = "no-pooling"
	tooMuchPooling       Cause = "too-much-pooling"
	globalPoolingTooSoon Cause = "global-pooling-too-early"
)

// namedBy has for each cause the rules that name it. A rule that sees the symptom alone (at-chance, diverged) names
// none.
var namedBy = map[Cause][]string{
	rateTooHigh:          {"rate-too-high", "exploding-gradient", "dead-relu"},
	rateTooLow:           {"learns-too-slowly"},
	momentumTooHigh:      {"rate-too-high", "exploding-gradient"},
	epsilonTooLarge:      {"learns-too-slowly"},
	scheduleTooEarly:     {"learns-too-slowly"},
	warmUpTooLong:        {"learns-too-slowly"},
	plainSGD:             {"plain-sgd", "learns-too-slowly"},
	batchTooLarge:        {"batch-too-large"},
	clipTooSmall:         {"learns-too-slowly"},
	tooStrongL1:          {"over-regularised"},
	tooStrongL2:          {"over-regularised"},
	tooStrongDecay:       {"over-regularised"},
	tooStrongDropout:     {"over-regularised"},
	tooStrongAugment:     {"over-regularised"},
	unregularised:        {"overfit", "unregularised-higher-layers"},
	saturating:           {"saturated", "vanishing-gradient"},
	linearActivations:    {"linear-activations"},
	softmaxInside:        {"saturated", "vanishing-gradient"},
	softmaxTwice:         {"softmax-twice"},
	activatedLogits:      {}, // no rule
	vanishing:            {"vanishing-gradient"},
	deadReLU:             {"dead-relu"},
	exploding:            {"exploding-gradient", "rate-too-high"},
	normLag:              {"lagging-batch-norm", "validation-apart"},
	underCapacity:        {"under-capacity"},
	bottleneck:           {"bottleneck"},
	tooFewConv:           {"under-capacity", "global-pooling-too-early"},
	tooManyDense:         {"too-many-dense"},
	wideDense:            {"wide-dense"},
	flatFilters:          {"flat-filters"},
	descendingFilters:    {"flat-filters"}, // it says that they fall
	kernelTooSmall:       {"kernel-too-small", "under-capacity"},
	kernelTooLarge:       {}, // no rule
	noPooling:            {}, // no rule: past runs with large maps end higher
	tooMuchPooling:       {"too-many-pools", "bottleneck"},
	globalPoolingTooSoon: {"global-pooling-too-early", "under-capacity"},
}

func (c Cause) known() bool {
	_, ok := namedBy[c]
	return ok
}

// seenBroken says whether a broken net was seen to be so: something is said to be wrong at the highest severity.
func seenBroken(list []Finding) bool {
	return slices.ContainsFunc(list, func(f Finding) bool { return f.Severity == advisor.High })
}

// named says whether one of the net's true causes is among the findings.
func named(n Net, list []Finding) bool {
	for _, cause := range append([]Cause{n.Cause}, n.Also...) {
		if slices.ContainsFunc(list, func(f Finding) bool { return slices.Contains(namedBy[cause], f.Rule) }) {
			return true
		}
	}
	return false
}
