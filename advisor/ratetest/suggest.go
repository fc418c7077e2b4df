package ratetest

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	fewPoints = 20
	leastFall = 0.02 // of the first smoothed loss: a loss that falls less says nothing
	behind    = 10   // times below the least loss
	span      = 5    // updates that a slope is taken over, to each side
	unsettled = 10   // first updates, whose average is of too few losses for a slope
	apart     = 1.5  // times: rates that are nearer are two or three updates from each other, which says nothing
)

// Suggest returns a tenth of the rate where the smoothed loss is least, or Missing and why. Of the Rules it agreed most
// often with trainings in full (docs/rules.md).
func Suggest(points []advisor.RatePoint) (rate trainer.Number, reason string) {
	return suggest(points, tenth)
}

// suggest asks a rule for the place among the points up to the least smoothed loss.
func suggest(points []advisor.RatePoint, rule func([]advisor.RatePoint) float64) (trainer.Number, string) {
	if len(points) < fewPoints {
		return trainer.Missing, fmt.Sprintf("the test ended after %s", figure.Counted(len(points), "update"))
	}
	at := 0
	for i, p := range points {
		if p.Smoothed < points[at].Smoothed {
			at = i
		}
	}
	if first := points[0].Smoothed; !(points[at].Smoothed <= (1-leastFall)*first) {
		return trainer.Missing, fmt.Sprintf("the loss falls at no learning rate: from %s to %s at the least",
			figure.Share(first), figure.Share(points[at].Smoothed))
	}
	return trainer.Number(digits(rule(points[:at+1]))), ""
}

// digits rounds to two significant digits.
func digits(rate float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(rate))-1)
	return math.Round(rate/unit) / math.Round(1/unit)
}

// steepest is the rate where the smoothed loss falls fastest by the logarithm of the rate.
func steepest(falling []advisor.RatePoint) float64 {
	best, slope := len(falling)-1, 0.0
	for i := unsettled; i+span < len(falling); i++ {
		low, high := i-span, i+span
		fall := float64(falling[high].Smoothed-falling[low].Smoothed) /
			math.Log(falling[high].LearningRate/falling[low].LearningRate)
		if fall < slope*(1+1e-9) { // the first of even ones
			best, slope = i, fall
		}
	}
	return falling[best].LearningRate
}

// tenth is a tenth of the rate with the least smoothed loss.
func tenth(falling []advisor.RatePoint) float64 { return falling[len(falling)-1].LearningRate / behind }

// valley is the rate in the middle of the longest fall of the smoothed loss, as fastai 2 has it.
func valley(falling []advisor.RatePoint) float64 {
	length := make([]int, len(falling)) // of the longest falling subsequence that ends there
	best := 0
	for i := range falling {
		for j := range i {
			if falling[j].Smoothed > falling[i].Smoothed {
				length[i] = max(length[i], length[j]+1)
			}
		}
		if length[i] > length[best] {
			best = i
		}
	}
	from := best - length[best]
	return falling[from+(best-from)/2].LearningRate
}

// Rules are the ways to suggest that were compared, by name. Suggest is the first.
func Rules() []Rule {
	return []Rule{{"a tenth of the rate of the least loss", tenth}, {"steepest fall", steepest}, {"valley", valley}}
}

// Rule is one way to suggest a rate.
type Rule struct {
	Name string
	rate func(falling []advisor.RatePoint) float64
}

// Suggest returns what the rule suggests, or Missing and why.
func (r Rule) Suggest(points []advisor.RatePoint) (trainer.Number, string) {
	return suggest(points, r.rate)
}

// same says whether the test suggests about the rate that a net has.
func same(test advisor.RateTest, has float64) bool {
	times := float64(test.Suggested) / has
	return times > 1/apart && times < apart
}

// Setting is the suggestion as a setting of the knob learning-rate; false where there is none, or the net has it.
func Setting(a trainer.Architecture, test advisor.RateTest) (knob.Setting, bool) {
	if !test.Suggested.Known() || same(test, a.Training.Optimizer.LearningRate) {
		return knob.Setting{}, false
	}
	return knob.RateOf(a, float64(test.Suggested), "range test", "a tenth of where the range test's loss is least"), true
}
