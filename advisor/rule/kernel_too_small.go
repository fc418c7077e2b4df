package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const seesNeighbours = 2 // height or width of a kernel

var kernelTooSmall = Rule{
	Name:     "kernel-too-small",
	Group:    Cause,
	Title:    "No conv layer sees neighbouring pixels",
	Finds:    fmt.Sprintf("No conv layer has a kernel of %d or more pixels of height or width.", seesNeighbours),
	Source:   "A kernel of 1×1 mixes channels alone; no shipped past run has only such.",
	Proposes: "Kernels of 3×3.",
	Run: func(p *Pass) {
		convs := knob.Hidden(&p.Architecture, trainer.Conv)
		if len(convs) == 0 {
			return
		}
		for _, b := range convs {
			if max(b.Layer().Kernel[0], b.Layer().Kernel[1]) >= seesNeighbours {
				return
			}
		}
		d := structural(convs[0].Layer().Name, "kernel_size", 1, seesNeighbours, advisor.Medium)
		d = explain(d, below, figure.List(knob.Names(convs))+" look at single pixels")
		p.Report(d)
		p.proposeSettings(d, "Filters should see edges and shapes.", "kernel-size 1→3")
	},
}
