package report

import (
	"fmt"
	"io"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// Text writes the report on advice: the answer, then what it rests on. The records are its probe's; those of advice
// that has not ended may be incomplete, and its report says so.
func Text(w io.Writer, a advisor.Advice, records []trainer.EpochRecord, o Options) error {
	p := newPage(o)
	p.heading("Advice: " + Name(a.Architecture))
	done := a.State == advisor.Succeeded
	if done {
		p.paragraph("  ", summaryPaint(a), Summary(a))
		if err := p.advised(a); err != nil {
			return err
		}
		p.suggestions(a.Suggestions)
		p.search(a.Search, a.RateTest)
		p.heading("The network")
	}
	p.facts(Describe(a.Architecture,
		advisor.Key{Dataset: a.Dataset, Images: a.Request.Probe.Images, Epochs: a.Request.Epochs}))
	p.entry("Probe", Probe(a.Request.Probe))
	for _, note := range Notes(a.Warnings) {
		p.entry("Note", note)
	}
	if done {
		p.prediction(a)
		p.diagnoses(a.Diagnoses)
	} else {
		p.unfinished(a)
	}
	p.epochs("Probe", records, false)
	if short := Diverged(a, records); short != "" {
		p.paragraph("  ", red, short)
	}
	if done {
		p.statistics(records)
		p.closing(a)
	}
	return p.writeTo(w)
}

func summaryPaint(a advisor.Advice) paint {
	if s := Advised(a); s != nil {
		return verdictPaint[s.Verdict]
	}
	return plain
}

func (p *page) unfinished(a advisor.Advice) {
	p.heading("No answer")
	c, why := yellow, fmt.Sprintf("The advice %s is %s.", a.ID, a.State)
	if a.Error != "" {
		c, why = red, fmt.Sprintf("The advice %s has %s: %s", a.ID, a.State, a.Error)
	}
	p.paragraph("  ", c, why)
}

func (p *page) prediction(a advisor.Advice) {
	p.heading("Prediction")
	if a.Prediction == nil {
		p.paragraph("  ", yellow,
			"There is no prediction of the test accuracy after full training: "+figure.Sentence(a.PredictionReason))
		return
	}
	p.paragraph("  ", plain, Predicted(*a.Prediction))
	for _, warning := range a.Prediction.Warnings {
		p.paragraph("  ", yellow, "Warning: "+figure.Sentence(warning))
	}
}

// diagnoses lists what is wrong, worst first. A diagnosis' message names layer, statistic, value, threshold or
// percentile, and epoch.
func (p *page) diagnoses(all []advisor.Diagnosis) {
	p.heading("Diagnoses")
	if len(all) == 0 {
		p.paragraph("  ", green, "No rule found anything wrong.")
		return
	}
	width := 0
	for _, d := range all {
		width = max(width, len(d.Rule))
	}
	for _, severity := range []advisor.Severity{advisor.High, advisor.Medium, advisor.Low} {
		of := slices.DeleteFunc(slices.Clone(all), func(d advisor.Diagnosis) bool { return d.Severity != severity })
		if len(of) == 0 {
			continue
		}
		p.paragraph("  ", severityPaint[severity], string(severity))
		for _, d := range of {
			p.paragraph(fmt.Sprintf("    %-*s  ", width, d.Rule), plain, d.Message)
		}
	}
}

var severityPaint = map[advisor.Severity]paint{advisor.High: red, advisor.Medium: yellow, advisor.Low: faint}

// closing says what the answer cost and how to go on.
func (p *page) closing(a advisor.Advice) {
	p.heading("Compute and next steps")
	p.entry("Spent", fmt.Sprintf("%s on the probe, %s on the search",
		figure.Amount(a.Compute.ProbeFLOPs, "FLOPs"), figure.Amount(a.Compute.VerificationFLOPs, "FLOPs")))
	p.entry("--json",
		"prints all of this as one JSON document: edits as JSON Patch (RFC 6902) and the revised architecture")
	switch {
	case a.TrainingRun != nil:
		p.entry("Full run", "run "+*a.TrainingRun+" trains the revised architecture")
	case a.Revised != nil:
		p.entry("--train", "trains the revised architecture in full and adds the run to the past runs")
	}
}
