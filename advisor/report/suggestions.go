package report

import (
	"fmt"
	"slices"
	"strconv"

	"probewise/advisor"
	"probewise/trainer"
)

var verdictPaint = map[string]paint{advisor.Gained: green, advisor.NoGain: yellow, advisor.Early: yellow, advisor.NotTried: faint}

// suggestions is the table of ranked changes.
func (p *page) suggestions(all []advisor.Suggestion) {
	p.heading("Suggestions")
	if len(all) == 0 {
		p.paragraph("  ", plain, "None.")
		return
	}
	columns := []column{
		{title: "#"},
		{title: "Change", left: true, wraps: true},
		{title: "Expected", gone: !slices.ContainsFunc(all, func(s advisor.Suggestion) bool { return s.Predicted != nil })},
		{title: "Gain", gone: !slices.ContainsFunc(all, func(s advisor.Suggestion) bool { return s.Verified != nil && s.Verified.Gain.Known() })},
		{title: "Observed"},
		{title: "Epochs"},
		{title: "Verdict", left: true},
	}
	rows := make([][]string, len(all))
	for i, s := range all {
		row := []string{strconv.Itoa(s.Rank), s.Title, absent, absent, absent, absent, p.brush(verdictPaint[s.Verdict], s.Verdict)}
		if s.Predicted != nil {
			row[2] = share(trainer.Number(s.Predicted.TestAccuracy))
		}
		if v := s.Verified; v != nil {
			row[3], row[4], row[5] = gain(*v), points(v.Observed), strconv.Itoa(v.Epochs)
		}
		rows[i] = row
	}
	p.table(columns, rows)
	p.legend(all, columns[2].gone, columns[3].gone)
}

// gain is the verified gain, above its interval where it has one.
func gain(v advisor.Verification) string {
	if v.Low.Known() && v.High.Known() {
		return points(v.Gain) + "\n" + points(v.Low) + "…" + points(v.High)
	}
	return points(v.Gain)
}

// legend explains the columns that are shown.
func (p *page) legend(suggestions []advisor.Suggestion, noExpected, noGain bool) {
	if !noExpected {
		p.paragraph("  ", faint, "Expected: test accuracy predicted from the architecture alone"+heldOut(suggestions)+".")
	}
	if !noGain {
		p.paragraph("  ", faint, "Gain: predicted final test accuracy of the re-probe minus that of the probe, in percentage points.")
	}
	p.paragraph("  ", faint, "Observed: validation accuracy of the re-probe minus that of the probe, in percentage points, after Epochs epochs with the same seed.")
}

// heldOut says how far the expectations can be trusted.
func heldOut(suggestions []advisor.Suggestion) string {
	for _, s := range suggestions {
		if s.Predicted != nil {
			return fmt.Sprintf(" (held-out R² %.2f)", s.Predicted.HeldOutR2)
		}
	}
	return ""
}
