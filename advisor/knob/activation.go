package knob

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// leakySlope is the slope of leaky_relu below zero.
const leakySlope = 0.1

var activation = Knob{
	Name:  "activation",
	Title: "Activation of hidden layers",
	Does:  "Makes the layers' outputs non-linear.",
	Range: fmt.Sprintf("relu, elu, leaky_relu (slope %g) in all hidden layers that have an activation; relu in place of "+
		"softmax, sigmoid and tanh alone.", leakySlope),
	Costs: "elu takes a little longer.",
	When: "relu in place of sigmoid, tanh or softmax, which pass little gradient on; elu or leaky_relu where units of " +
		"relu are dead.",
	Theme:    advisor.Stabilise,
	Settings: settings("activation", advisor.Stabilise, activations),
	differs:  differently(trainer.Block.PathActivation),
}

func activations(a trainer.Architecture, l *list) {
	hidden := Hidden(&a, "")
	for _, to := range []trainer.Activation{trainer.ReLU, trainer.ELU, trainer.LeakyReLU} {
		var others []string
		for _, b := range hidden {
			if on := b.PathActivation(); on != to && on != trainer.Linear {
				others = append(others, b.Layer().Name)
			}
		}
		if len(others) > 0 {
			l.add(string(to), fmt.Sprintf("Use %s in %s", to, figure.List(others)), Each(others, activate(to)))
		}
	}
	if saturating := Saturating(&a); len(saturating) > 0 {
		l.add("relu for saturating", "Use relu in "+figure.List(saturating), Each(saturating, activate(trainer.ReLU)))
	}
}

// Saturating names the hidden layers with sigmoid, tanh or softmax.
func Saturating(a *trainer.Architecture) []string {
	var some []string
	for _, b := range Hidden(a, "") {
		if slices.Contains([]trainer.Activation{trainer.Sigmoid, trainer.Tanh, trainer.Softmax}, b.PathActivation()) {
			some = append(some, b.Layer().Name)
		}
	}
	return some
}

// activate replaces the activation with the usual slope.
func activate(to trainer.Activation) Change {
	if to == trainer.LeakyReLU {
		return Activate(to, leakySlope)
	}
	return Activate(to, 0)
}

// Activate replaces the block's activations, its own and those on the way to the next layer with weights; slope counts
// for leaky_relu.
func Activate(to trainer.Activation, slope float64) Change {
	return func(_ *trainer.Architecture, b trainer.Block) {
		for l := range b.Path() {
			if l.Activation != trainer.Linear && l.Activation != "" {
				l.Activation, l.NegativeSlope = to, slope
			}
		}
	}
}

var initializer = Knob{
	Name:  "initializer",
	Title: "Initialiser of hidden layers",
	Does:  "Sets how the first weights spread, so that signals keep their scale from layer to layer.",
	Range: "he_uniform or he_normal where the activation is relu, elu or leaky_relu; glorot_uniform where it is tanh, " +
		"sigmoid or softmax.",
	Costs: "Nothing.",
	When:  "Where gradients shrink or explode from layer to layer and there is no batch norm.",
	Theme: advisor.Stabilise,
	Settings: settings("initializer", advisor.Stabilise, func(a trainer.Architecture, l *list) {
		var he, glorot []string
		saturating := Saturating(&a)
		for _, b := range Hidden(&a, "") {
			name, kind := b.Layer().Name, b.Layer().Initializer
			after := kind == trainer.HeUniform || kind == trainer.HeNormal
			if after && slices.Contains(saturating, name) {
				glorot = append(glorot, name)
			} else if !after && rectified(b) {
				he = append(he, name)
			}
		}
		if len(he) > 0 {
			l.add("he", "Initialise "+figure.List(he)+" after He", Each(he, HeInitialise))
		}
		if len(glorot) > 0 {
			l.add("glorot", "Initialise "+figure.List(glorot)+" after Glorot",
				Each(glorot, func(_ *trainer.Architecture, b trainer.Block) { b.Layer().Initializer = trainer.GlorotUniform }))
		}
	}),
	differs: differently(func(b trainer.Block) trainer.Initializer { return b.Layer().Initializer }),
}

// rectified says whether the block's activation is relu or like it.
func rectified(b trainer.Block) bool {
	return slices.Contains([]trainer.Activation{trainer.ReLU, trainer.LeakyReLU, trainer.ELU}, b.PathActivation())
}

// HeInitialise gives the layer He's initialiser, uniform or normal as before.
func HeInitialise(_ *trainer.Architecture, b trainer.Block) {
	switch l := b.Layer(); l.Initializer {
	case trainer.GlorotNormal:
		l.Initializer = trainer.HeNormal
	case trainer.GlorotUniform, "":
		l.Initializer = trainer.HeUniform
	}
}
