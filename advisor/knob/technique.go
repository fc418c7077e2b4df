package knob

import "probewise/trainer"

// Technique is a way of regularising a layer.
type Technique string

// The techniques.
const (
	Penalty   Technique = "L1/L2"
	BatchNorm Technique = "batch norm"
	Dropout   Technique = "dropout"
)

// Techniques returns what regularises the block's weights, counting those of the layers after it that are given.
func Techniques(b trainer.Block, after []trainer.Layer) []Technique {
	l := b.Layer()
	norm, drop := l.BatchNorm, false
	for _, next := range after {
		norm = norm || next.Type == trainer.BatchNorm
		drop = drop || next.IsDropout()
	}
	var found []Technique
	if l.L1 > 0 || l.L2 > 0 {
		found = append(found, Penalty)
	}
	if norm {
		found = append(found, BatchNorm)
	}
	if drop {
		found = append(found, Dropout)
	}
	return found
}

// Regularised says whether the block has any technique; dropout counts also after a pool or flatten.
func Regularised(b trainer.Block) bool { return len(Techniques(b, b.Following())) > 0 }

// Unregularised returns the blocks without any technique.
func Unregularised(some []trainer.Block) []trainer.Block {
	var free []trainer.Block
	for _, b := range some {
		if !Regularised(b) {
			free = append(free, b)
		}
	}
	return free
}

// Alone makes the change to blocks without a technique only.
func Alone(change Change) Change {
	return func(a *trainer.Architecture, b trainer.Block) {
		if !Regularised(b) {
			change(a, b)
		}
	}
}

// Without takes the technique off a layer; of dropout and batch norm its own and what directly follows it.
func Without(t Technique) Change {
	switch t {
	case BatchNorm:
		return Unnormalised
	case Dropout:
		return undropped
	}
	return unpenalised
}
