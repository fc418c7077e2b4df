package rule

import (
	"fmt"

	"probewise/advisor"
)

const minUpdates = 500 // of the full run

var batchTooLarge = Rule{
	Name:  "batch-too-large",
	Group: Cause,
	Title: "Batches so large that updates are few",
	Finds: fmt.Sprintf("The full run makes fewer than %d updates.", minUpdates),
	Source: "Masters & Luschi 2018; the number is ours: no shipped past run has so few (batches of 128 make 1,065), and " +
		"short trainings of nets with batches of 512 and 1,024 fall behind.",
	Proposes: "Batches of 64, a quarter of the batch, and three times the learning rate.",
	Explains: []string{"learns-too-slowly"},
	Run: func(p *Pass) {
		n := p.updates()
		if n <= 0 || n >= minUpdates {
			return
		}
		t := p.Architecture.Training
		d := structural("", "updates", float64(n), minUpdates, advisor.Medium)
		if last, ok := p.last(); ok {
			d.Epoch = measured("", "", 0, 0, last.Epoch, "").Epoch
		}
		d = explain(d, below, fmt.Sprintf("batches of %d images leave %d updates for %d epochs", t.BatchSize, n, t.Epochs))
		p.Report(d)
		p.proposeSettings(d, "More updates should see the same images.", "batch-size 64", "batch-size ÷4",
			"learning-rate ×3")
	},
}
