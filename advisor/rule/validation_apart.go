package rule

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/advisor/figure"
)

const (
	farLoss   = 2.0 // validation loss as a multiple of ln(classes)
	nearShare = 0.8 // of ln(classes), below which the training loss is that of a net that learns
)

var validationApart = Rule{
	Name:  "validation-apart",
	Group: Health,
	Title: "Validation loss is far above that of a guess",
	Finds: fmt.Sprintf("A validation loss above %g·ln(classes), while the training loss is below %g·ln(classes).",
		farLoss, nearShare),
	Source: "A guess has ln(classes). What trains well and fails so on other images normalises them otherwise, " +
		"overfits or swings; no shipped past run does.",
	Proposes: "A third of the learning rate.",
	Run: func(p *Pass) {
		last, ok := p.last()
		guess := math.Log(float64(p.Architecture.Classes))
		if !ok || !(float64(last.TrainLoss) < nearShare*guess) || !(float64(last.ValidationLoss) > farLoss*guess) {
			return
		}
		d := measured("", "validation_loss", float64(last.ValidationLoss), farLoss*guess, last.Epoch, advisor.Medium)
		d = explain(d, above, "it is sure of wrong answers, with a training loss of "+figure.Measured(last.TrainLoss))
		p.Report(d)
		p.proposeSettings(d, "Validation should follow training.", "learning-rate ×0.3")
	},
}
