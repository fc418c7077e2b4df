package report

import (
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/report/reporttest"
	"probewise/forest"
	"probewise/trainer"
)

func pointer(v float64) *float64 { return &v }

// madeUpCards are one card with figures and one without.
func madeUpCards() analysis.Cards {
	alternatives := []analysis.MemberEntry{{Name: "ridge", R2: 0.5}, {Name: "forest", R2: 0.8}}
	return analysis.Cards{
		Card: analysis.Card{
			Dataset:  "made-up",
			PastRuns: 1040,
			Images:   1000,
			Epochs:   9,
			Probe: []analysis.CardEntry{
				{Epochs: 0, Runs: 1040, R2: -0.1, MAE: 0.2, Tau: 0.3, Coverage80: 0.81, Width80: 0.5, Members: alternatives},
				{Epochs: 0.25, Runs: 1040, R2: 0.856, MAE: 0.05, Tau: 0.75, Coverage80: 0.795, Width80: 0.2, Members: alternatives,
					Quarters: []analysis.QuarterEntry{{Coverage80: 0.75, Width80: 0.4}, {Coverage80: 0.8, Width80: 0.2},
						{Coverage80: 0.85, Width80: 0.1}, {Coverage80: 0.9, Width80: 0.05}},
					Trained: analysis.TrainedEntry{Runs: 600, R2: 0.615, Tau: 0.58, MAE: 0.02}},
			},
			Ablation: []analysis.AblationEntry{
				{Features: "last accuracy", R2: 0.1},
				{Features: "curve", R2: 0.35, Gain: pointer(0.25), Low: pointer(-0.05), High: pointer(0.5)},
			},
			Revisions: &analysis.Revisions{
				Runs:              21,
				MeanError:         -0.0213,
				MeanAbsoluteError: 0.0345,
				Inside:            0.7619,
				Latest: []analysis.Revision{
					{Run: "0193a1f0", Predicted: 0.8, Low: 0.75, High: 0.85, Confidence: 0.8, Reached: 0.7787},
				},
			},
		},
		Others: []analysis.Card{{Dataset: "made-up", PastRuns: 1, Images: 5, Epochs: 1, Reason: "too few past runs"}},
	}
}

func madeUpRelations() []analysis.Relation {
	none := trainer.Missing
	return []analysis.Relation{
		{
			Name:          "weight_variance",
			Correlation:   -0.5,
			Beta:          1234.5,
			Coefficient:   -0.2,
			StandardError: 0.1,
			PValue:        0.0004,
			Importance:    0.1,
			Spread:        0.05,
			Hits:          16,
			Confirmed:     true,
		},
		{
			Name:          "dead_units",
			Correlation:   none,
			Beta:          none,
			Coefficient:   none,
			StandardError: none,
			PValue:        none,
			Importance:    none,
			Spread:        none,
			Reason:        "constant",
		},
	}
}

// Tables about past runs, as the commands of forest print them.
func TestPastRunsAreGolden(t *testing.T) {
	linear, trees := analysis.Fit{InSample: 0.9, HeldOut: -0.204}, analysis.Fit{InSample: 0.95, HeldOut: 0.5}
	var b strings.Builder
	key := advisor.Key{Dataset: "made-up", Images: 1000, Epochs: 9}
	statistics := analysis.StatisticsTable{
		Dataset: "made-up",
		Images:  1000,
		Epochs:  9,
		Target:  analysis.Validation,
		Probe:   pointer(1),
		Reason:  "middle: too few past runs",
		Positions: []analysis.PositionTable{
			{Position: trainer.AllLayers, Runs: 40, Linear: linear, Forest: trees, Statistics: madeUpRelations()},
		},
	}
	for _, err := range []error{
		Cards(&b, madeUpCards()), Statistics(&b, statistics, trainer.AllLayers),
		Statistics(&b, statistics, trainer.MiddleLayers),
		Hyperparameters(&b, analysis.HyperparameterTable{
			Position: trainer.FirstTwo,
			Reason:   "weight_kurtosis: constant",
			Statistics: []analysis.StatisticTable{
				{Statistic: "dead_units", Runs: 40, Linear: linear, Forest: trees, Hyperparameters: madeUpRelations()},
			},
		}),
		Expectations(&b, analysis.ExpectedStatistics{
			Dataset:  "made-up",
			Images:   1000,
			Epochs:   9,
			PastRuns: 40,
			Position: trainer.ConvLayers,
			Statistics: []analysis.ExpectedStatistic{
				{Name: "weight_l2_norm", Mean: 178.2, Low: 9.06, High: 0.00123, HeldOutR2: 0.314},
			},
		}),
		Bench(&b, []Benched{
			{
				Epochs: 0.5,
				BenchScore: forest.BenchScore{
					Score: forest.Score{
						R2:           0.8714,
						R2Low:        0.81,
						R2High:       0.92,
						MAE:          0.03456,
						Tau:          0.712,
						Coverage:     0.8,
						CoverageLow:  0.75,
						CoverageHigh: 0.86,
						Width:        0.1234,
					},
					CaughtWorstFifth: 0.5,
				},
			},
		}, 150, forest.BenchOptions{Fit: 57, Repeats: 20}),
		Forests(&b, []Fitted{
			{Key: key, Probe: 0.25, Forest: "0123456789abcdef", PastRuns: 1040, R2: 0.87, Seconds: 2.04},
			{Key: key, Probe: 7, R2: trainer.Missing, Reason: "too few past runs"},
		}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	reporttest.Golden(t, "pastruns.golden", b.String())
}

func TestPastRunsReturnTheErrorOfAWrite(t *testing.T) {
	if err := Cards(brokenPipe{}, madeUpCards()); err == nil {
		t.Error("no error")
	}
}
