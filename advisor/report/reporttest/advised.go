package reporttest

import (
	"fmt"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
	"probewise/trainer/patch"
)

// Worth is a gain with an interval of 80 %.
func Worth(mean, low, high float64, seeds int) *advisor.Gain {
	return &advisor.Gain{Mean: mean, Low: low, High: high, Confidence: 0.8, Seeds: seeds, Noise: 0.0081, Pairs: 1234}
}

// Advised has a prediction, diagnoses of all severities, and suggestions with all verdicts.
func Advised(t *testing.T) (advisor.Advice, []trainer.EpochRecord) {
	base := Parse(t, flawed)
	a := Answered(base)
	a.Warnings = []string{"/layers/7: softmax was added: the network ended without one",
		"/training/clip_norm: not given, the default is taken", "/training/schedule: not given, the default is taken"}
	a.Prediction = Forecast(0.8712, 0.8519, 0.8931,
		"the last validation accuracy is above that of every past run at this epoch")
	a.Diagnoses = []advisor.Diagnosis{
		Diagnosis("flat-filters", advisor.Medium,
			"The whole net: filter_ratio 1 is not above 1: the filters do not ladder up towards the top."),
		Diagnosis("parabolic-layer", advisor.High, "dense2: activation_variance_acceleration 2.43 is above 0.5, percentile "+
			"97 of past runs, at epoch 3: it accelerates as in poor runs."),
		Diagnosis("too-many-dense", advisor.Low,
			"The whole net: dense_layers 4 is above 3: deep stacks of dense layers learn slowly."),
	}
	edits := []patch.Edit{
		{Op: "remove", Path: "/layers/6"},
		{Op: "add", Path: "/layers/5", Value: map[string]any{"type": "dropout", "name": "dropout1", "rate": 0.3}},
		{Op: "add", Path: "/layers/2/filters", Value: 16},
		{Op: "add", Path: "/layers/4/l2", Value: 0.001},
		{Op: "add", Path: "/layers/4/units", Value: 128},
		{Op: "add", Path: "/training/optimizer/learning_rate", Value: 0.0003},
	}
	a.Suggestions = suggested(edits)
	a.Summary = "Better: 5 changes take the predicted test accuracy from 0.871 to 0.892; trials with 2 fresh seeds show " +
		"+1.5 points after 3 epochs."
	a.RateTest = Swept(0.003, "")
	a.Search = searched(a.Suggestions[0].Title)
	a.Revised = &advisor.Revised{
		Architecture: Edited(t, edits...),
		Prediction:   Forecast(0.8925, 0.8732, 0.9144),
		Verified:     true,
		Rank:         1,
	}
	a.Compute.VerificationFLOPs = 8.35e11
	return a, Recorded(base, 3, "dense2")
}

// suggested are suggestions with all verdicts, the best with the edits.
func suggested(edits []patch.Edit) []advisor.Suggestion {
	return []advisor.Suggestion{
		{
			Rank: 1,
			Title: "Ladder the filters up: conv1 8, conv2 16; Trim the dense layers to three: dense1 128, dense2 128; Add " +
				"L2 0.001 to dense1; Add dropout 0.3 after dense1",
			Rules:    []string{"flat-filters", "too-many-dense", "parabolic-layer"},
			Edits:    edits,
			Reason:   "Filters that grow see more patterns; few dense layers learn faster.",
			Gain:     Worth(0.0213, 0.008, 0.034, 2),
			Trial:    &advisor.Trial{Run: "r1", Epochs: 1, Observed: 0.0130, Cost: 1.4},
			Verified: &advisor.Verification{Run: "v1", Epochs: 3, Gain: 0.0213, Low: 0.008, High: 0.034, Observed: 0.0152},
			Verdict:  advisor.Better,
			Parts: []advisor.Part{{Title: "Ladder the filters up: conv1 8, conv2 16", Gain: 0.0117},
				{Title: "Trim the dense layers to three", Gain: 0.0072}, {Title: "Add L2 0.001 to dense1", Gain: trainer.Missing}},
		},
		{
			Rank:    2,
			Title:   "Use a cosine schedule",
			Gain:    Worth(0.0102, -0.004, 0.025, 0),
			Trial:   &advisor.Trial{Run: "r2", Epochs: 1, Observed: 0.0044, Cost: 1},
			Verdict: advisor.ProbablyBetter,
		},
		{
			Rank:    3,
			Title:   "Add L2 0.001 to dense1",
			Rules:   []string{"parabolic-layer"},
			Gain:    Worth(-0.0041, -0.019, 0.011, 0),
			Trial:   &advisor.Trial{Run: "r3", Epochs: 0.5, Observed: -0.0002, Cost: 1},
			Verdict: advisor.NoDifference,
		},
		{
			Rank:    4,
			Title:   "Learning rate ×30",
			Gain:    Worth(-0.2144, -0.31, -0.12, 0),
			Trial:   &advisor.Trial{Run: "r4", Epochs: 0.25, Observed: -0.1033, Cost: 1},
			Verdict: advisor.Worse,
		},
		{Rank: 5, Title: "Learning rate ×0.3", Rules: []string{"parabolic-layer"}, Verdict: advisor.NotTried},
	}
}

