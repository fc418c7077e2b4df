// Package reporttest has the answers and runs that both kinds of reports are tested with, and their golden files.
package reporttest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/trainer"
	"probewise/trainer/patch"
)

const flawed = `{"version": 1, "name": "flawed-cnn", "input": [28, 28, 1], "classes": 10, "layers": [
	{"type": "conv", "filters": 8, "kernel": 3, "padding": "same", "activation": "relu"},
	{"type": "max_pool", "size": 2},
	{"type": "conv", "filters": 8, "kernel": 3, "activation": "tanh", "stride": 2, "batch_norm": true},
	{"type": "flatten"},
	{"type": "dense", "units": 64, "activation": "relu"},
	{"type": "dense", "units": 128, "activation": "relu"},
	{"type": "dense", "name": "a_dense_layer_with_a_rather_long_name", "units": 64, "activation": "relu"},
	{"type": "dense", "units": 10, "activation": "softmax"}],
	"training": {"optimizer": {"type": "adam", "learning_rate": 0.001}, "batch_size": 64, "epochs": 15, "seed": 1}}`

// Parse reads an architecture.
func Parse(t *testing.T, document string) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse([]byte(document), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}

// Edited returns the flawed architecture after the edits of a suggestion.
func Edited(t *testing.T, edits ...patch.Edit) trainer.Architecture {
	t.Helper()
	a, err := patch.Apply(Parse(t, flawed), edits)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Recorded makes a learning curve of the given number of epochs, with statistics that follow simple formulas; the
// variance of the layer named parabolic grows tenfold an epoch.
func Recorded(a trainer.Architecture, epochs int, parabolic string) []trainer.EpochRecord {
	moments := []float64{0}
	for e := range epochs {
		if e < 3 {
			moments = append(moments, float64(e)+0.25, float64(e)+0.5, float64(e)+0.75)
		}
		moments = append(moments, float64(e)+1)
	}
	var records []trainer.EpochRecord
	for _, at := range moments {
		r := trainer.EpochRecord{
			Epoch:              at,
			LearningRate:       0.001,
			TrainLoss:          trainer.Number(2.3 * math.Exp(-at/3)),
			TrainAccuracy:      trainer.Number(0.9 - 0.8*math.Exp(-at)),
			ValidationLoss:     trainer.Number(0.3 + 2*math.Exp(-at/3)),
			ValidationAccuracy: trainer.Number(0.87 - 0.77*math.Exp(-at)),
			TestLoss:           trainer.Missing,
			TestAccuracy:       trainer.Missing,
			Seconds:            0.1 + 4*at,
		}
		if at == 0 {
			r.TrainLoss, r.TrainAccuracy = trainer.Missing, trainer.Missing
		}
		if r.Whole() {
			r.TestLoss, r.TestAccuracy = r.ValidationLoss, r.ValidationAccuracy-0.01
		}
		position := 0.0
		for _, l := range a.Layers {
			if !l.HasWeights() {
				continue
			}
			position++
			s := trainer.LayerStatistics{Layer: l.Name, Type: l.Type}
			s.Weights.Variance = trainer.Number(0.01 / position * (1 + at/10))
			s.Gradients.L2Norm = trainer.Number(math.Exp(-at) / position)
			s.Activations.Variance = trainer.Number(position * (1 + math.Sin(at)/2))
			if l.Name == parabolic {
				s.Activations.Variance = trainer.Number(math.Pow(10, 2*at))
			}
			if at == 0 {
				s.Gradients.L2Norm = trainer.Missing
			}
			r.Layers = append(r.Layers, s)
		}
		records = append(records, r)
	}
	return records
}

// Forecast is a prediction with an interval of 80 %.
func Forecast(mean, low, high float64, warnings ...string) *advisor.Prediction {
	return &advisor.Prediction{
		Target:       advisor.Target{Images: 10_000, Epochs: 15},
		TestAccuracy: mean,
		Low:          low,
		High:         high,
		Confidence:   0.8,
		Novelty:      0.12,
		PastRuns:     43,
		Forest:       "f1",
		Warnings:     warnings,
	}
}

// Diagnosis is one that is complete enough to be printed.
func Diagnosis(rule string, s advisor.Severity, message string) advisor.Diagnosis {
	return advisor.Diagnosis{Rule: rule, Severity: s, Message: message}
}

// Answered is advice that came through, with nothing in its answer yet.
func Answered(a trainer.Architecture) advisor.Advice {
	return advisor.Advice{
		ID:           "0193a1f0-0000-7000-8000-000000000001",
		State:        advisor.Succeeded,
		Dataset:      "fashion-mnist-sample",
		Architecture: a,
		Request: advisor.Request{
			Dataset:     "fashion-mnist-sample",
			Probe:       advisor.ProbeRequest{Epochs: 3, Images: 10_000, Seed: 1},
			Epochs:      15,
			Suggestions: 8,
			Verify:      true,
		},
		Compute: advisor.Compute{ProbeFLOPs: 4.1e11},
		Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
}

// Unpredicted has no prediction: there is a gain alone.
func Unpredicted(t *testing.T) (advisor.Advice, []trainer.EpochRecord) {
	base := Parse(t, flawed)
	a := Answered(base)
	a.Dataset = "cifar10"
	a.PredictionReason = "0 past runs of (cifar10, 10000 images, 15 epochs) with records of 3 epochs; " +
		"a prediction needs 20"
	a.Diagnoses = []advisor.Diagnosis{Diagnosis("unregularised-higher-layers", advisor.Medium,
		"dense1: techniques 0 is not above 0: nothing keeps its weights small.")}
	edits := []patch.Edit{{Op: "add", Path: "/layers/4/batch_norm", Value: true}}
	a.Suggestions = []advisor.Suggestion{
		{
			Rank:     1,
			Title:    "Add batch norm to dense1",
			Rules:    []string{"unregularised-higher-layers"},
			Edits:    edits,
			Gain:     Worth(0.0412, -0.002, 0.084, 1),
			Trial:    &advisor.Trial{Run: "r1", Epochs: 1, Observed: 0.0312, Cost: 1},
			Verified: &advisor.Verification{Run: "v1", Epochs: 3, Gain: 0.0412, Low: -0.002, High: 0.084, Observed: 0.0208},
			Verdict:  advisor.ProbablyBetter,
		},
	}
	a.Revised = &advisor.Revised{Architecture: Edited(t, edits...), Rank: 1}
	a.Summary = "Probably better: 1 change gains an expected +4.1 points of test accuracy; trials with 1 fresh seed " +
		"show +2.1 points after 3 epochs."
	run := "0193a1f0-0000-7000-8000-000000000009"
	a.TrainingRun = &run
	return a, Recorded(base, 3, "")
}

// Diverged ends in the second epoch.
func Diverged(t *testing.T) (advisor.Advice, []trainer.EpochRecord) {
	base := Parse(t, flawed)
	a := Answered(base)
	a.Prediction = Forecast(0.1, 0.1, 0.23)
	a.Diagnoses = []advisor.Diagnosis{Diagnosis("diverged", advisor.High,
		"The whole net: loss not finite (at most 3.45) at epoch 2: the training diverged.")}
	a.Suggestions = []advisor.Suggestion{
		{
			Rank:    1,
			Title:   "Learning rate ×0.3, gradients clipped at norm 1",
			Rules:   []string{"diverged"},
			Gain:    Worth(0, -0.03, 0.03, 0),
			Trial:   &advisor.Trial{Run: "r1", Epochs: 1, Observed: trainer.Missing, Cost: 1},
			Verdict: advisor.NoDifference,
		},
	}
	a.RevisedReason = "no change advised: of 1 change tried, none is better beyond noise"
	a.RateTest = &advisor.RateTest{Suggested: trainer.Missing, Reason: "the test ended after 1 update", Epochs: 0.01,
		Points: Swept(1, "").Points[:1]}
	a.Search = &advisor.Search{Budget: 0.4, Spent: 0.38, Rounds: 1, Steps: []advisor.SearchStep{
		{Round: 1, Epochs: 1, Kept: 1, Spent: 0.38, Tried: []advisor.Tried{{Title: a.Suggestions[0].Title}}}}}
	records := Recorded(base, 2, "dense2")[:8]
	last := &records[len(records)-1]
	last.TrainLoss, last.ValidationLoss = 1.5e12, trainer.Missing
	last.Layers[1].Activations.Variance = trainer.Missing
	return a, records
}

// Sound has nothing wrong.
func Sound(t *testing.T) (advisor.Advice, []trainer.EpochRecord) {
	base := Parse(t, flawed)
	base.Name = "sound-cnn"
	a := Answered(base)
	a.Prediction = Forecast(0.9134, 0.8987, 0.9271)
	a.RevisedReason = "no change advised: no rule found anything to change"
	return a, Recorded(base, 3, "")
}

// Failed has an error in place of an answer.
func Failed(t *testing.T) (advisor.Advice, []trainer.EpochRecord) {
	a := Answered(Parse(t, flawed))
	a.State, a.Error = advisor.Failed, "load data set fashion-mnist-sample: the file is truncated"
	return a, nil
}

// Trained is a full run.
func Trained(t *testing.T) (advisor.Run, []trainer.EpochRecord) {
	a := Parse(t, flawed)
	return advisor.Run{
		ID:           "0193a1f0-0000-7000-8000-000000000002",
		Kind:         advisor.Full,
		State:        advisor.Succeeded,
		Architecture: a,
		Dataset:      "fashion-mnist-sample",
		Budget:       trainer.Budget{Images: 10_000, Epochs: 15},
		StopAfter:    15,
		FromAdvice:   "0193a1f0-0000-7000-8000-000000000001",
		Predicted:    Forecast(0.8925, 0.8732, 0.9144),
		Weights:      &advisor.Weights{Epoch: 12, Bytes: 218_624, SHA256: "e3b0c442"},
		Outcome: &trainer.Outcome{
			Epochs:              15,
			TrainLoss:           0.1024,
			TrainAccuracy:       0.9651,
			ValidationLoss:      0.4517,
			ValidationAccuracy:  0.88,
			TestLoss:            0.4712,
			TestAccuracy:        0.8745,
			Parameters:          54_321,
			Seconds:             61.24,
			ParameterEfficiency: 61.24 / 54_321,
			Device:              "cpu: gonum, 2 threads",
			TestByClass:         tested(),
			Best: &trainer.BestEpoch{Epoch: 12, ValidationAccuracy: 0.885, ValidationLoss: 0.4312, TestAccuracy: 0.8781,
				TestLoss: 0.4509},
		},
	}, Recorded(a, 15, "dense2")
}

// tested are scores of 2,000 test images of four classes, one of which is rare.
func tested() *trainer.ClassScores {
	confusion := []int{
		880, 15, 5, 0,
		60, 520, 20, 0,
		45, 30, 320, 5,
		31, 20, 20, 29,
	}
	s := trainer.NewClassScores(confusion, []int{900, 600, 400, 100})
	s.Keep(confusion, []string{"T-shirt/top", "Trouser", "Pullover", "Ankle boot"})
	return s
}

// Broken is a full run that diverged.
func Broken(t *testing.T) (advisor.Run, []trainer.EpochRecord) {
	r, records := Trained(t)
	r.Outcome = &trainer.Outcome{
		Diverged:            true,
		DivergedEpoch:       2,
		Epochs:              1,
		TrainLoss:           trainer.Missing,
		TrainAccuracy:       trainer.Missing,
		ValidationLoss:      trainer.Missing,
		ValidationAccuracy:  trainer.Missing,
		TestLoss:            trainer.Missing,
		TestAccuracy:        trainer.Missing,
		Parameters:          54_321,
		Seconds:             5.1,
		ParameterEfficiency: 5.1 / 54_321,
		Device:              "cpu: gonum, 2 threads",
	}
	r.FromAdvice, r.Predicted, r.Weights = "", nil, nil
	return r, records[:6]
}

// Deep has many layers with weights.
func Deep(t *testing.T) (advisor.Advice, []trainer.EpochRecord) {
	layers := ""
	for i := range 12 {
		layers += fmt.Sprintf(
			`{"type": "conv", "name": "a_convolution_with_a_name_of_sixty_four_characters_as_the_cap_%02d", `+
				`"filters": 4, "kernel": 3, "padding": "same", "l1": 1e-5, "l2": 1e-5},`, i)
	}
	base := Parse(t,
		`{"version": 1, "name": "deep", "input": [28, 28, 1], "classes": 10, "layers": [`+layers+
			`{"type": "flatten"},
			{"type": "dense", "units": 10, "activation": "softmax"}]}`)
	a := Answered(base)
	a.Prediction = Forecast(0.5, 0.4, 0.6)
	return a, Recorded(base, 3, "dense1")
}
