package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"probewise/advisor"
	"probewise/trainer"
	"probewise/trainer/patch"
)

var verdictClass = map[string]string{advisor.Gained: "gained", advisor.Early: "early", advisor.NoGain: "none", advisor.NotTried: "untried"}

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
			Rank: s.Rank, Title: briefly(s, lines), Lines: shown, More: more, Reason: s.Reason, Rules: s.Rules, Observed: absent,
			Epochs: absent, Verdict: s.Verdict, Class: verdictClass[s.Verdict], Patch: string(patch),
			Followed: a.Revised != nil && a.Revised.Rank == s.Rank,
		}
		if s.Predicted != nil {
			c.Expected = fmt.Sprintf("%s (%s)", share(trainer.Number(s.Predicted.TestAccuracy)), interval(s.Predicted.Low, s.Predicted.High))
		}
		if v := s.Verified; v != nil {
			if v.Gain.Known() {
				c.Gain = strings.ReplaceAll(gain(*v), "\n", " (") + closed(*v)
			}
			c.Observed, c.Epochs, c.Run = points(v.Observed), strconv.Itoa(v.Epochs), v.Run
			c.Doubt = sentence(capital(v.Reason))
		}
		all = append(all, c)
	}
	return all, nil
}

// closed closes the bracket around a gain's interval.
func closed(v advisor.Verification) string {
	if v.Low.Known() && v.High.Known() {
		return ")"
	}
	return ""
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
		title += " against " + enumerated(s.Rules)
	}
	return title
}

// mostLines are shown of a list of changes; the rest is a click away.
const mostLines = 8

// first parts a list where it is too long.
func first(lines []string) (shown, more []string) {
	if len(lines) <= mostLines+1 {
		return lines, nil
	}
	return lines[:mostLines], lines[mostLines:]
}

// enumerated writes "a", "a and b", "a, b and c".
func enumerated(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// legendOf explains the figures of suggestions, those that there are.
func legendOf(all []advisor.Suggestion) []string {
	var lines []string
	if slices.ContainsFunc(all, func(s advisor.Suggestion) bool { return s.Predicted != nil }) {
		lines = append(lines, "Expected: test accuracy predicted from the architecture alone"+heldOut(all)+", with its interval.")
	}
	verified := func(s advisor.Suggestion) bool { return s.Verified != nil }
	if slices.ContainsFunc(all, func(s advisor.Suggestion) bool { return verified(s) && s.Verified.Gain.Known() }) {
		lines = append(lines, "Gain: predicted final test accuracy of the re-probe minus that of the probe, in percentage points.")
	}
	if slices.ContainsFunc(all, verified) {
		lines = append(lines, "Observed: validation accuracy of the re-probe minus that of the probe, in percentage points, with the same seed.")
	}
	return lines
}
