package knob

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// kernelSteps are the sizes of square kernels that are changed, and what they become.
var kernelSteps = [][2]int{{1, 3}, {5, 3}, {7, 3}, {3, 5}}

var kernelSize = Knob{
	Name:  "kernel-size",
	Title: "Kernels of conv layers",
	Does:  "Sets how many pixels, high and wide, each filter looks at.",
	Range: "1 to 1024 each way; all hidden conv layers of 1 to 3, of 5 or 7 to 3, of 3 to 5.",
	Costs: "Parameters and compute of the layer grow with the square.",
	When: "3 in place of 1, which sees no neighbours, or of 5 and 7, which cost more than they see; 5 where a net has " +
		"one or two conv layers.",
	Theme: advisor.Reshape,
	Settings: settings("kernel-size", advisor.Reshape, func(a trainer.Architecture, l *list) {
		for _, step := range kernelSteps {
			from, to := [2]int{step[0], step[0]}, [2]int{step[1], step[1]}
			var layers []string
			for _, b := range Hidden(&a, trainer.Conv) {
				if b.Layer().Kernel == from && !b.Shortcut {
					layers = append(layers, b.Layer().Name)
				}
			}
			if len(layers) == 0 {
				continue
			}
			l.add(fmt.Sprintf("%d→%d", step[0], step[1]),
				fmt.Sprintf("Use kernels of %d×%d in %s instead of %d×%d", to[0], to[1], figure.List(layers), from[0], from[1]),
				Each(layers, func(_ *trainer.Architecture, b trainer.Block) {
					layer := b.Layer()
					if layer.Kernel = to; from[0] == 1 {
						layer.Padding = trainer.Same // what a kernel of 1 gives without
					}
				}))
		}
	}),
	differs: differently(func(b trainer.Block) [2]int { return b.Layer().Kernel }),
}

var padding = Knob{
	Name:  "padding",
	Title: "Padding of conv layers",
	Does:  "Surrounds images with zeros, so that a convolution leaves their height and width as they are.",
	Range: "valid, same; all hidden conv layers to same, but for those behind a zero_pad.",
	Costs: "Somewhat more compute, and parameters of the dense layer after flatten.",
	When:  "Where images shrink to a few pixels, or their edges count.",
	Theme: advisor.Reshape,
	Settings: settings("padding", advisor.Reshape, func(a trainer.Architecture, l *list) {
		var layers []string
		for _, b := range Chain(&a, trainer.Conv) {
			behind := b.At > 0 && (*b.List)[b.At-1].Type == trainer.ZeroPad
			if layer := b.Layer(); layer.Padding == trainer.Valid && layer.Kernel != [2]int{1, 1} && !behind {
				layers = append(layers, layer.Name)
			}
		}
		if len(layers) > 0 {
			l.add("same", "Pad the images before "+figure.List(layers), Each(layers,
				func(_ *trainer.Architecture, b trainer.Block) { b.Layer().Padding = trainer.Same }))
		}
	}),
	differs: differently(func(b trainer.Block) trainer.Padding { return b.Layer().Padding }),
}
