package service

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// summary is the answer in one sentence.
func summary(a advisor.Advice) string {
	if a.Revised == nil {
		return figure.Sentence(figure.Capital(a.RevisedReason))
	}
	s := a.Suggestions[0]
	word := map[advisor.Verdict]string{advisor.Better: "Better", advisor.ProbablyBetter: "Probably better"}[s.Verdict]
	text := fmt.Sprintf("%s: %s", word, figure.Counted(len(s.Diff), "change"))
	if a.Request.Goal == advisor.GoalShrink {
		was, is := a.Architecture.Cost(), a.Revised.Architecture.Cost()
		text = fmt.Sprintf("Smaller: %s %s %s of %s parameters and %s of %s for a training image",
			figure.Counted(len(s.Diff), "change"), leaves(len(s.Diff)), figure.Count(is.Parameters),
			figure.Count(was.Parameters), figure.Amount(float64(is.TrainingFLOPs), "FLOPs"),
			figure.Amount(float64(was.TrainingFLOPs), "FLOPs"))
	} else if a.Prediction != nil && a.Revised.Prediction != nil {
		text += fmt.Sprintf(" %s the predicted test accuracy from %s to %s", takes(len(s.Diff)),
			figure.Share(trainer.Number(a.Prediction.TestAccuracy)),
			figure.Share(trainer.Number(a.Revised.Prediction.TestAccuracy)))
	} else {
		text += fmt.Sprintf(" %s an expected %s points of test %s", gains(len(s.Diff)),
			figure.Points(trainer.Number(s.Gain.Mean)), a.Request.Metric.Words())
	}
	if v := s.Verified; v != nil {
		return text + fmt.Sprintf("; trials with %s show %s points after %s.", figure.Counted(len(v.Seeds), "fresh seed"),
			figure.Points(v.Observed), figure.Counted(v.Epochs, "epoch"))
	}
	return text + "; no fresh seed has confirmed it."
}

func takes(n int) string {
	if n == 1 {
		return "takes"
	}
	return "take"
}

func leaves(n int) string {
	if n == 1 {
		return "leaves"
	}
	return "leave"
}

func gains(n int) string {
	if n == 1 {
		return "gains"
	}
	return "gain"
}
