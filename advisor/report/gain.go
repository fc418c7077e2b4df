package report

import (
	"fmt"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// Worth says what a suggestion gains in full training, how sure that is and what it rests on.
func Worth(s advisor.Suggestion) string {
	if s.Gain == nil {
		return "not known"
	}
	g := *s.Gain
	text := fmt.Sprintf("%s points of test %s in full training (%s interval %s), %s",
		figure.Points(g.Mean), g.Metric.Words(), figure.Percent(g.Confidence),
		figure.PointsInterval(g.Low, g.High), Evidence(s))
	if noise := Noise(g); noise != "" {
		text += "; another seed alone moves such a net by " + noise
	}
	return text
}

// Evidence says what the gain of a suggestion rests on: "2 fresh seeds".
func Evidence(s advisor.Suggestion) string {
	switch {
	case s.Gain != nil && s.Gain.Seeds > 0:
		return figure.Counted(s.Gain.Seeds, "fresh seed")
	case s.Trial != nil:
		return "foretold from the trial that chose it"
	}
	return "foretold before any trial"
}

// Noise is what another seed alone makes, in points: "±0.8"; "" where it is not known.
func Noise(g advisor.Gain) string {
	if g.Noise <= 0 {
		return ""
	}
	return "±" + figure.Decimals(100*g.Noise, 1)
}

// Expected is the gain of a suggestion: "+2.1"; its interval is "+0.8…+3.4".
func Expected(s advisor.Suggestion) (mean, interval string) {
	if s.Gain == nil {
		return figure.Absent, ""
	}
	return figure.Points(s.Gain.Mean), figure.PointsInterval(s.Gain.Low, s.Gain.High)
}

// Trained is how far the trial of a suggestion came, in epochs, and what it showed.
func Trained(s advisor.Suggestion) (epochs, observed string) {
	if s.Trial == nil {
		return figure.Absent, figure.Absent
	}
	return figure.Setting(s.Trial.Epochs), figure.Points(s.Trial.Observed)
}

// Legend explains the figures of suggestions, those that there are.
func Legend(all []advisor.Suggestion) []string {
	i := slices.IndexFunc(all, func(s advisor.Suggestion) bool { return s.Gain != nil })
	of := advisor.Accuracy
	if i >= 0 {
		of = all[i].Gain.Metric
	}
	var lines []string
	if tried(all) {
		lines = append(lines, "Trained to: epochs of the trial. Observed: its validation "+of.Words()+" minus that of the "+
			"net that it was tried on, after as many epochs with the same seed, in percentage points.")
	}
	if i >= 0 {
		g := *all[i].Gain
		line := fmt.Sprintf("Gain: test %s in full training that the change is expected to add, in percentage points, "+
			"with its %s interval", of.Words(), figure.Percent(g.Confidence))
		if g.Pairs > 0 {
			line += fmt.Sprintf("; learnt from %s of runs with and without a change", figure.Counted(g.Pairs, "pair"))
		}
		lines = append(lines, line+".")
	}
	return lines
}

func tried(all []advisor.Suggestion) bool {
	return slices.ContainsFunc(all, func(s advisor.Suggestion) bool { return s.Trial != nil })
}

// Searched says what a search spent and decided: a line for the whole, then one a round.
func Searched(s advisor.Search) []string {
	lines := []string{fmt.Sprintf("%s of %s spent, the probe included, in %s.", figure.Decimals(s.Spent, 2),
		fullTrainings(s.Budget), figure.Counted(s.Rounds, "round"))}
	texts := Steps(s)
	for round := 1; round <= s.Rounds; round++ {
		var steps []string
		for i, t := range s.Steps {
			if t.Round == round {
				steps = append(steps, texts[i])
			}
		}
		if len(steps) > 0 {
			lines = append(lines, fmt.Sprintf("Round %d: %s.", round, strings.Join(steps, "; ")))
		}
	}
	return lines
}

func fullTrainings(budget float64) string {
	if budget == 1 {
		return "1 full training of the net"
	}
	return figure.Setting(budget) + " full trainings of the net"
}

// Steps are the decisions of a search in words.
func Steps(s advisor.Search) []string {
	texts := make([]string, len(s.Steps))
	for i, t := range s.Steps {
		second := i > 0 && s.Steps[i-1].Confirm && s.Steps[i-1].Round == t.Round
		texts[i] = step(t, second)
	}
	return texts
}

// step is one decision; second says that another change was confirmed before, in vain.
func step(t advisor.SearchStep, second bool) string {
	if !t.Confirm {
		return fmt.Sprintf("%s tried for %s, %d kept", figure.Counted(len(t.Tried), "change"), ProbeLength(t.Epochs), t.Kept)
	}
	text := "the best trained again with fresh seeds for "
	if second {
		text = "the next best trained with the same seeds for "
	}
	text += ProbeLength(t.Epochs)
	if len(t.Tried) > 0 {
		best := t.Tried[0]
		text += fmt.Sprintf(": %s (%s)", figure.Points(trainer.Number(best.Gain)), figure.PointsInterval(best.Low, best.High))
	}
	return text
}
