package html

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strconv"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
	"probewise/trainer/patch"
)

// Change is a suggestion as the page shows it.
type Change struct {
	Rank     int
	Title    string
	Brief    string   // the first change of the title, cut by the page where it is long
	Others   string   // how many more there are: " +2"
	Lines    []string // what changes, a line a layer
	More     []string // the rest of them, where there are many
	Reason   string
	Rules    []string
	Gain     string // in points; figure.Absent where it is not known
	Interval string // of the gain; "" where it is not known
	Chart    template.HTML
	Worth    string // the gain in words, with what it rests on
	Expected string // test accuracy after it, with its interval; "" where there is none
	Observed string
	Epochs   string // that its trial was trained to
	Doubt    string // why the gain is not known
	Verdict  string
	Class    string // of the verdict
	Patch    string // JSON Patch
	Trial    string // run that tried it
	Verified string // run of the first fresh seed
	Followed bool   // the revised architecture is this one
}

// verdictClass is what style sheets know verdicts by.
var verdictClass = map[advisor.Verdict]string{
	advisor.Better: "better", advisor.ProbablyBetter: "probable", advisor.NoDifference: "unclear",
	advisor.Worse: "worse", advisor.NotTried: "untried",
}

// changes shows the suggestions.
func changes(a advisor.Advice) ([]Change, error) {
	var all []Change
	low, high := gainEnds(a.Suggestions)
	for _, s := range a.Suggestions {
		lines, err := described(a, s)
		if err != nil {
			return nil, err
		}
		patch, err := json.MarshalIndent(s.Edits, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("write the edits of suggestion %d: %w", s.Rank, err)
		}
		c := Change{
			Rank:     s.Rank,
			Title:    s.Title,
			Reason:   s.Reason,
			Rules:    s.Rules,
			Chart:    gainChart(s, low, high),
			Verdict:  s.Verdict.Words(),
			Class:    verdictClass[s.Verdict],
			Patch:    string(patch),
			Followed: a.Revised != nil && a.Revised.Rank == s.Rank,
		}
		c.Brief, c.Others = report.Parts(s.Title)
		c.Lines, c.More = first(lines)
		c.Gain, c.Interval = report.Expected(s)
		c.Epochs, c.Observed = report.Trained(s)
		if s.Gain != nil {
			c.Worth = report.Worth(s) + "."
		}
		if s.Predicted != nil {
			c.Expected = fmt.Sprintf("%s (%s)", figure.Share(s.Predicted.TestAccuracy),
				figure.Interval(s.Predicted.Low, s.Predicted.High))
		}
		if s.Trial != nil {
			c.Trial = s.Trial.Run
		}
		if v := s.Verified; v != nil {
			c.Verified, c.Doubt = v.Run, figure.Sentence(figure.Capital(v.Reason))
		}
		all = append(all, c)
	}
	return all, nil
}

// described is what a suggestion changes, in words.
func described(a advisor.Advice, s advisor.Suggestion) ([]string, error) {
	if len(s.Diff) > 0 {
		return s.Diff, nil
	}
	lines, err := patch.Describe(a.Architecture, s.Edits)
	if err != nil {
		return nil, fmt.Errorf("describe suggestion %d: %w", s.Rank, err)
	}
	return lines, nil
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

// gainEnds are the ends of the axis that all gains share: zero and all intervals lie between them.
func gainEnds(all []advisor.Suggestion) (low, high float64) {
	for _, s := range all {
		if s.Gain != nil {
			low, high = min(low, s.Gain.Low), max(high, s.Gain.High)
		}
	}
	return low, high
}

// gainChart draws the interval of a gain beside zero. The cell that it is in has its figures.
func gainChart(s advisor.Suggestion, low, high float64) template.HTML {
	if s.Gain == nil || low == high {
		return ""
	}
	at := func(v float64) float64 { return barMargin + (100-2*barMargin)*(v-low)/(high-low) }
	var d drawing
	d.put(`<svg class="gain %s" width="100%%" height="16" aria-hidden="true">`, verdictClass[s.Verdict])
	d.bar("interval", at(s.Gain.Low), at(s.Gain.High), 5, 6)
	d.upright("zero", at(0), 0, 16)
	d.put(`<circle class="mean" cx="%.2f%%" cy="8" r="4"/>`, at(s.Gain.Mean))
	return d.done()
}

// PartView is one part of the change that is advised, with what it adds to the others.
type PartView struct{ Gain, Title string }

func partViews(parts []advisor.Part) []PartView {
	var all []PartView
	for _, p := range parts {
		all = append(all, PartView{figure.Points(p.Gain), p.Title})
	}
	return all
}

// SearchView is what a search spent and decided.
type SearchView struct {
	Text  string // what was spent
	Table Table  // a row a step
}

// bestTitle is how many letters of a title a narrow cell has.
const bestTitle = 60

func searchView(s *advisor.Search) *SearchView {
	if s == nil {
		return nil
	}
	v := &SearchView{Text: report.Searched(*s)[0], Table: Table{ID: "search-steps", Caption: "Steps of the search"}}
	for _, title := range []string{"Round", "Step", "Spent so far", "Best gain", "Of"} {
		v.Table.Columns = append(v.Table.Columns, Column{Title: title})
	}
	texts := report.Steps(*s)
	for i, t := range s.Steps {
		row := []Cell{{Text: strconv.Itoa(t.Round)}, {Text: texts[i]},
			cellOf(trainer.Number(t.Spent), figure.Decimals(t.Spent, 2)), {Text: figure.Absent}, {Text: figure.Absent}}
		if len(t.Tried) > 0 {
			best := slices.MaxFunc(t.Tried, func(a, b advisor.Tried) int { return cmp.Compare(a.Gain, b.Gain) })
			row[3] = cellOf(trainer.Number(best.Gain), figure.Points(best.Gain))
			row[4] = Cell{Text: report.Brief(best.Title, bestTitle)}
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}
