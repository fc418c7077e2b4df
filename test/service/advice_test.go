package service

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"

	"probewise/advisor"
	"probewise/api"
	"probewise/trainer"
)

// TestAdvice walks from the request to the trained revision.
func TestAdvice(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	posted := s.want(http.StatusAccepted, "POST", "/v1/advice", named("walk"))
	var queued advisor.Answer
	posted.decode(t, &queued)
	location := posted.header.Get("Location")
	if location != "/v1/advice/"+queued.ID || posted.header.Get("Retry-After") == "" || queued.State.Finished() {
		t.Fatalf("location %q, retry after %q, state %s", location, posted.header.Get("Retry-After"), queued.State)
	}
	var done advisor.Answer
	s.want(http.StatusOK, "GET", location+"?wait=30s", "").decode(t, &done)
	if done.State != advisor.Succeeded || done.Prediction == nil || len(done.Diagnoses) == 0 ||
		len(done.Suggestions) == 0 || done.Revised == nil {
		t.Fatalf("advice %+v", done)
	}

	if again := s.want(http.StatusOK, "GET", location, ""); again.header.Get("Retry-After") != "" {
		t.Errorf("a finished advice is to be asked for again after %q", again.header.Get("Retry-After"))
	}

	trained := s.want(http.StatusOK, "POST", "/v1/runs?wait=30s", `{"from_advice":"`+done.ID+`"}`)
	var run advisor.Run
	trained.decode(t, &run)
	if after := trained.header.Get("Retry-After"); after != "" {
		t.Errorf("a finished run is to be asked for again after %q", after)
	}
	if run.State != advisor.Succeeded || run.Kind != advisor.Full ||
		run.ArchitectureID != done.Revised.Architecture.ID() || run.FromAdvice != done.ID {
		t.Errorf("run %+v", run)
	}
	var after advisor.Answer
	s.want(http.StatusOK, "GET", location, "").decode(t, &after)
	if after.Training == nil || after.Training.ID != run.ID {
		t.Errorf("the answer's training is %+v, want run %s", after.Training, run.ID)
	}

	var epochs struct{ Epochs []trainer.EpochRecord }
	s.want(http.StatusOK, "GET", "/v1/runs/"+done.ProbeRun+"/epochs", "").decode(t, &epochs)
	var layers struct {
		Records []struct {
			Epoch  float64
			Layers []trainer.LayerStatistics
		}
	}
	s.want(http.StatusOK, "GET", "/v1/runs/"+done.ProbeRun+"/layers", "").decode(t, &layers)
	if len(epochs.Epochs) != 9 || len(layers.Records) != 9 || len(layers.Records[8].Layers) != 5 ||
		layers.Records[8].Layers[4].Layer != "dense3" {
		t.Errorf("%d epochs, layers %+v", len(epochs.Epochs), layers)
	}
	if h := layers.Records[0].Layers[0].Weights.Histogram; h != nil {
		t.Errorf("the layers bring the histogram %v", h)
	}
	histograms := func(query string) (n int) {
		var got struct {
			Edges      []float64
			Histograms []struct {
				Epoch     float64
				Layer, Of string
				Shares    []float32
			}
		}
		s.want(http.StatusOK, "GET", "/v1/runs/"+done.ProbeRun+"/histograms"+query, "").decode(t, &got)
		for _, h := range got.Histograms {
			if len(h.Shares) != len(got.Edges)+1 || h.Shares[3] != 1 {
				t.Errorf("%s: %d edges, histogram %+v", query, len(got.Edges), h)
			}
		}
		return len(got.Histograms)
	}
	if all, one := histograms(""), histograms("?layer=dense3&of=gradients"); all != 9*5*3 || one != 9 {
		t.Errorf("%d histograms, and %d of one layer's gradients", all, one)
	}
	s.want(http.StatusUnprocessableEntity, "GET", "/v1/runs/"+done.ProbeRun+"/histograms?of=biases", "")
	s.want(http.StatusNotFound, "GET", "/v1/runs/00000000-0000-7000-8000-000000000000/histograms", "")
}

