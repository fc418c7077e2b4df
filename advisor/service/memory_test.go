package service

import (
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// TestSuggestionsOverTheMemoryLimitStayUntried: the advice goes on without them.
func TestSuggestionsOverTheMemoryLimitStayUntried(t *testing.T) {
	penalised := func(a trainer.Architecture) bool {
		for l := range a.All() {
			if l.L2 > 0 {
				return true
			}
		}
		return false
	}
	var store *fakeStore
	var d Service
	var a advisor.Advice
	var err error
	for _, late := range []bool{true, false} {
		store = &fakeStore{}
		d = Service{
			Store:     store,
			Datasets:  fakeDatasets{},
			Predictor: fakePredictor{reason: "none"},
			Rules:     fakeRules{narrow, penalise},
		}
		d.Trainer = &fakeTrainer{accuracy: narrowerIsBetter, tooLarge: penalised, late: late}
		a, err = ask(t, d, advisor.Request{Verify: true})
		if err != nil {
			t.Fatal(err)
		}
		failed := 0
		for _, r := range store.runs {
			if r.State == advisor.Failed {
				failed++
			}
		}
		verdicts := map[string]advisor.Verdict{}
		for _, s := range a.Suggestions {
			verdicts[s.Title] = s.Verdict
		}
		// alone and with the other
		if a.State != advisor.Succeeded || a.Revised == nil || verdicts["narrow dense2"] != advisor.Gained ||
			verdicts["penalise dense2"] != advisor.NotTried || failed != 2 {
			t.Errorf("late %t: advice %s, verdicts %v, %d runs failed", late, a.State, verdicts, failed)
		}
	}
	d.Store, d.Rules = &fakeStore{}, fakeRules{penalise}
	if a, err = ask(t, d, advisor.Request{Verify: true}); err != nil || a.State != advisor.Succeeded ||
		!strings.Contains(a.RevisedReason, "memory limit") {
		t.Errorf("%v, advice %s: %s", err, a.State, a.RevisedReason)
	}
	store = &fakeStore{}
	d.Store, d.Trainer = store, &fakeTrainer{tooLarge: func(trainer.Architecture) bool { return true }}
	if a, err = ask(t, d, advisor.Request{}); err == nil || a.State != advisor.Failed ||
		!strings.Contains(a.Error, "3 MiB of memory (3145728 bytes), more than the limit of 2 MiB") {
		t.Errorf("%v, advice %s: %s", err, a.State, a.Error)
	}
}
