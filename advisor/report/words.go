package report

import (
	"fmt"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/figure"
	"probewise/trainer"
	"probewise/trainer/patch"
)

// Fact is a line of a description.
type Fact struct{ Word, Text string }

// Name is what a report calls an architecture: its name, else the start of its ID.
func Name(a trainer.Architecture) string {
	if a.Name != "" {
		return a.Name
	}
	return "architecture " + a.ID()[:12]
}

// Describe says what an architecture is and on what it is trained in full.
func Describe(a trainer.Architecture, key advisor.Key) []Fact {
	cost := a.Cost()
	return []Fact{
		{"Layers", Layers(a)},
		{"Training", trainingLine(a.Training)},
		{"Cost",
			fmt.Sprintf("%s parameters; %s multiply-adds an image forward, %s in training", figure.Count(cost.Parameters),
				figure.Count(cost.MultiplyAdds), figure.Amount(float64(cost.TrainingFLOPs), "FLOPs"))},
		{"Data", fmt.Sprintf("%s; full run: %s", key.Dataset, FullRun(key.Images, key.Epochs))},
	}
}

// FullRun is the length of a full run: "10,000 images × 15 epochs".
func FullRun(images, epochs int) string {
	return fmt.Sprintf("%s images × %s", figure.Count(images), figure.Counted(epochs, "epoch"))
}

// Probe is the length of a probe and its seed: "3 epochs, seed 1".
func Probe(r advisor.ProbeRequest) string {
	return fmt.Sprintf("%s, seed %d", figure.Counted(r.Epochs, "epoch"), r.Seed)
}

// Kind says what kind of run it is: "Full run", "Probe of 3 epochs".
func Kind(r advisor.Run) string {
	if r.Kind == advisor.Probe {
		return "Probe of " + figure.Counted(r.StopAfter, "epoch")
	}
	return "Full run"
}