// TestAdviceWithinConstraints asks for all that a search can be told, and finds it kept.
func TestAdviceWithinConstraints(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	var a advisor.Answer
	s.want(http.StatusOK, "POST", "/v1/advice?wait=30s", strings.TrimSuffix(named("kept"), "}")+
		`,"budget":3,"effort":"quick","seeds":1,"goal":"accuracy","suggestions":20,
		"constraints":{"max_parameters":40000,"frozen":["conv1"],"forbid":["optimizer"]}}`).decode(t, &a)
	r := a.Request
	if r.Budget != 3 || r.Effort != advisor.Quick || r.Seeds != 1 || r.Constraints.MaxParameters != 40_000 ||
		len(r.Constraints.Frozen) != 1 || len(r.Constraints.Forbid) != 1 {
		t.Fatalf("request %+v", r)
	}
	if a.State != advisor.Succeeded || a.Summary == "" || a.Search == nil || a.Search.Spent > 3 ||
		len(a.Search.Steps) == 0 || a.Revised == nil || len(a.Suggestions) < 3 {
		t.Fatalf("advice %+v", a)
	}
	if r := a.RateTest; r == nil || len(r.Points) != 40 || !r.Suggested.Known() || r.Points[39].Smoothed.Known() {
		t.Errorf("range test %+v", r)
	}
	if cost := a.Revised.Architecture.Cost(); cost.Parameters > 40_000 ||
		a.Revised.Architecture.Layers[0].Filters != 8 ||
		a.Revised.Architecture.Training.Optimizer.Type != a.Architecture.Training.Optimizer.Type {
		t.Errorf("%d parameters, %+v, %+v", cost.Parameters, a.Revised.Architecture.Layers[0],
			a.Revised.Architecture.Training)
	}
	best := a.Suggestions[0]
	if best.Verdict != advisor.Better || best.Verified == nil || len(best.Verified.Seeds) != 1 || best.Gain == nil ||
		best.Gain.Seeds != 1 || len(best.Diff) == 0 || best.Trial == nil {
		t.Errorf("suggestion %+v", best)
	}
}

