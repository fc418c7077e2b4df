package html

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer/patch"
)

var verdictClass = map[advisor.Verdict]string{advisor.Gained: "gained", advisor.Early: "early", advisor.NoGain: "none",
	advisor.NotTried: "untried"}

// changes shows the suggestions.
func changes(a advisor.Advice) ([]Change, error) {
	var all []Change
	for _, s := range a.Suggestions {
		lines, err := patch.Describe(a.Architecture, s.Edits)
		if err != nil {
			return nil, fmt.Errorf("describe suggestion %d: %w", s.Rank, err)
		}
		patch, err := json.MarshalIndent(s.Edits, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("write the edits of suggestion %d: %w", s.Rank, err)
		}
		shown, more := first(lines)
		c := Change{
			Rank:     s.Rank,
			Title:    briefly(s, lines),
			Lines:    shown,
			More:     more,
			Reason:   s.Reason,
			Rules:    s.Rules,
			Observed: figure.Absent,
			Epochs:   figure.Absent,
			Verdict:  string(s.Verdict),
			Class:    verdictClass[s.Verdict],
			Patch:    string(patch),
			Followed: a.Revised != nil && a.Revised.Rank == s.Rank,
		}
		if s.Predicted != nil {
			c.Expected = fmt.Sprintf("%s (%s)", figure.Share(s.Predicted.TestAccuracy),
				figure.Interval(s.Predicted.Low, s.Predicted.High))
		}
		if v := s.Verified; v != nil {
			if v.Gain.Known() {
				c.Gain = figure.Points(v.Gain)
				if v.Low.Known() && v.High.Known() {
					c.Gain += " (" + figure.PointsInterval(v.Low, v.High) + ")"
				}
			}
			c.Observed, c.Epochs, c.Run = figure.Points(v.Observed), strconv.Itoa(v.Epochs), v.Run
			c.Doubt = figure.Sentence(figure.Capital(v.Reason))
		}
		all = append(all, c)
	}
	return all, nil
}

// briefly is a suggestion's title. One that lists all its changes, as packages of several rules do, is counted instead:
// the list stands below it.
func briefly(s advisor.Suggestion, lines []string) string {
	parts := strings.Split(s.Title, "; ")
	if len(parts) == 1 || len(parts) == 2 && !slices.Equal(parts, lines) {
		return s.Title
	}
	title := fmt.Sprintf("%d changes", len(parts))
	if len(s.Rules) > 0 {
		title += " against " + figure.List(s.Rules)
	}
	return title
}

// maxLines are shown of a list of changes; the rest is a click away.
const maxLines = 8

// first parts a list where it is too long.
func first(lines []string) (shown, more []string) {
	if len(lines) <= maxLines+1 {
		return lines, nil
	}
	return lines[:maxLines], lines[maxLines:]
}
