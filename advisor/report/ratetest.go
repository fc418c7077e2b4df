package report

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

const (
	rateBars = 24 // of a sparkline
	rateCut  = 2  // times the first loss, above which bars are cut
)

// RateTest writes a range test on one line: its average losses from the lowest rate to the highest, and what it
// suggests.
func RateTest(t advisor.RateTest) string {
	if len(t.Points) == 0 {
		return "Range test of the learning rate: " + t.Reason
	}
	first, last := t.Points[0], t.Points[len(t.Points)-1]
	n := min(rateBars, len(t.Points))
	losses := make([]trainer.Number, n)
	for i := range losses {
		loss := t.Points[i*(len(t.Points)-1)/max(n-1, 1)].Smoothed
		losses[i] = trainer.Number(math.Min(float64(loss), rateCut*float64(first.Smoothed)))
	}
	says := fmt.Sprintf("suggests %s", figure.Setting(float64(t.Suggested)))
	if !t.Suggested.Known() {
		says = "suggests nothing: " + t.Reason
	} else if t.Reason != "" {
		says += ", which is not tried: " + t.Reason
	}
	return fmt.Sprintf("Range test of the learning rate: %s %s %s, %s; %s of training",
		figure.Significant(first.LearningRate), Sparkline(losses), figure.Significant(last.LearningRate), says,
		figure.Decimals(t.Epochs, 2)+" epochs")
}
