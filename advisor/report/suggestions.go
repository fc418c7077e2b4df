package report

import (
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"probewise/advisor"
	"probewise/advisor/figure"
)

var verdictPaint = map[advisor.Verdict]paint{
	advisor.Better: green, advisor.ProbablyBetter: green, advisor.NoDifference: yellow, advisor.Worse: red,
	advisor.NotTried: faint,
}

// advised shows the change that is advised: what it consists of, what it is worth, and why.
func (p *page) advised(a advisor.Advice) error {
	if a.Revised == nil {
		return nil
	}
	p.heading("What to change")
	lines, err := Revision(a)
	if err != nil {
		return err
	}
	s := Advised(a)
	if title := Named(s, lines); title != "" {
		p.paragraph("  ", plain, title+":")
	}
	for _, line := range lines {
		p.paragraph("  • ", plain, line)
	}
	if s != nil {
		p.entry("Gain", Worth(*s))
		p.added(s.Parts)
		if s.Reason != "" {
			p.entry("Why", s.Reason)
		}
		p.entry("From", Origin(a))
	}
	r := a.Revised
	p.entry("Layers", Layers(r.Architecture))
	before, after := a.Architecture.Cost().Parameters, r.Architecture.Cost().Parameters
	p.entry("Parameters", figure.Count(before)+" → "+figure.Count(after))
	if r.Prediction == nil {
		if a.Request.Metric.Other() {
			p.entry("Prediction", "none of "+a.Request.Metric.Words()+": predictions are of accuracy")
			return nil
		}
		p.entry("Prediction", "none: "+figure.Sentence(a.PredictionReason))
		return nil
	}
	p.paragraph("  ", green, Afterwards(*r.Prediction))
	return nil
}

// added says what each part of a change adds to the others.
func (p *page) added(parts []advisor.Part) {
	width := 0
	for _, part := range parts {
		width = max(width, text.StringWidth(figure.Points(part.Gain)))
	}
	word := "Each adds"
	for _, part := range parts {
		gain := strings.Repeat(" ", width-text.StringWidth(figure.Points(part.Gain))) + figure.Points(part.Gain)
		p.paragraph("  "+text.Pad(word, 12, ' ')+" "+gain+"  ", plain, part.Title)
		word = ""
	}
}

// narrow pages have two lines for a suggestion.
const narrow = 100

// suggestions is the table of all changes that were tried or listed.
func (p *page) suggestions(all []advisor.Suggestion) {
	p.heading("Suggestions")
	if len(all) == 0 {
		p.paragraph("  ", plain, "None.")
		return
	}
	lines, apart := 1, " "
	if p.width < narrow {
		lines, apart = 2, "\n"
	}
	none := !tried(all)
	columns := []column{
		{title: "#"},
		{title: "Change", left: true, wraps: true, lines: lines},
		{title: "Trained to", gone: none},
		{title: "Observed", gone: none},
		{title: "Gain", left: true},
		{title: "Verdict", left: true},
	}
	rows := make([][]string, len(all))
	for i, s := range all {
		epochs, observed := Trained(s)
		worth, interval := Expected(s)
		if interval != "" {
			worth += apart + "(" + interval + ")"
		}
		rows[i] = []string{strconv.Itoa(s.Rank), s.Title, epochs, observed, worth,
			p.brush(verdictPaint[s.Verdict], s.Verdict.Words())}
	}
	p.table(columns, rows)
	for _, line := range Legend(all) {
		p.paragraph("  ", faint, line)
	}
}

// search says what was spent and decided.
func (p *page) search(s *advisor.Search, t *advisor.RateTest) {
	if s == nil && t == nil {
		return
	}
	p.heading("Search")
	if s != nil {
		for _, line := range Searched(*s) {
			p.paragraph("  ", plain, line)
		}
	}
	if t != nil {
		p.paragraph("  ", plain, RateTest(*t)+".")
	}
}
