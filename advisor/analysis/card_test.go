package analysis

import (
	"context"
	"fmt"
	"testing"

	"probewise/advisor"
	"probewise/advisor/pastruns/pastrunstest"
	"probewise/forest"
)

// TestCards: the key with the most past runs comes first, what cannot be scored says why, and a score is computed once.
func TestCards(t *testing.T) {
	few := advisor.Key{Dataset: key.Dataset, Images: 500, Epochs: 9}
	scored, ablated := 0, 0
	count := func(yes []bool) (n int) {
		for _, y := range yes {
			if y {
				n++
			}
		}
		return n
	}
	a := newAnalyst(t, source{few: runs(t, 3), key: runs(t, 25)}, pastrunstest.Fitter{
		OnScore: func(_ context.Context, table forest.Table, _ forest.Options, repeats int) (forest.Score, error) {
			scored++
			return forest.Score{Runs: len(table.Y), R2: 0.5 * float64(repeats)}, nil
		},
		OnAblate: func(_ context.Context, table forest.Table, steps []forest.AblationStep,
			l forest.AblationOptions) ([]forest.AblationScore, error) {
			ablated++
			if l.Fit != 18 || l.Splits != 3 || len(steps) != 4 {
				t.Errorf("an ablation of %d steps, %+v", len(steps), l)
			}
			var scores []forest.AblationScore
			for i, r := range steps {
				if seen := count(r.Columns); len(r.Columns) != len(table.Names) || i == 0 && seen != 1 ||
					i == 3 && seen != len(table.Names) {
					t.Errorf("step %s sees %d of %d columns", r.Name, seen, len(table.Names))
				}
				scores = append(scores, forest.AblationScore{Name: r.Name, R2: 0.1 * float64(i), Gain: 0.1})
			}
			return scores, nil
		}})
	for range 2 {
		cards, err := a.Cards(t.Context(), key.Dataset, Effort{Repeats: 1, Splits: 3})
		if err != nil {
			t.Fatal(err)
		}
		if cards.PastRuns != 25 || len(cards.Others) != 1 || cards.Others[0].PastRuns != 3 || cards.Others[0].Reason == "" {
			t.Fatalf("cards %+v", cards)
		}
		// The runs have records of two epochs: there is nothing to say of longer probes.
		if len(cards.Probe) != 3 || cards.Probe[2].Epochs != 2 || len(cards.Ablation) != 12 ||
			cards.Ablation[0].Gain != nil || *cards.Ablation[11].Gain != 0.1 || cards.Probe[2].Runs != 25 ||
			cards.Probe[2].R2 != 0.5 || cards.Reason == "" {
			t.Errorf("card %+v", cards.Card)
		}
	}
	if scored != 3 || ablated != 3 {
		t.Errorf("scored %d and ablated %d tables, want each of 3 once", scored, ablated)
	}
	a.Past = source{}
	if cards, err := a.Cards(t.Context(), key.Dataset, Effort{Repeats: 1, Splits: 3}); err != nil ||
		cards.PastRuns != 0 || cards.Reason == "" {
		t.Errorf("without past runs: %+v, %v", cards, err)
	}
}

// TestCardsOfFewRuns: a part of 20 to 26 runs is too few to be fitted on, which leaves the ablation out and no more.
func TestCardsOfFewRuns(t *testing.T) {
	a := newAnalyst(t, source{key: runs(t, 22)}, pastrunstest.Fitter{
		OnScore: func(_ context.Context, table forest.Table, _ forest.Options, _ int) (forest.Score, error) {
			return forest.Score{Runs: len(table.Y), R2: 0.5}, nil
		},
		OnAblate: func(context.Context, forest.Table, []forest.AblationStep,
			forest.AblationOptions) ([]forest.AblationScore, error) {
			return nil, fmt.Errorf("split 0: %w: 16, want at least 20", forest.ErrTooFewRuns)
		}})
	cards, err := a.Cards(t.Context(), key.Dataset, Effort{})
	if err != nil || len(cards.Probe) != 3 || len(cards.Ablation) != 0 || cards.Reason == "" {
		t.Errorf("%+v (%v)", cards, err)
	}
}

// TestCardOfRepeats: runs with several seeds of an architecture are fitted on and held out together, so that it is
// architectures that count.
func TestCardOfRepeats(t *testing.T) {
	var all []advisor.PastRun
	for _, r := range runs(t, 24) {
		again := r
		again.Seed = r.Seed + 1
		all = append(all, r, again)
	}
	a := newAnalyst(t, source{key: all},
		pastrunstest.Fitter{OnScore: func(context.Context, forest.Table, forest.Options, int) (forest.Score, error) {
			return forest.Score{}, nil
		},
			OnAblate: func(ctx context.Context, table forest.Table, steps []forest.AblationStep,
				l forest.AblationOptions) ([]forest.AblationScore, error) {
				return forest.Ablate(ctx, table, steps, l, forest.Options{Stages: 2, Folds: 3, Only: "boosted"})
			}})
	cards, err := a.Cards(t.Context(), key.Dataset, Effort{Repeats: 1, Splits: 2, Epochs: []float64{1}})
	if err != nil || cards.PastRuns != 48 || len(cards.Ablation) != 4 || cards.Reason != "" {
		t.Errorf("%+v (%v)", cards, err)
	}
}
