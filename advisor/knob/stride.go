package knob

import (
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

var strides = Knob{
	Name:  "strides",
	Title: "Strides of conv layers",
	Does:  "Sets how images shrink: by a stride of the convolution, or by a max pool after one of stride 1.",
	Range: "1 to 1024 each way; every stride above 1 to a pool of its size, or the last alone; every pool after a conv " +
		"layer to its stride, or the last alone.",
	Costs: "A stride of 2 computes a quarter of what a convolution before a pool does; parameters are the same.",
	When:  "Pools where accuracy counts, strides to save compute.",
	Theme: advisor.Reshape,
	Settings: settings("strides", advisor.Reshape, func(a trainer.Architecture, l *list) {
		var strided, pooled []string
		poolOf := map[string]string{}
		for _, b := range Chain(&a, trainer.Conv) {
			name := b.Layer().Name
			if b.Layer().Stride != [2]int{1, 1} {
				strided = append(strided, name)
				poolOf[name] = FreeName(a, name+"_pool")
			} else if nextPool(b) >= 0 {
				pooled = append(pooled, name)
			}
		}
		add := func(size, title string, layers []string, change Change) {
			if n := len(layers); n > 0 {
				l.add(size, title+figure.List(layers), Each(layers, change))
				l.add(size+" last", title+layers[n-1], Each(layers[n-1:], change))
			}
		}
		add("to pools", "Use a max pool instead of the stride of ", strided, strideToPool(poolOf))
		add("to strides", "Use a stride instead of the pool after ", pooled, poolToStride)
	}),
	differs: differently(func(b trainer.Block) [2]int { return b.Layer().Stride }),
}

// nextPool is the place, in its list, of the pool that follows the block's layer with nothing but batch norm,
// activation and dropout in between, -1 where there is none that shrinks the images.
func nextPool(b trainer.Block) int {
	at := b.DirectEnd()
	if at >= b.End || !isWindow((*b.List)[at]) || (*b.List)[at].Stride == [2]int{1, 1} {
		return -1
	}
	return at
}

// strideToPool puts max pools of the names in the place of strides.
func strideToPool(names map[string]string) Change {
	return func(a *trainer.Architecture, b trainer.Block) {
		l := b.Layer()
		name := names[l.Name]
		if l.Stride == [2]int{1, 1} || Has(*a, name) {
			return
		}
		pool := MaxPool(name)
		pool.Size, pool.Stride, pool.Padding = l.Stride, l.Stride, l.Padding
		l.Stride = [2]int{1, 1}
		insert(b.List, afterActivation(b), pool)
	}
}

// poolToStride gives a conv layer the stride of the pool after it, and takes that away.
func poolToStride(_ *trainer.Architecture, b trainer.Block) {
	at := nextPool(b)
	if at < 0 || b.Layer().Stride != [2]int{1, 1} {
		return
	}
	b.Layer().Stride = (*b.List)[at].Stride
	*b.List = slices.Delete(*b.List, at, at+1)
}