// Swept is a range test over 70 updates: the average loss falls to the 61st and rises from there on.
func Swept(suggested trainer.Number, reason string) *advisor.RateTest {
	r := &advisor.RateTest{Suggested: suggested, Reason: reason, Epochs: 0.498, FLOPs: 6.8e10}
	w := trainer.Sweep{Low: 1e-5, High: 1e-1, Updates: 70}
	for i := range w.Updates {
		loss := 2.3 - 0.0005*float64(i*i)
		if i > 60 {
			loss = 0.5 + 0.02*float64((i-60)*(i-60))
		}
		p := advisor.RatePoint{SweepPoint: trainer.SweepPoint{LearningRate: w.Rate(i)}, Smoothed: trainer.Number(loss)}
		p.Loss = p.Smoothed + 0.05*trainer.Number(i%3-1)
		r.Points = append(r.Points, p)
	}
	return r
}

// searched is a search of one round, which the title won.
func searched(title string) *advisor.Search {
	return &advisor.Search{
		Budget: 1,
		Spent:  0.93,
		Rounds: 1,
		Steps: []advisor.SearchStep{
			{Round: 1, Epochs: 0.25, Kept: 2, Spent: 0.3, Tried: []advisor.Tried{
				{Title: "Use a cosine schedule", Observed: 0.002, Gain: 0.007, Low: -0.01, High: 0.024},
				{Title: "Add L2 0.001 to dense1", Observed: 0.001, Gain: 0.002, Low: -0.015, High: 0.02},
				{Title: "Learning rate ×30", Observed: -0.1033, Gain: -0.2144, Low: -0.31, High: -0.12}}},
			{Round: 1, Epochs: 1, Kept: 1, Spent: 0.53, Tried: []advisor.Tried{
				{Title: title, Observed: 0.013, Gain: 0.027, Low: 0.01, High: 0.044},
				{Title: "Use a cosine schedule", Observed: 0.0044, Gain: 0.0102, Low: -0.004, High: 0.025}}},
			{Round: 1, Epochs: 3, Confirm: true, Kept: 1, Spent: 0.93, Tried: []advisor.Tried{
				{Title: title, Observed: 0.0152, Gain: 0.0213, Low: 0.008, High: 0.034}}},
		},
	}
}

// Crowded has twenty suggestions with long titles, none of which was advised.
func Crowded(t *testing.T) (advisor.Advice, []trainer.EpochRecord) {
	a, records := Advised(t)
	title := a.Suggestions[0].Title
	a.Suggestions, a.Revised, a.Summary = nil, nil, ""
	a.RevisedReason = "no change advised: of 20 changes tried, none is better beyond noise"
	for i := range 20 {
		a.Suggestions = append(a.Suggestions, advisor.Suggestion{
			Rank:    i + 1,
			Title:   fmt.Sprintf("Variant %d: %s", i+1, title),
			Gain:    Worth(0.01-0.002*float64(i), -0.012-0.002*float64(i), 0.032-0.002*float64(i), 0),
			Trial:   &advisor.Trial{Run: fmt.Sprint("r", i), Epochs: 0.25, Observed: 0.004 - 0.001*trainer.Number(i), Cost: 1},
			Verdict: advisor.NoDifference,
		})
	}
	return a, records
}
