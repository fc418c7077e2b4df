package predict

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"probewise/advisor/pastruns"
	"probewise/advisor/pastruns/pastrunstest"
	"probewise/forest"
)

// TestRenew: answers rest on the past runs whose forests are fitted; those of newer runs are fitted in the background,
// once.
func TestRenew(t *testing.T) {
	all := runs(t, 41)
	query, past := all[40], all[:40]
	c := &counting{}
	var waiting []func(context.Context)
	books := source{key: past}
	p := newPredictor(books, c.fitter(), "")
	p.Background = func(f func(context.Context)) { waiting = append(waiting, f) }
	ask := func(pastRuns, fits int) {
		t.Helper()
		if got, err := fromProbe(t, p, key, probe(query)); err != nil || got.PastRuns != pastRuns || c.fits != fits {
			t.Errorf("%d past runs, %d fits, %v; want %d and %d", got.PastRuns, c.fits, err, pastRuns, fits)
		}
	}
	ask(40, 1)
	books[key] = append(past[:40:40], run(t, rand.New(rand.NewPCG(3, 3)), 100))
	for range 2 {
		if err := p.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		ask(40, 1) // the answer does not wait
	}
	if len(waiting) != 1 {
		t.Fatalf("%d renewals", len(waiting))
	}
	waiting[0](t.Context())
	ask(41, 2)
	if len(waiting) != 1 {
		t.Errorf("%d renewals", len(waiting))
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	books[key] = append(books[key], run(t, rand.New(rand.NewPCG(4, 4)), 101))
	ask(41, 2)
	waiting[1](gone) // the program ends: nothing is fitted
	ask(41, 2)
	if len(waiting) != 3 {
		t.Errorf("%d renewals, want another attempt", len(waiting))
	}
}

// TestRenewLeavesOutWhatItDid: where the architecture in question is among the past runs, the forest without it is
// renewed.
func TestRenewLeavesOutWhatItDid(t *testing.T) {
	all := runs(t, 41)
	c := &counting{}
	var waiting []func(context.Context)
	books := source{key: all}
	p := newPredictor(books, c.fitter(), "")
	p.Background = func(f func(context.Context)) { waiting = append(waiting, f) }
	if got, err := fromProbe(t, p, key, probe(all[7])); err != nil || got.PastRuns != 40 {
		t.Fatalf("%d past runs, %v", got.PastRuns, err)
	}
	books[key] = append(all[:41:41], run(t, rand.New(rand.NewPCG(3, 3)), 100))
	if err := p.Renew(t.Context()); err != nil || len(waiting) != 1 {
		t.Fatalf("%d renewals, %v", len(waiting), err)
	}
	waiting[0](t.Context())
	if got, err := fromProbe(t, p, key, probe(all[7])); err != nil || got.PastRuns != 41 || c.fits != 2 {
		t.Errorf("%d past runs, %d fits, %v", got.PastRuns, c.fits, err)
	}
}

// TestRenewFromTooFew: where there was no forest to answer from, new past runs count at once.
func TestRenewFromTooFew(t *testing.T) {
	all := runs(t, 41)
	books := source{key: all[:5]}
	p := newPredictor(books, pastrunstest.Fitter{}, "")
	p.Background = func(func(context.Context)) {}
	if got, err := fromProbe(t, p, key, probe(all[40])); err != nil || got.PastRuns != 5 {
		t.Errorf("from five past runs %+v, %v", got, err)
	}
	books[key] = all[:30]
	if got, err := fromProbe(t, p, key, probe(all[40])); err != nil || got.PastRuns != 30 {
		t.Errorf("%d past runs, %v", got.PastRuns, err)
	}
}

// TestOneFitForAll: a call that comes while a forest is being fitted waits for that one.
func TestOneFitForAll(t *testing.T) {
	all := runs(t, 41)
	var mu sync.Mutex
	fits := 0
	p := newPredictor(source{key: all[:40]},
		pastrunstest.Fitter{OnFit: func(ctx context.Context, table forest.Table, o forest.Options) (*forest.Model, error) {
			mu.Lock()
			fits++
			mu.Unlock()
			return forest.Fit(ctx, table, o)
		}}, "")
	var all4 sync.WaitGroup
	for range 4 {
		all4.Go(func() {
			if _, err := fromProbe(t, p, key, probe(all[40])); err != nil {
				t.Error(err)
			}
		})
	}
	all4.Wait()
	if fits != 1 {
		t.Errorf("%d fits", fits)
	}
}

// TestAbandonedFit: a caller that waits for a fit which ends with the context of another one has it fitted anew.
func TestAbandonedFit(t *testing.T) {
	all := runs(t, 41)
	began, goOn := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	fits := 0
	p := newPredictor(source{key: all[:40]},
		pastrunstest.Fitter{OnFit: func(ctx context.Context, table forest.Table, o forest.Options) (*forest.Model, error) {
			mu.Lock()
			fits++
			first := fits == 1
			mu.Unlock()
			if first {
				close(began)
				<-ctx.Done()
				<-goOn
				return nil, errors.New("signal: killed") // as a child process puts it
			}
			return forest.Fit(ctx, table, o)
		}}, "")
	s, err := p.Snapshot(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	var both sync.WaitGroup
	both.Go(func() {
		if _, err := s.FromProbe(gone, probe(all[40])); !errors.Is(err, context.Canceled) {
			t.Errorf("the caller that has gone gets %v", err)
		}
	})
	<-began
	both.Go(func() {
		if _, err := s.FromProbe(t.Context(), probe(all[40])); err != nil {
			t.Errorf("the caller that waits gets %v", err)
		}
	})
	leave()
	close(goOn)
	both.Wait()
	if fits != 2 {
		t.Errorf("%d fits", fits)
	}
}

// TestLatestQuestionsAreRenewed: of many questions those asked last are kept.
func TestLatestQuestionsAreRenewed(t *testing.T) {
	p := newPredictor(source{key: runs(t, 41)}, pastrunstest.Fitter{}, "")
	p.Background = func(func(context.Context)) {}
	s, err := pastruns.Read(t.Context(), p.Past, key)
	if err != nil {
		t.Fatal(err)
	}
	p.fitted(s)
	for i := range 3 * maxQuestions {
		p.note(s, float64(i), nil)
		p.note(s, 0.5, nil) // again and again
	}
	asked := p.used[key].questions
	kept := map[float64]bool{}
	for _, q := range asked {
		kept[q.epochs] = true
	}
	if len(asked) != maxQuestions || !kept[0.5] || !kept[3*maxQuestions-1] || !kept[2*maxQuestions+1] || kept[0] {
		t.Errorf("kept %v", kept)
	}
}
