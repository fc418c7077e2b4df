package rule

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	maxStartLeft  = 0.01 // of running statistics, at the end of full training
	muchStartLeft = 0.1
	sureStartLeft = 1e-3
)

var laggingBatchNorm = Rule{
	Name:  "lagging-batch-norm",
	Group: Architecture,
	Title: "Running statistics that full training does not reach",
	Finds: fmt.Sprintf("Running statistics of batch norm that still hold more than %g of their start, mean 0 and "+
		"variance 1, at the end of full training: momentum to the power of the number of updates. Severe above %g.",
		maxStartLeft, muchStartLeft),
	Source: "How Keras and PyTorch evaluate batch norm; public reports of nets that train well and validate near " +
		"chance. The shares are from trainings with ever larger batches.",
	Proposes: fmt.Sprintf("A momentum that leaves at most %g.", sureStartLeft),
	Run: func(p *Pass) {
		updates := p.Full.Updates(max(p.Architecture.Training.BatchSize, 1))
		if updates <= 0 {
			return
		}
		blocks := trainer.Blocks(&p.Architecture)
		output := blocks[len(blocks)-1].Layer().Name
		var slow, changed []string
		slowest, momentum := "", 0.0
		for l := range p.Architecture.All() {
			normed := l.BatchNorm || l.Type == trainer.BatchNorm
			if !normed || startLeft(l.Momentum, updates) <= maxStartLeft {
				continue
			}
			slow = append(slow, l.Name)
			if l.Name != output {
				changed = append(changed, l.Name)
			}
			if l.Momentum > momentum {
				slowest, momentum = l.Name, l.Momentum
			}
		}
		if slow == nil {
			return
		}
		left, severity := startLeft(momentum, updates), advisor.Medium
		if left > muchStartLeft {
			severity = advisor.High
		}
		d := structural(slowest, "running_start_left", left, maxStartLeft, severity)
		d = explain(d, above, fmt.Sprintf("that is what %s of full training leave at momentum %s, and Keras and PyTorch "+
			"evaluate with the running statistics of %s: a net can train well and validate near chance. Here, statistics are "+
			"measured anew as long as these lag", figure.Counted(updates, "update"), figure.Setting(momentum),
			figure.List(slow)))
		p.Report(d)
		to := math.Floor(100*math.Pow(sureStartLeft, 1/float64(updates))) / 100
		title := fmt.Sprintf("Lower the momentum of batch norm in %s to %g", figure.List(changed), to)
		p.Propose(proposal(advisor.Stabilise, title, d, "Running statistics should be those of the trained net.",
			knob.NormsQuicker(changed, to)))
	},
}

// startLeft is the share of their start that running statistics still hold after so many updates.
func startLeft(momentum float64, updates int) float64 { return math.Pow(momentum, float64(updates)) }