// Notes joins the places (before ": ") of warnings that say the same.
func Notes(warnings []string) []string {
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

// Predicted says what is predicted, how surely, and from what.
func Predicted(f advisor.Prediction) string {
	of := figure.Counted(f.PastRuns, "past run")
	if f.Probes > 1 {
		of += fmt.Sprintf(" and %d probes", f.Probes)
	}
	return fmt.Sprintf("Predicted test accuracy after full training (%s): %s, %s interval %s, from %s; novelty %s.",
		FullRun(f.Target.Images, f.Target.Epochs), figure.Share(f.TestAccuracy), figure.Percent(f.Confidence),
		figure.Interval(f.Low, f.High), of, figure.Score(f.Novelty))
}

// Diverged says that the probe of advice ended before its length; "" where it did not.
func Diverged(a advisor.Advice, records []trainer.EpochRecord) string {
	if a.State != advisor.Succeeded || len(records) == 0 {
		return ""
	}
	last := records[len(records)-1].Epoch
	if last >= float64(a.Request.Probe.Epochs) {
		return ""
	}
	return fmt.Sprintf("The probe diverged: after epoch %s of %d its numbers were no longer finite.",
		figure.Setting(last), a.Request.Probe.Epochs)
}

// Ended says that a full run diverged; "" where it did not.
func Ended(o trainer.Outcome) string {
	if !o.Diverged {
		return ""
	}
	return fmt.Sprintf("The run diverged in epoch %d: its numbers were no longer finite. %s finished.",
		o.DivergedEpoch, figure.Counted(o.Epochs, "epoch"))
}

// Outcome is what a run reached: a row of images, accuracy and loss for each part of the data, and where it was kept
// what the best epoch reached.
func Outcome(o trainer.Outcome) [][]string {
	rows := [][]string{
		{"train (as it ran)", figure.Share(o.TrainAccuracy), figure.Share(o.TrainLoss)},
		{"validation", figure.Share(o.ValidationAccuracy), figure.Share(o.ValidationLoss)},
		{"test (all images)", figure.Share(o.TestAccuracy), figure.Share(o.TestLoss)},
	}
	if b := o.Best; b != nil {
		best := fmt.Sprintf(" at epoch %d, the best", b.Epoch)
		rows = append(rows,
			[]string{"validation" + best, figure.Share(b.ValidationAccuracy), figure.Share(b.ValidationLoss)},
			[]string{"test" + best, figure.Share(b.TestAccuracy), figure.Share(b.TestLoss)})
	}
	return rows
}

// KeptWeights says of which weights there is a file; "" where there is none.
func KeptWeights(r advisor.Run) string {
	if r.Weights == nil {
		return ""
	}
	return fmt.Sprintf("of epoch %d, %s (safetensors)", r.Weights.Epoch, figure.Amount(float64(r.Weights.Bytes), "B"))
}

// Compared says where the accuracy that a full run reached lies to what was predicted; "" where it is not known.
func Compared(p advisor.Prediction, reached trainer.Number) string {
	if !reached.Known() {
		return ""
	}
	where := "inside"
	if float64(reached) < p.Low || float64(reached) > p.High {
		where = "outside"
	}
	return fmt.Sprintf("Predicted %s, reached %s: %s points, %s the %s interval %s.", figure.Share(p.TestAccuracy),
		figure.Share(reached), figure.Points(reached-trainer.Number(p.TestAccuracy)), where, figure.Percent(p.Confidence),
		figure.Interval(p.Low, p.High))
}

// Spent is what a run cost.
func Spent(o trainer.Outcome) []Fact {
	return []Fact{
		{"Time", fmt.Sprintf("%s s on %s", figure.Decimals(o.Seconds, 1), o.Device)},
		{"Parameters", fmt.Sprintf("%s; parameter efficiency (time divided by parameters) %s",
			figure.Count(o.Parameters), figure.Duration(o.ParameterEfficiency))},
	}
}

// TrainedInFull says how far the predictions for revised architectures were from what they reached in full training.
func TrainedInFull(r analysis.Revisions) string {
	text := fmt.Sprintf("Revised architectures trained in full: %s, each predicted before. Reached minus predicted: %s "+
		"points on average, %s without the sign; %s inside the interval.", figure.Counted(r.Runs, "run"),
		figure.Points(r.MeanError), figure.Decimals(100*r.MeanAbsoluteError, 1), figure.Percent(r.Inside))
	if n := len(r.Latest); n < r.Runs {
		text += fmt.Sprintf(" The latest %d are listed.", n)
	}
	return text
}

// Revision lists what the revised architecture changes, a line a layer.
func Revision(a advisor.Advice) ([]string, error) {
	edits, err := patch.Diff(a.Architecture, a.Revised.Architecture)
	if err != nil {
		return nil, fmt.Errorf("compare the revised architecture: %w", err)
	}
	lines, err := patch.Describe(a.Architecture, edits)
	if err != nil {
		return nil, fmt.Errorf("describe the revised architecture: %w", err)
	}
	return lines, nil
}

// Origin says which suggestion the revised architecture follows, what is found of it and what it treats.
func Origin(a advisor.Advice) string {
	s := Advised(a)
	if s == nil {
		return "A change is advised"
	}
	text := fmt.Sprintf("Suggestion %d (%s)", s.Rank, s.Verdict.Words())
	if len(s.Rules) > 0 {
		return text + ", against " + strings.Join(s.Rules, ", ")
	}
	return text + ", found by the search"
}

// Advised is the suggestion that the revised architecture follows; nil: there is none.
func Advised(a advisor.Advice) *advisor.Suggestion {
	if a.Revised == nil {
		return nil
	}
	i := slices.IndexFunc(a.Suggestions, func(s advisor.Suggestion) bool { return s.Rank == a.Revised.Rank })
	if i < 0 {
		return nil
	}
	return &a.Suggestions[i]
}

// Named is the title of the advised suggestion, where it says more than the lines of its changes.
func Named(s *advisor.Suggestion, lines []string) string {
	if s == nil || s.Title == strings.Join(lines, "; ") {
		return ""
	}
	return s.Title
}

// Summary is the answer in one sentence.
func Summary(a advisor.Advice) string {
	switch {
	case a.Summary != "":
		return a.Summary
	case a.Revised == nil:
		return Unchanged(a)
	}
	return Origin(a) + "."
}

// Unchanged says why there is no revised architecture.
func Unchanged(a advisor.Advice) string {
	if a.RevisedReason == "" {
		return "No change advised."
	}
	return figure.Sentence(figure.Capital(a.RevisedReason))
}

// Afterwards says what the revised architecture is predicted to reach.
func Afterwards(f advisor.Prediction) string {
	return fmt.Sprintf("Predicted test accuracy of the revised architecture after full training (%s): %s, %s interval %s"+
		": that of the net as it is, and the gain.", FullRun(f.Target.Images, f.Target.Epochs),
		figure.Share(f.TestAccuracy), figure.Percent(f.Confidence), figure.Interval(f.Low, f.High))
}

// places are the positions of layers in words.
var places = map[trainer.LayerSet]string{
	trainer.AllLayers: "all layers", trainer.FirstTwo: "the first two layers", trainer.MiddleLayers: "the middle layers",
	trainer.LastTwo: "the last two layers", trainer.ConvLayers: "convolutional layers",
	trainer.DenseLayers: "dense layers",
}

// Place is a position in words.
func Place(p trainer.LayerSet) string {
	if words := places[p]; words != "" {
		return words
	}
	return string(p)
}

// Moment is the epoch at which statistics were taken, in words.
func Moment(probe *float64) string {
	if probe == nil {
		return "at the end of the run"
	}
	return "after " + ProbeLength(*probe)
}

// ProbeLength is a number of epochs as people say it.
func ProbeLength(epochs float64) string {
	switch epochs {
	case 0:
		return "initialisation"
	case 1:
		return "1 epoch"
	}
	return figure.Setting(epochs) + " epochs"
}
