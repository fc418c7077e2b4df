package report

import (
	"slices"
	"strconv"

	"probewise/advisor"
	"probewise/advisor/figure"
)

var verdictPaint = map[advisor.Verdict]paint{
	advisor.Gained: green, advisor.NoGain: yellow, advisor.Early: yellow, advisor.NotTried: faint,
}

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
		{
			title: "Gain",
			gone: !slices.ContainsFunc(all,
				func(s advisor.Suggestion) bool { return s.Verified != nil && s.Verified.Gain.Known() }),
		},
		{title: "Observed"},
		{title: "Epochs"},
		{title: "Verdict", left: true},
	}
	rows := make([][]string, len(all))
	for i, s := range all {
		row := []string{strconv.Itoa(s.Rank), s.Title, figure.Absent, figure.Absent, figure.Absent, figure.Absent,
			p.brush(verdictPaint[s.Verdict], string(s.Verdict))}
		if s.Predicted != nil {
			row[2] = figure.Share(s.Predicted.TestAccuracy)
		}
		if v := s.Verified; v != nil {
			row[3], row[4], row[5] = gain(*v), figure.Points(v.Observed), strconv.Itoa(v.Epochs)
		}
		rows[i] = row
	}
	p.table(columns, rows)
	for _, line := range Legend(all, false) {
		p.paragraph("  ", faint, line)
	}
}

// gain is the verified gain, above its interval where it has one.
func gain(v advisor.Verification) string {
	if v.Low.Known() && v.High.Known() {
		return figure.Points(v.Gain) + "\n" + figure.PointsInterval(v.Low, v.High)
	}
	return figure.Points(v.Gain)
}
