package knob

import (
	"fmt"

	"probewise/advisor"
	"probewise/trainer"
)

var head = Knob{
	Name:  "head",
	Title: "Head",
	Does:  "Turns images into features for the dense layers: all values (flatten), or one per channel (global pooling).",
	Range: "flatten, global_avg_pool; a global_max_pool can become either.",
	Costs: "Global pooling divides the parameters of the first dense layer by the pixels of the image before it.",
	When: "Global pooling to shrink a net with many channels; flatten where accuracy counts in a short training, or " +
		"channels are few.",
	Theme: advisor.Reshape,
	Settings: settings("head", advisor.Reshape, func(a trainer.Architecture, l *list) {
		t, ok := trunkOf(&a)
		if !ok || t.head < 0 || t.before(t.head).H*t.before(t.head).W == 1 {
			return
		}
		now := a.Layers[t.head]
		if now.Type == trainer.Flatten {
			l.add("average", fmt.Sprintf("Replace %s by global average pooling", now.Name), Pooled(now.Name))
			return
		}
		l.add("flatten", fmt.Sprintf("Replace %s by flatten", now.Name), replacedHead(now.Name, trainer.Flatten))
		l.add("average", fmt.Sprintf("Replace %s by global average pooling", now.Name), Pooled(now.Name))
	}),
	differs: func(base, revised trainer.Architecture) bool { return headOf(base) != headOf(revised) },
}

// Pooled puts global average pooling in the place of a flatten or another global pool.
func Pooled(name string) Edit { return replacedHead(name, trainer.GlobalAvgPool) }

func replacedHead(name string, to trainer.LayerType) Edit {
	return func(a *trainer.Architecture) {
		if i := indexOf(a, name); i >= 0 && isHead(a.Layers[i]) {
			a.Layers[i] = trainer.Layer{Type: to, Name: name}
		}
	}
}

func isHead(l trainer.Layer) bool { return l.Type == trainer.Flatten || l.IsPool() && !isWindow(l) }

// headOf is the type of the layer that turns images into features, "" where there is none.
func headOf(a trainer.Architecture) trainer.LayerType {
	if t, ok := trunkOf(&a); ok && t.head >= 0 {
		return a.Layers[t.head].Type
	}
	return ""
}
