package rule

import (
	"fmt"
	"math"
	"slices"

	"probewise/trainer"
)

// edit changes an architecture, finding layers by name. Layers that are gone, or already as wanted, are left alone.
type edit func(*trainer.Architecture)

// scaled returns the learning rate times factor, at three significant digits.
func scaled(rate, factor float64) float64 {
	rate *= factor
	unit := math.Pow(10, math.Floor(math.Log10(rate))-2)
	return math.Round(rate/unit) / math.Round(1/unit)
}

func lowerRate(to float64) edit {
	return func(a *trainer.Architecture) {
		a.Training.Optimizer.LearningRate = min(a.Training.Optimizer.LearningRate, to)
	}
}

func raiseRate(to float64) edit {
	return func(a *trainer.Architecture) {
		a.Training.Optimizer.LearningRate = max(a.Training.Optimizer.LearningRate, to)
	}
}

// clip limits the norm of the gradients.
func clip(norm float64) edit {
	return func(a *trainer.Architecture) {
		if a.Training.ClipNorm == 0 || a.Training.ClipNorm > norm {
			a.Training.ClipNorm = norm
		}
	}
}

func flip(a *trainer.Architecture) { a.Training.Augment.Flip = true }

// each makes a change to the hidden blocks of the names that are still there.
func each(layers []string, change func(a *trainer.Architecture, b trainer.Block)) edit {
	return func(a *trainer.Architecture) {
		for _, name := range layers {
			for _, b := range hidden(a, "") {
				if b.Layer().Name == name {
					change(a, b)
					break
				}
			}
		}
	}
}

// heInitialised gives the layers He's initialiser, uniform or normal as before.
func heInitialised(layers []string) edit {
	return each(layers, func(a *trainer.Architecture, b trainer.Block) {
		switch l := b.Layer(); l.Initializer {
		case trainer.GlorotNormal:
			l.Initializer = trainer.HeNormal
		case trainer.GlorotUniform, "":
			l.Initializer = trainer.HeUniform
		}
	})
}

// activated replaces the activation of the layers, own or after them; slope counts for leaky_relu.
func activated(layers []string, to trainer.Activation, slope float64) edit {
	return each(layers, func(a *trainer.Architecture, b trainer.Block) {
		for i := b.At; i < b.DirectEnd(); i++ {
			l := &(*b.List)[i]
			if (l.HasWeights() || l.Type == trainer.Activate) && l.Activation != trainer.Linear && l.Activation != "" {
				l.Activation, l.NegativeSlope = to, slope
			}
		}
	})
}

// penalised gives layers without a technique L2: dense on dense layers, conv on conv layers.
func penalised(layers []string, dense, conv float64) edit {
	return each(layers, func(a *trainer.Architecture, b trainer.Block) {
		if regularised(b) {
			return
		}
		if l := b.Layer(); l.Type == trainer.Dense {
			l.L2 = dense
		} else {
			l.L2 = conv
		}
	})
}

// penaltyAtLeast raises the L2 of layers that have a penalty.
func penaltyAtLeast(layers []string, l2 float64) edit {
	return each(layers, func(a *trainer.Architecture, b trainer.Block) {
		if l := b.Layer(); l.L1 > 0 || l.L2 > 0 {
			l.L2 = max(l.L2, l2)
		}
	})
}

// Keras' defaults of batch norm.
const (
	normMomentum = 0.99
	normEpsilon  = 1e-3
)

// normalised gives layers without a technique batch norm.
func normalised(layers []string) edit {
	return each(layers, func(a *trainer.Architecture, b trainer.Block) {
		if !regularised(b) {
			l := b.Layer()
			l.BatchNorm, l.Momentum, l.Epsilon = true, normMomentum, normEpsilon
		}
	})
}

// droppedOut puts dropout after layers without a technique.
func droppedOut(layers []string, rate float64) edit {
	return each(layers, func(a *trainer.Architecture, b trainer.Block) {
		if !regularised(b) {
			l := trainer.Layer{Type: trainer.Dropout, Name: freeName(*a, "dropout"), Rate: rate}
			*b.List = slices.Insert(*b.List, b.DirectEnd(), l)
		}
	})
}

// without takes techniques off the layers; of dropout only that directly after them.
func without(layers []string, t technique) edit {
	return each(layers, func(a *trainer.Architecture, b trainer.Block) {
		l := b.Layer()
		var gone func(trainer.Layer) bool
		switch t {
		case penalty:
			l.L1, l.L2 = 0, 0
			return
		case batchNorm:
			l.BatchNorm, l.Momentum, l.Epsilon = false, 0, 0
			gone = func(l trainer.Layer) bool { return l.Type == trainer.BatchNorm }
		case dropout:
			gone = trainer.Layer.IsDropout
		}
		layers := *b.List
		after := slices.Clone(b.Direct())
		*b.List = slices.Concat(layers[:b.At+1], slices.DeleteFunc(after, gone), layers[b.DirectEnd():])
	})
}

// removed takes hidden dense layers away with all that comes after them, but not out of residual blocks.
func removed(layers []string) edit {
	return each(layers, func(a *trainer.Architecture, b trainer.Block) {
		if b.Layer().Type == trainer.Dense && !b.Inner {
			*b.List = slices.Delete(*b.List, b.At, b.End)
		}
	})
}

// freeName returns the first of kind1, kind2 … that no layer has.
func freeName(a trainer.Architecture, kind string) string {
	for i := 1; ; i++ {
		name := fmt.Sprintf("%s%d", kind, i)
		if !named(a, name) {
			return name
		}
	}
}

// named says whether a layer of the architecture has the name.
func named(a trainer.Architecture, name string) bool {
	for l := range a.All() {
		if l.Name == name {
			return true
		}
	}
	return false
}