// TestLists pages through advice and runs, newest first.
func TestLists(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	var want []string
	for _, name := range []string{"a", "b", "c"} {
		var a advisor.Answer
		s.want(http.StatusOK, "POST", "/v1/advice?wait=30s", named(name)).decode(t, &a)
		want = append([]string{a.ID}, want...)
	}
	var got []string
	for path := "/v1/advice?page_size=2"; path != ""; {
		var list struct {
			Advice []advisor.Advice
			Next   string `json:"next_page_token"`
		}
		s.want(http.StatusOK, "GET", path, "").decode(t, &list)
		for _, a := range list.Advice {
			got = append(got, a.ID)
		}
		if path = ""; list.Next != "" {
			path = "/v1/advice?page_size=2&page_token=" + list.Next
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("listed %q, want %q", got, want)
	}
	var runs struct{ Runs []advisor.Run }
	s.want(http.StatusOK, "GET", "/v1/runs?kind=probe&advice="+want[0], "").decode(t, &runs)
	if len(runs.Runs) < 2 { // the probe and at least one verification
		t.Errorf("%d runs serve the advice", len(runs.Runs))
	}
	s.want(http.StatusOK, "GET", "/v1/runs?state=failed", "")
	s.want(http.StatusUnprocessableEntity, "GET", "/v1/runs?page_token=bm9uZQ", "")
	s.want(http.StatusUnprocessableEntity, "GET", "/v1/advice?page_token=*", "")
	s.want(http.StatusUnprocessableEntity, "GET", "/v1/advice?page_size=0", "")
	s.want(http.StatusUnprocessableEntity, "GET", "/v1/advice?colour=red", "")
}

func TestIdempotencyKey(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	var ids []string
	for range 2 {
		var a advisor.Answer
		got := s.call("POST", "/v1/advice?wait=30s", named("once"), "Idempotency-Key", "k1")
		got.decode(t, &a)
		ids = append(ids, a.ID)
	}
	if ids[0] != ids[1] || ids[0] == "" {
		t.Errorf("the same key and body made %q", ids)
	}
	reused := s.want(http.StatusUnprocessableEntity, "POST", "/v1/advice", named("another"), "Idempotency-Key", "k1")
	var p api.Problem
	if reused.decode(t, &p); p.Code != "idempotency-key-reused" || len(p.Errors) != 1 ||
		p.Errors[0].Parameter != "Idempotency-Key" || bytes.Contains(reused.body, []byte("k1")) {
		t.Errorf("a key of another request: %s", reused.body)
	}
	s.want(http.StatusUnprocessableEntity, "POST", "/v1/runs", `{"from_advice":"`+ids[0]+`"}`, "Idempotency-Key", "k1")
	var again advisor.Answer
	s.want(http.StatusOK, "POST", "/v1/advice?wait=30s", named("once")).decode(t, &again)
	if again.ID == ids[0] {
		t.Error("without a key a finished advice was given again")
	}
}

// TestCancelAndDelete: a queued job ends at once, a running one soon; only what has ended can be deleted.
func TestCancelAndDelete(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	open := s.trainer.gate(1)
	defer open()
	var running, queued advisor.Answer
	s.want(http.StatusAccepted, "POST", "/v1/advice", named("running")).decode(t, &running)
	<-s.trainer.at
	s.want(http.StatusAccepted, "POST", "/v1/advice", named("queued")).decode(t, &queued)

	s.want(http.StatusConflict, "DELETE", "/v1/advice/"+queued.ID, "")
	s.want(http.StatusAccepted, "POST", "/v1/advice/"+queued.ID+"/cancel", "").decode(t, &queued)
	if queued.State != advisor.Cancelled {
		t.Errorf("the queued advice is %s", queued.State)
	}
	s.want(http.StatusConflict, "POST", "/v1/advice/"+queued.ID+"/cancel", "")
	s.want(http.StatusNoContent, "DELETE", "/v1/advice/"+queued.ID, "")
	s.want(http.StatusNotFound, "GET", "/v1/advice/"+queued.ID, "")

	s.want(http.StatusConflict, "DELETE", "/v1/runs/"+running.ProbeRun, "") // it serves the advice
	s.want(http.StatusConflict, "POST", "/v1/runs/"+running.ProbeRun+"/cancel", "")
	s.want(http.StatusAccepted, "POST", "/v1/advice/"+running.ID+"/cancel", "")
	s.want(http.StatusOK, "GET", "/v1/advice/"+running.ID+"?wait=30s", "").decode(t, &running)
	if running.State != advisor.Cancelled {
		t.Errorf("the running advice is %s", running.State)
	}
	s.want(http.StatusNoContent, "DELETE", "/v1/advice/"+running.ID, "")
	s.want(http.StatusNotFound, "GET", "/v1/runs/"+running.ProbeRun, "")
}

// TestEqualRequestsAtOnce: of equal requests at the same time one is taken, and all get it.
func TestEqualRequestsAtOnce(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	open := s.trainer.gate(0) // nothing ends meanwhile
	defer open()
	for path, body := range map[string]string{"/v1/advice": named("equal"),
		"/v1/runs": `{"architecture":` + architecture + `,"kind":"probe"}`} {
		const requests = 8
		ids := make(chan string, requests)
		var all sync.WaitGroup
		for range requests {
			all.Go(func() {
				var got struct{ ID string }
				answer := s.call("POST", path, body)
				answer.decode(t, &got)
				ids <- got.ID
			})
		}
		all.Wait()
		first := <-ids
		for range requests - 1 {
			if id := <-ids; id != first || id == "" {
				t.Errorf("%s: equal requests got %q and %q", path, first, id)
			}
		}
	}
	advice, err := s.db.ListAdvice(t.Context(), advisor.AdviceFilter{})
	if err != nil || len(advice) != 1 {
		t.Errorf("%d advice, %v", len(advice), err)
	}
}
