package gate

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"probewise/advisor/figure"
)

// WriteJSON writes the report as one indented JSON document.
func WriteJSON(w io.Writer, r Report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// WriteText writes the report for people, with ANSI escape sequences where color is set.
func WriteText(w io.Writer, r Report, color bool) error {
	t := text{color: color}
	for _, warning := range r.Warnings {
		t.line(t.brush(yellow, "warning:") + " " + warning)
	}
	counts := map[Status]int{}
	for _, v := range r.Files {
		counts[v.State]++
		t.verdict(v)
	}
	var parts []string
	for _, s := range []Status{Passed, Failed, Unevaluated} {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	t.line(fmt.Sprintf("Verdict on %s: %s (%s)", r.Dataset, t.brush(statusPaint[r.Verdict], string(r.Verdict)),
		strings.Join(parts, ", ")))
	_, err := io.WriteString(w, t.String())
	return err
}

// ANSI SGR parameters (ECMA-48).
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

var statusPaint = map[Status]string{Passed: green, Failed: red, Unevaluated: yellow, Excepted: yellow}

type text struct {
	strings.Builder
	color bool
}

func (t *text) line(s string) { t.WriteString(s + "\n") }

func (t *text) brush(paint, s string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + paint + "m" + s + "\x1b[0m"
}

func (t *text) verdict(v Verdict) {
	t.line(fmt.Sprintf("%s  %s (architecture %.12s)", t.brush(statusPaint[v.State], strings.ToUpper(string(v.State))),
		v.File, v.ArchitectureID))
	for _, r := range v.Results {
		paint := statusPaint[r.Status]
		if r.Level == Warn && r.Status == Failed {
			paint = yellow
		}
		t.line(fmt.Sprintf("  %s  %-5s  %-19s  %s", t.brush(paint, fmt.Sprintf("%-11s", r.Status)),
			r.Level, r.Rule, r.Message))
	}
	if v.Prediction != nil {
		t.prediction(v)
	}
	t.line("")
}

func (t *text) prediction(v Verdict) {
	p := v.Prediction
	t.line(fmt.Sprintf("  predicted test accuracy after full training (%s images × %s): %s, %s interval %s,",
		figure.Count(p.Target.Images), figure.Counted(p.Target.Epochs, "epoch"), figure.Share(p.TestAccuracy),
		figure.Percent(p.Confidence), figure.Interval(p.Low, p.High)))
	t.line(fmt.Sprintf("  from %s; novelty %s; %s",
		figure.Counted(p.PastRuns, "past run"), figure.Score(p.Novelty), v.source()))
	for _, w := range p.Warnings {
		t.line("  " + t.brush(yellow, "warning:") + " " + w)
	}
}

// source says what the prediction was made from.
func (v Verdict) source() string {
	switch {
	case !v.Probed:
		return "by the architecture alone, without a probe"
	case len(v.Runs) == 1:
		return "from one probe"
	case v.Aggregate == Mean:
		return fmt.Sprintf("mean of %d probes", len(v.Runs))
	}
	return fmt.Sprintf("lowest of %d probes", len(v.Runs))
}
