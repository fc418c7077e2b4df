package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/trainer"
)

// Text writes the report of an advice. The records are its probe's; those of an advice that has not ended may be
// incomplete, and its report says so.
func Text(w io.Writer, a advisor.Advice, records []trainer.EpochRecord, o Options) error {
	p := newPage(o)
	p.header("Advice", a.Architecture, advisor.Key{Dataset: a.Dataset, Images: a.Request.Probe.Images, Epochs: a.Request.Epochs})
	p.entry("Probe", probeLine(a))
	for _, note := range notes(a.Warnings) {
		p.entry("Note", note)
	}
	if a.State != advisor.Succeeded {
		p.unfinished(a)
	} else {
		p.prediction(a)
	}
	p.epochs("Probe", records, false)
	p.shortProbe(a, records)
	if a.State == advisor.Succeeded {
		p.diagnoses(a.Diagnoses)
		if err := p.answer(a, records); err != nil {
			return err
		}
	}
	return p.writeTo(w)
}

// answer is the second half of the report: what to change, and the evidence.
func (p *page) answer(a advisor.Advice, records []trainer.EpochRecord) error {
	p.suggestions(a.Suggestions)
	p.statistics(records)
	if err := p.revised(a); err != nil {
		return err
	}
	p.closing(a)
	return nil
}

// notes joins the places (before ": ") of warnings that say the same.
func notes(warnings []string) []string {
	var places, texts []string
	for _, w := range warnings {
		place, text, _ := strings.Cut(w, ": ")
		if i := slices.Index(texts, text); i >= 0 {
			places[i] += ", " + place
			continue
		}
		places, texts = append(places, place), append(texts, text)
	}
	for i := range places {
		if texts[i] != "" {
			places[i] += ": " + texts[i]
		}
	}
	return places
}

func probeLine(a advisor.Advice) string {
	return fmt.Sprintf("%s, seed %d", counted(a.Request.Probe.Epochs, "epoch"), a.Request.Probe.Seed)
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
		p.paragraph("  ", yellow, "There is no prediction of the test accuracy after full training: "+sentence(a.PredictionReason))
		return
	}
	p.paragraph("  ", plain, predictionText(*a.Prediction))
	for _, warning := range a.Prediction.Warnings {
		p.paragraph("  ", yellow, "Warning: "+sentence(warning))
	}
}

// predictionText says what is predicted, how surely, and from what.
func predictionText(f advisor.Prediction) string {
	return fmt.Sprintf("Predicted test accuracy after full training (%s): %s, %.0f %% interval %s, from %s; novelty %.2f.",
		length(f.Target.Images, f.Target.Epochs), share(trainer.Number(f.TestAccuracy)), 100*f.Confidence, interval(f.Low, f.High),
		counted(f.PastRuns, "past run"), f.Novelty)
}

func interval(low, high float64) string {
	return share(trainer.Number(low)) + "–" + share(trainer.Number(high))
}

// sentence ends a text with a full stop.
func sentence(s string) string {
	if s = strings.TrimSpace(s); s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// shortProbe says that the probe ended before its length.
func (p *page) shortProbe(a advisor.Advice, records []trainer.EpochRecord) {
	if a.State != advisor.Succeeded || len(records) == 0 {
		return
	}
	if last := records[len(records)-1].Epoch; last < float64(a.Request.Probe.Epochs) {
		p.paragraph("  ", red, fmt.Sprintf("The probe diverged: after epoch %s of %d its numbers were no longer finite.",
			brief(last), a.Request.Probe.Epochs))
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
	p.entry("Spent", fmt.Sprintf("%s on the probe, %s on verification",
		amount(a.Compute.ProbeFLOPs, "FLOPs"), amount(a.Compute.VerificationFLOPs, "FLOPs")))
	p.entry("--json", "prints all of this as one JSON document: edits as JSON Patch (RFC 6902) and the revised architecture")
	switch {
	case a.TrainingRun != nil:
		p.entry("Full run", "run "+*a.TrainingRun+" trains the revised architecture")
	case a.Revised != nil:
		p.entry("--train", "trains the revised architecture in full and adds the run to the past runs")
	}
}
