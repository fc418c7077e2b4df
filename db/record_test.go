package db_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/db"
	"probewise/db/dbtest"
	"probewise/trainer"
)

var worker = advisor.Worker{Host: "elsewhere", PID: 7, Started: "then"}

func inAnHour() time.Time { return time.Now().Add(time.Hour) }

// runningRun is a claimed stand-alone run.
func runningRun(t *testing.T, d *db.DB) (advisor.Lease, advisor.Run) {
	t.Helper()
	r := dbtest.Run(t)
	if err := d.CreateRun(t.Context(), r, "fingerprint "+r.ID, advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	l, err := d.ClaimJob(t.Context(), advisor.JobRun, r.ID, worker, inAnHour())
	if err != nil {
		t.Fatal(err)
	}
	return l, r
}

// runningAdvice is a claimed advice with its queued probe.
func runningAdvice(t *testing.T, d *db.DB) (advisor.Lease, advisor.Advice) {
	t.Helper()
	a, probe := dbtest.Advice(t)
	if err := d.CreateAdvice(t.Context(), a, probe, "fingerprint "+a.ID, advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	l, err := d.ClaimJob(t.Context(), advisor.JobAdvice, a.ID, worker, inAnHour())
	if err != nil {
		t.Fatal(err)
	}
	return l, a
}

// sameJSON compares as JSON, where missing numbers are equal.
func sameJSON(t *testing.T, what string, got, want any) {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(g) != string(w) {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func TestRecordsRoundTrip(t *testing.T) {
	d := dbtest.Open(t)
	l, r := runningRun(t, d)
	first := dbtest.Record(0)
	first.TrainLoss, first.TrainAccuracy, first.TestLoss = trainer.Missing, trainer.Missing, trainer.Missing
	first.Layers[0].Gradients = trainer.Statistics{
		Mean:       trainer.Missing,
		Variance:   trainer.Missing,
		MaxAbs:     trainer.Number(math.Inf(1)),
		ShareBelow: 0,
		ShareZero:  1,
		L2Norm:     1e-300,
	}
	first.Layers[1].DeadUnits = trainer.Missing
	third := dbtest.Record(0.5)
	third.Layers = []trainer.LayerStatistics{}
	want := []trainer.EpochRecord{first, dbtest.Record(0.25), third, dbtest.Record(1)}
	for _, e := range want {
		if err := d.AppendRecord(t.Context(), l, r.ID, e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := d.Records(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, "records", got, want)
	if !reflect.DeepEqual(got[3], want[3]) {
		t.Errorf("record without missing numbers: got %+v, want %+v", got[3], want[3])
	}
	if s := got[0].Layers[0].Gradients; !math.IsNaN(float64(s.Mean)) || !math.IsNaN(float64(s.MaxAbs)) ||
		s.ShareBelow != 0 || s.L2Norm != 1e-300 {
		t.Errorf("statistics with missing numbers: %+v", s)
	}
	largest := query[float64](t, d, `SELECT s.max_abs FROM layer_statistics s JOIN records r ON r.id = s.record
		WHERE r.run = ? AND r.epoch = 1 AND s.tensor = 'activations' AND s.layer = 'dense1'`, r.ID)
	if trainer.Number(largest) != want[3].Layers[1].Activations.MaxAbs {
		t.Errorf("by SQL: %v, want %v", largest, want[3].Layers[1].Activations.MaxAbs)
	}
}

func TestRecordsOfNothing(t *testing.T) {
	d := dbtest.Open(t)
	_, r := runningRun(t, d)
	if got, err := d.Records(t.Context(), r.ID); err != nil || got == nil || len(got) != 0 {
		t.Errorf("a run without records gave %v, %v", got, err)
	}
	if _, err := d.Records(t.Context(), "none"); !errors.Is(err, advisor.ErrNotFound) {
		t.Errorf("an unknown run gave %v", err)
	}
}

func TestRefusedRecords(t *testing.T) {
	d := dbtest.Open(t)
	l, r := runningRun(t, d)
	if err := d.AppendRecord(t.Context(), l, r.ID, dbtest.Record(1)); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*trainer.EpochRecord)) trainer.EpochRecord {
		e := dbtest.Record(2)
		change(&e)
		return e
	}
	for _, c := range []struct {
		name   string
		record trainer.EpochRecord
		want   string
	}{
		{"same epoch", dbtest.Record(1), "already has a record of epoch 1"},
		{"earlier epoch", dbtest.Record(0.5), "already has a record of epoch 1"},
		{"negative epoch", dbtest.Record(-1), "the epoch"},
		{"no epoch", with(func(e *trainer.EpochRecord) { e.Epoch = math.NaN() }), "the epoch"},
		{"endless", with(func(e *trainer.EpochRecord) { e.Seconds = math.Inf(1) }), "the seconds"},
	} {
		if err := d.AppendRecord(t.Context(), l, r.ID, c.record); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if got := counts(t, d); got != [2]int{1, 6} {
		t.Errorf("records and statistics: %v, want 1 and 6", got)
	}
}

func TestPastRuns(t *testing.T) {
	d := dbtest.Open(t)
	epochs := []float64{0, 0.25, 1, 2, 5, 6, 14, 15}
	finish := func(state advisor.State, change func(*advisor.Run)) advisor.Run {
		r := dbtest.Run(t)
		change(&r)
		if err := d.CreateRun(t.Context(), r, "", advisor.IdempotencyKey{}); err != nil {
			t.Fatal(err)
		}
		l, err := d.ClaimJob(t.Context(), advisor.JobRun, r.ID, worker, inAnHour())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range epochs {
			if err := d.AppendRecord(t.Context(), l, r.ID, dbtest.Record(e)); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.FinishRun(t.Context(), l, r.ID, state, dbtest.Outcome(15), "reason"); err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := finish(advisor.Succeeded, func(r *advisor.Run) { r.Seed = math.MaxUint64 })
	second := finish(advisor.Succeeded, func(*advisor.Run) {})
	finish(advisor.Failed, func(*advisor.Run) {})
	finish(advisor.Cancelled, func(*advisor.Run) {})
	finish(advisor.Succeeded, func(r *advisor.Run) { r.Kind = advisor.Probe })
	finish(advisor.Succeeded, func(r *advisor.Run) { r.Dataset = "cifar10" })
	finish(advisor.Succeeded, func(r *advisor.Run) { r.Budget.Images = 5000 })
	finish(advisor.Succeeded, func(r *advisor.Run) { r.Budget.Epochs = 30 })
	runningRun(t, d)

	var want []advisor.PastRun
	for _, r := range []advisor.Run{first, second} {
		p := advisor.PastRun{
			Key:          r.Key(),
			DatasetID:    r.DatasetID,
			Architecture: r.Architecture,
			Seed:         r.Seed,
			Version:      r.Version,
			Outcome:      *dbtest.Outcome(15),
		}
		for _, e := range []float64{0, 0.25, 1, 2, 5, 15} {
			p.Records = append(p.Records, dbtest.Record(e))
		}
		want = append(want, p)
	}
	got, err := d.PastRuns(t.Context(), first.Key())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		sameJSON(t, "past runs", got, want)
		t.Error("past runs differ")
	}
	if got, err := d.PastRuns(t.Context(), advisor.Key{Dataset: "none"}); err != nil || got == nil || len(got) != 0 {
		t.Errorf("an unknown key gave %v, %v", got, err)
	}
}
