package report

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// swept is a range test of four updates.
func swept(suggested trainer.Number, reason string) advisor.RateTest {
	t := advisor.RateTest{Suggested: suggested, Reason: reason, Epochs: 0.5}
	for i, loss := range []trainer.Number{2, 1, 2, 40} {
		p := trainer.SweepPoint{LearningRate: []float64{1e-5, 1e-4, 1e-3, 1e-2}[i], Loss: loss}
		t.Points = append(t.Points, advisor.RatePoint{SweepPoint: p, Smoothed: loss})
	}
	return t
}

func TestRateTest(t *testing.T) {
	for want, test := range map[string]advisor.RateTest{
		"Range test of the learning rate: 1e-05 ▃▁▃█ 0.01, suggests 0.0001; 0.50 epochs of training": swept(1e-4, ""),
		"Range test of the learning rate: 1e-05 ▃▁▃█ 0.01, suggests nothing: the loss falls nowhere; " +
			"0.50 epochs of training": swept(trainer.Missing, "the loss falls nowhere"),
		"Range test of the learning rate: 1e-05 ▃▁▃█ 0.01, suggests 0.0001, which is not tried: the net's own rate, " +
			"0.0001, is about that; 0.50 epochs of training": swept(1e-4, "the net's own rate, 0.0001, is about that"),
		"Range test of the learning rate: the test ended after 0 updates": {
			Suggested: trainer.Missing, Reason: "the test ended after 0 updates"},
		"Range test of the learning rate: it failed: no memory": {Suggested: trainer.Missing, Reason: "it failed: no memory"},
	} {
		if got := RateTest(test); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}
