package service

import (
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func penalised(a trainer.Architecture) bool {
	for l := range a.All() {
		if l.L2 > 0 {
			return true
		}
	}
	return false
}

// TestTrialsOverTheMemoryLimitStayUntried: the advice goes on without them, whether they are refused at once or late.
func TestTrialsOverTheMemoryLimitStayUntried(t *testing.T) {
	for _, late := range []bool{true, false} {
		store := &fakeStore{}
		d := newService(store, fakeRules{narrow, penalise})
		d.Trainer = &fakeTrainer{accuracy: bestAt16, late: late,
			tooLarge: func(a trainer.Architecture, _ int) bool { return penalised(a) }}
		a, err := ask(t, d, advisor.Request{Verify: true, Suggestions: 100})
		if err != nil {
			t.Fatal(err)
		}
		nothingIsLeft(t, "too large", d)
		refused := 0
		for _, s := range a.Suggestions {
			if s.Verdict != advisor.NotTried {
				continue
			}
			if refused++; s.Trial != nil || s.Verified != nil {
				t.Errorf("late %t: %q was not tried, and is %+v", late, s.Title, s)
			}
		}
		if a.State != advisor.Succeeded || a.Revised == nil || a.Suggestions[0].Title != "narrow dense2" || refused == 0 {
			t.Errorf("late %t: advice %s, first %q, %d not tried", late, a.State, a.Suggestions[0].Title, refused)
		}
		// beside others and alone
		if failed := store.count(advisor.Failed); failed != 2*refused {
			t.Errorf("late %t: %d runs failed of %d trials that are too large", late, failed, refused)
		}
		for id, r := range store.runs {
			if r.State == advisor.Failed && !strings.Contains(store.reasons[id], "memory") {
				t.Errorf("late %t: a run failed for %q", late, store.reasons[id])
			}
		}
	}
}

// TestTrialsTooLargeBesideOthersAreTriedAlone: the answer is the same as with memory enough.
func TestTrialsTooLargeBesideOthersAreTriedAlone(t *testing.T) {
	enough := newService(&fakeStore{}, fakeRules{narrow, penalise})
	want, err := ask(t, enough, advisor.Request{Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, tooLarge := range map[string]func(trainer.Architecture, int) bool{
		"some need it all":  func(a trainer.Architecture, others int) bool { return penalised(a) && others > 0 },
		"room for one":      func(_ trainer.Architecture, others int) bool { return others > 0 },
		"room for three":    func(_ trainer.Architecture, others int) bool { return others > 2 },
		"the winner is one": func(a trainer.Architecture, others int) bool { return units(a, "dense2") == 16 && others > 0 },
	} {
		for _, late := range []bool{true, false} {
			store := &fakeStore{}
			d := newService(store, fakeRules{narrow, penalise})
			d.Trainer = &fakeTrainer{accuracy: bestAt16, late: late, tooLarge: tooLarge}
			a, err := ask(t, d, advisor.Request{Verify: true})
			if err != nil {
				t.Fatalf("%s, late %t: %v", name, late, err)
			}
			nothingIsLeft(t, name, d)
			sameAnswer(t, name, a, want)
			if store.count(advisor.Failed) == 0 {
				t.Errorf("%s, late %t: nothing was refused", name, late)
			}
			for _, s := range a.Suggestions {
				if r := store.runs[s.Trial.Run]; r.State != advisor.Succeeded {
					t.Errorf("%s, late %t: the run of %q %s", name, late, s.Title, r.State)
				}
			}
		}
	}
}

// TestNothingFits: no suggestion can be tried, or not even the net.
func TestNothingFits(t *testing.T) {
	d := newService(&fakeStore{}, fakeRules{narrow})
	base := sixLayers(t).ID()
	d.Trainer = &fakeTrainer{accuracy: bestAt16,
		tooLarge: func(a trainer.Architecture, _ int) bool { return a.ID() != base }}
	a, err := ask(t, d, advisor.Request{Verify: true})
	if err != nil || a.State != advisor.Succeeded || !strings.Contains(a.RevisedReason, "memory limit") {
		t.Errorf("%v, advice %s: %s", err, a.State, a.RevisedReason)
	}
	nothingIsLeft(t, "no suggestion fits", d)
	d.Store = &fakeStore{}
	d.Trainer = &fakeTrainer{tooLarge: func(trainer.Architecture, int) bool { return true }}
	if a, err = ask(t, d, advisor.Request{}); err == nil || a.State != advisor.Failed ||
		!strings.Contains(a.Error, "3 MiB of memory (3145728 bytes), more than the limit of 2 MiB") {
		t.Errorf("%v, advice %s: %s", err, a.State, a.Error)
	}
}
