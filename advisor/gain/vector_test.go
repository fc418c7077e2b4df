package gain

import (
	"math"
	"slices"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func (v Vector) at(t *testing.T, name string) float64 {
	t.Helper()
	i := slices.Index(v.Names, name)
	if i < 0 {
		t.Fatalf("there is no column %q", name)
	}
	return v.Values[i]
}

func logOdds(p float64) float64 { return math.Log(p / (1 - p)) }

// TestVector: the columns of one edit, worked out by hand.
func TestVector(t *testing.T) {
	a := small(t)
	b := edited(a, func(a *trainer.Architecture) {
		a.Training.Optimizer.LearningRate = 0.003
		a.Training.ClipNorm = 1
		a.Training.BatchSize = 128
		a.Layers[0].Filters = 16
		a.Layers[0].BatchNorm = true
		a.Layers[3].L2 = 1e-3
	})
	base := advisor.ProbeResult{Architecture: a, Epochs: 3, Records: curve(0.2, 0.3, 0.5, 0.45, 0.6)}
	base.Records[4].Layers = []trainer.LayerStatistics{
		{Layer: "conv1", Type: trainer.Conv, Gradients: trainer.Statistics{Variance: 1e-4}, DeadUnits: 0.25},
		{Layer: "dense1", Type: trainer.Dense, Gradients: trainer.Statistics{Variance: 1e-2}, DeadUnits: 0.5},
	}
	trial := advisor.ProbeResult{Architecture: b, Epochs: 3, Records: curve(0.25, 0.4)}
	v := Edit(base, b, trial, 0.5)
	third := math.Log10(3)
	for name, want := range map[string]float64{
		"net_rate": third, "net_sgd": 0, "net_batch": math.Log(128), "net_saturating": 0.5, "net_rectified": 0.5,
		"net_kernel": 3, "net_first_filters": math.Log(16), "net_last_units": math.Log(32),
		"net_head": math.Log(13 * 13 * 16), "net_convs": 1, "net_dense_layers": 1, "net_pools": 1,
		"net_l2":         math.Log10(1e-3 + 1e-6),
		"net_parameters": math.Log(float64(3*3*16 + 16 + 2*16 + 13*13*16*32 + 32 + 32*10 + 10)),

		"edit_rate": third, "edit_rate_off": third, "edit_rate_off_squared": third * third, "edit_clipped": 1,
		"edit_batch": math.Log(2), "edit_first_filters": math.Log(2), "edit_narrowest_filters": math.Log(2),
		"edit_head": math.Log(2), "edit_batch_norm": 0.5, "edit_batch_norm_lower": 0.5, "edit_saturating": 0,
		"edit_l2": math.Log10(1e-3+1e-6) + 6, "edit_last_units": 0, "edit_l1": 0,

		"base_validation_3": logOdds(0.6), "base_train_3": logOdds(0.7), "base_loss_3": 1.4, "base_train_loss_3": 0.9,
		"base_validation_0.25": logOdds(0.2), "base_validation_2": logOdds(0.45),

		"trial_validation_0.25": logOdds(0.25), "trial_validation_0.5": logOdds(0.4), "trial_train_0.5": logOdds(0.5),
		"trial_loss_0.5": 1.6, "trial_train_loss_0.5": 1.1,
		"observed": logOdds(0.4) - logOdds(0.3), "observed_loss": -0.1, "observed_train_loss": -0.1,
	} {
		if got := v.at(t, name); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
	statistics := 0
	for i, g := range v.Groups {
		if g == OfStatistics && !math.IsNaN(v.Values[i]) {
			statistics++
		}
	}
	if statistics == 0 {
		t.Error("no statistic of the layers is a column")
	}
	if slices.Contains(Edit(base, b, advisor.ProbeResult{}, 0).Groups, OfTrial) {
		t.Error("before any trial there are columns of it")
	}
}

// TestDivergedTrial: it stands at chance, at the greatest loss.
func TestDivergedTrial(t *testing.T) {
	base := advisor.ProbeResult{Architecture: small(t), Epochs: 3, Records: curve(0.2, 0.3, 0.5, 0.45, 0.6)}
	trial := advisor.ProbeResult{Architecture: small(t), Epochs: 3, Records: curve(0.3),
		Outcome: trainer.Outcome{Diverged: true, DivergedEpoch: 1}}
	v := Edit(base, small(t), trial, 1)
	for name, want := range map[string]float64{"observed": logOdds(0.1) - logOdds(0.5), "observed_loss": lossCap - 1.5,
		"trial_train_1": logOdds(0.1), "trial_validation_0.25": logOdds(0.3)} {
		if got := v.at(t, name); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
	base.Outcome, base.Records = trial.Outcome, trial.Records
	if v := Edit(base, small(t), trial, 0.5); v.at(t, "base_validation_3") != logit(0.1) || v.at(t, "observed") != 0 {
		t.Errorf("two that diverged: %+v", v)
	}
	if got := Observed(base, trial, 0.25); got != 0 {
		t.Errorf("observed %g", got)
	}
}

// TestColumnsAreTheSameForAllNets: also where there is nothing to measure, and no value is infinite.
func TestColumnsAreTheSameForAllNets(t *testing.T) {
	probe := advisor.ProbeResult{Architecture: small(t), Epochs: 3}
	want := Edit(probe, small(t), probe, 1)
	conv := `{"type":"conv","filters":8,"kernel":3,"padding":"same"}`
	nets := map[string]trainer.Architecture{
		"residual": parsed(t, conv+`,{"type":"residual","body":[`+conv+`,{"type":"batch_norm"},
			{"type":"activation","activation":"relu"}]},{"type":"global_avg_pool"},`+softmax),
		"dense":  parsed(t, `{"type":"flatten"},{"type":"dense","units":16,"activation":"relu"},`+softmax),
		"output": parsed(t, `{"type":"flatten"},`+softmax),
		"strides": parsed(t, `{"type":"conv","filters":8,"kernel":5,"stride":2,"activation":"elu"},
			{"type":"flatten"},`+softmax),
		"dropout": parsed(t, conv+`,{"type":"dropout","rate":0.5},{"type":"flatten"},{"type":"dropout","rate":0.2},`+softmax),
		"sgd, decay": edited(small(t), func(a *trainer.Architecture) {
			a.Training.Optimizer = trainer.Optimizer{Type: trainer.SGD, LearningRate: 0.01}
		}),
	}
	for name, a := range nets {
		for other, b := range nets {
			v := Edit(advisor.ProbeResult{Architecture: a, Epochs: 3}, b, advisor.ProbeResult{Architecture: b}, 1)
			if !slices.Equal(v.Names, want.Names) || !slices.Equal(v.Groups, want.Groups) {
				t.Errorf("%s to %s has other columns", name, other)
			}
			for i, x := range v.Values {
				if math.IsInf(x, 0) || math.IsNaN(x) && v.Groups[i] == OfEdit {
					t.Errorf("%s to %s: %s is %g", name, other, v.Names[i], x)
				}
				if name == other && v.Groups[i] == OfEdit && x != 0 {
					t.Errorf("%s to itself: %s is %g", name, v.Names[i], x)
				}
			}
		}
	}
	v := Edit(advisor.ProbeResult{Architecture: nets["dropout"]}, nets["output"], advisor.ProbeResult{}, 0)
	if v.at(t, "edit_conv_dropout") != -0.5 || v.at(t, "edit_dense_dropout") != -0.2 || v.at(t, "edit_convs") != -1 ||
		!math.IsNaN(v.at(t, "net_last_units")) {
		t.Errorf("dropout off: %+v", v)
	}
	if v := Edit(advisor.ProbeResult{Architecture: nets["strides"]}, nets["residual"], advisor.ProbeResult{},
		0); v.at(t, "net_residuals") != 1 || v.at(t, "net_global_head") != 1 || v.at(t, "net_head") != math.Log(8) ||
		v.at(t, "edit_pools") != -1 || v.at(t, "edit_residuals") != 1 || v.at(t, "net_convs") != 2 {
		t.Errorf("strides to residual: %+v", v)
	}
}
