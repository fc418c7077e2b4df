package db_test

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"probewise/advisor"
	"probewise/db"
	"probewise/db/dbtest"
)

// submission returns what the key stands for, the zero value where it is free.
func submission(t *testing.T, d *db.DB, key string) advisor.Submission {
	t.Helper()
	s, found, err := d.FindSubmission(t.Context(), key)
	if err != nil || found != (s.Key != "") {
		t.Fatalf("key %q: found %v %+v, %v", key, found, s, err)
	}
	return s
}

func TestSubmissions(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	a, probe := dbtest.Advice(t)
	r := dbtest.Run(t)
	advice := advisor.Submission{
		IdempotencyKey: advisor.IdempotencyKey{Key: "for advice", Digest: "d1"},
		Kind:           advisor.JobAdvice,
		ID:             a.ID,
	}
	run := advisor.Submission{
		IdempotencyKey: advisor.IdempotencyKey{Key: "für einen Lauf '\"", Digest: "d2"},
		Kind:           advisor.JobRun,
		ID:             r.ID,
	}
	again := advisor.Submission{
		IdempotencyKey: advisor.IdempotencyKey{Key: "another", Digest: "d1"},
		Kind:           advisor.JobAdvice,
		ID:             a.ID,
	}
	for _, err := range []error{
		d.CreateAdvice(ctx, a, probe, "", advice.IdempotencyKey), d.CreateRun(ctx, r, "", run.IdempotencyKey),
		d.Remember(ctx, again),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	before := dump(t, d)
	for _, want := range []advisor.Submission{advice, run, again} {
		if got := submission(t, d, want.Key); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		once := advisor.IdempotencyKey{Key: want.Key, Digest: "another"}
		b, probe := dbtest.Advice(t)
		for what, err := range map[string]error{
			"advice":            d.CreateAdvice(ctx, b, probe, "", once),
			"run":               d.CreateRun(ctx, dbtest.Run(t), "", once),
			"remembered advice": d.Remember(ctx, advisor.Submission{IdempotencyKey: once, Kind: advisor.JobAdvice, ID: a.ID}),
			"remembered run":    d.Remember(ctx, advisor.Submission{IdempotencyKey: once, Kind: advisor.JobRun, ID: r.ID}),
			"the same":          d.Remember(ctx, want),
		} {
			if !errors.Is(err, advisor.ErrSubmitted) || !strings.Contains(err.Error(), "key ") {
				t.Errorf("key %q: %s gave %v", want.Key, what, err)
			}
		}
	}
	for _, key := range []string{"", "FOR ADVICE", "none"} {
		if got := submission(t, d, key); got != (advisor.Submission{}) {
			t.Errorf("key %q stands for %+v", key, got)
		}
	}
	if after := dump(t, d); after != before {
		t.Errorf("something was written:\n%s\nwas\n%s", after, before)
	}
}

func TestNoKey(t *testing.T) {
	d := dbtest.Open(t)
	for range 2 {
		if err := d.CreateRun(t.Context(), dbtest.Run(t), "", advisor.IdempotencyKey{Digest: "d"}); err != nil {
			t.Fatal(err)
		}
		a, probe := dbtest.Advice(t)
		if err := d.CreateAdvice(t.Context(), a, probe, "", advisor.IdempotencyKey{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := query[int](t, d, "SELECT count(*) FROM submissions"); got != 0 {
		t.Errorf("%d submissions without a key", got)
	}
}

func TestRefusedSubmissions(t *testing.T) {
	d := dbtest.Open(t)
	_, a := runningAdvice(t, d)
	_, r := runningRun(t, d)
	for _, c := range []struct {
		s    advisor.Submission
		want error
	}{
		{advisor.Submission{IdempotencyKey: advisor.IdempotencyKey{Key: "k"}, Kind: advisor.JobAdvice, ID: r.ID},
			advisor.ErrNotFound},
		{advisor.Submission{IdempotencyKey: advisor.IdempotencyKey{Key: "k"}, Kind: advisor.JobRun, ID: "none"},
			advisor.ErrNotFound},
		{advisor.Submission{IdempotencyKey: advisor.IdempotencyKey{Key: "k"}, Kind: advisor.JobRun, ID: a.ProbeRun},
			advisor.ErrServesAdvice},
		{advisor.Submission{IdempotencyKey: advisor.IdempotencyKey{Key: "k"}, Kind: "gate", ID: r.ID}, nil},
		{advisor.Submission{Kind: advisor.JobRun, ID: r.ID}, nil},
	} {
		if err := d.Remember(t.Context(), c.s); err == nil || c.want != nil && !errors.Is(err, c.want) ||
			!strings.Contains(err.Error(), c.s.ID) {
			t.Errorf("%+v gave %v, want %v", c.s, err, c.want)
		}
	}
	refused := dbtest.Run(t)
	refused.State = advisor.Running
	if err := d.CreateRun(t.Context(), refused, "", advisor.IdempotencyKey{Key: "k"}); err == nil {
		t.Error("a running run was created")
	}
	if got := submission(t, d, "k"); got != (advisor.Submission{}) {
		t.Errorf("what was refused used the key up for %+v", got)
	}
}

// TestSameKeyAtTheSameTime sends one request many times at once, by several handles: one is taken.
func TestSameKeyAtTheSameTime(t *testing.T) {
	const handles, requests = 3, 4
	path := filepath.Join(t.TempDir(), "test.db")
	d := dbtest.OpenFile(t, path)
	once := advisor.IdempotencyKey{Key: "one", Digest: "d"}
	taken := make(chan string, handles*requests)
	var group sync.WaitGroup
	for range handles {
		handle := dbtest.OpenFile(t, path)
		for i := range requests {
			a, probe := dbtest.Advice(t)
			r := dbtest.Run(t)
			group.Go(func() {
				id := a.ID
				var err error
				if i%2 == 0 {
					err = handle.CreateAdvice(t.Context(), a, probe, "f", once)
				} else {
					id, err = r.ID, handle.CreateRun(t.Context(), r, "f", once)
				}
				if err == nil {
					taken <- id
				} else if !errors.Is(err, advisor.ErrSubmitted) {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	close(taken)
	var ids []string
	for id := range taken {
		ids = append(ids, id)
	}
	if len(ids) != 1 {
		t.Fatalf("taken: %v", ids)
	}
	if got := submission(t, d, "one"); got.ID != ids[0] || got.IdempotencyKey != once {
		t.Errorf("the key stands for %+v, taken was %s", got, ids[0])
	}
	if got := query[int](t, d,
		"SELECT (SELECT count(*) FROM advice) + (SELECT count(*) FROM runs WHERE advice IS NULL)"); got != 1 {
		t.Errorf("%d jobs", got)
	}
	if got := query[int](t, d, "SELECT count(*) FROM events"); got != 1 {
		t.Errorf("%d events", got)
	}
}

// TestEqualAtTheSameTime creates one job many times at once, by several handles: one is taken.
func TestEqualAtTheSameTime(t *testing.T) {
	const handles, requests = 3, 8
	path := filepath.Join(t.TempDir(), "test.db")
	d := dbtest.OpenFile(t, path)
	var taken atomic.Int32
	var group sync.WaitGroup
	for range handles {
		handle := dbtest.OpenFile(t, path)
		for i := range requests {
			a, probe := dbtest.Advice(t)
			r := dbtest.Run(t)
			group.Go(func() {
				err := handle.CreateRun(t.Context(), r, "f", advisor.IdempotencyKey{})
				if i%2 == 0 {
					err = handle.CreateAdvice(t.Context(), a, probe, "f", advisor.IdempotencyKey{})
				}
				if err == nil {
					taken.Add(1)
				} else if !errors.Is(err, advisor.ErrUnfinishedEqual) {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	if got := query[int](t, d,
		"SELECT (SELECT count(*) FROM advice) * 10 + (SELECT count(*) FROM runs WHERE advice IS NULL)"); got != 11 {
		t.Errorf("10·advice + runs = %d, want 11; %d were taken", got, taken.Load())
	}
}
