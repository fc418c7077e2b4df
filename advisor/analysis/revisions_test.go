package analysis

import (
	"context"
	"fmt"
	"math"
	"testing"

	"probewise/advisor"
	"probewise/advisor/pastruns/pastrunstest"
	"probewise/forest"
	"probewise/trainer"
)

// trained are the runs of a store, newest first.
type trained []advisor.Run

func (s trained) ListRuns(_ context.Context, f advisor.RunFilter) (found []advisor.Run, err error) {
	for _, r := range s {
		if r.Kind == f.Kind && r.State == f.State {
			found = append(found, r)
		}
	}
	return found, nil
}

// revision is a full run of the key that reached an accuracy, with what was predicted.
func revision(t *testing.T, id string, k advisor.Key, predicted, reached float64) advisor.Run {
	t.Helper()
	return advisor.Run{
		ID:           id,
		Kind:         advisor.Full,
		State:        advisor.Succeeded,
		Dataset:      k.Dataset,
		Budget:       trainer.Budget{Images: k.Images, Epochs: k.Epochs},
		Architecture: runs(t, 1)[0].Architecture,
		FromAdvice:   "advice of " + id,
		Predicted: &advisor.Prediction{TestAccuracy: predicted, Low: predicted - 0.05, High: predicted + 0.05,
			Confidence: 0.8},
		Outcome: &trainer.Outcome{TestAccuracy: trainer.Number(reached)},
	}
}

// TestRevisions: worked by hand for the three that count; a diverged one reached chance, of ten classes.
func TestRevisions(t *testing.T) {
	other := advisor.Key{Dataset: key.Dataset, Images: 500, Epochs: 9}
	diverged := revision(t, "diverged", key, 0.5, 0)
	diverged.Outcome = &trainer.Outcome{Diverged: true, TestAccuracy: trainer.Missing}
	plain, unpredicted := revision(t, "plain", key, 0.9, 0.1), revision(t, "unpredicted", key, 0.9, 0.1)
	plain.FromAdvice, unpredicted.Predicted = "", nil
	failed, elsewhere := revision(t, "failed", key, 0.9, 0.1), revision(t, "elsewhere", key, 0.9, 0.1)
	failed.State, elsewhere.Dataset = advisor.Failed, "another"
	a := newAnalyst(t, source{other: runs(t, 3), key: runs(t, 4)}, pastrunstest.Fitter{
		OnScore: func(context.Context, forest.Table, forest.Options, int) (forest.Score, error) {
			return forest.Score{}, nil
		}})
	a.Runs = trained{revision(t, "new", key, 0.8, 0.77), plain, diverged, unpredicted, failed, elsewhere,
		revision(t, "old", key, 0.7, 0.76), revision(t, "shorter", other, 0.6, 0.6)}
	cards, err := a.Cards(t.Context(), key.Dataset, Effort{})
	if err != nil || cards.Revisions == nil || len(cards.Others) != 1 {
		t.Fatalf("%+v, %v", cards, err)
	}
	got := cards.Revisions
	if got.Runs != 3 || math.Abs(got.MeanError-(-0.03-0.4+0.06)/3) > 1e-12 ||
		math.Abs(got.MeanAbsoluteError-(0.03+0.4+0.06)/3) > 1e-12 || math.Abs(got.Inside-1.0/3) > 1e-12 {
		t.Errorf("%+v", got)
	}
	if len(got.Latest) != 3 || got.Latest[0].Run != "new" || got.Latest[2].Advice != "advice of old" ||
		got.Latest[1].Reached != 0.1 || !got.Latest[0].Inside() || got.Latest[1].Inside() {
		t.Errorf("latest %+v", got.Latest)
	}
	if of := cards.Others[0].Revisions; of == nil || of.Runs != 1 || of.MeanError != 0 {
		t.Errorf("of another key: %+v", of)
	}

	many := trained{}
	for i := range 25 {
		many = append(many, revision(t, fmt.Sprint(i), key, 0.5, 0.5))
	}
	a.Runs = many
	if cards, err = a.Cards(t.Context(), key.Dataset, Effort{}); err != nil || cards.Revisions.Runs != 25 ||
		len(cards.Revisions.Latest) != 20 || cards.Revisions.Latest[19].Run != "19" || cards.Others[0].Revisions != nil {
		t.Errorf("of 25: %+v, %v", cards.Revisions, err)
	}
}
