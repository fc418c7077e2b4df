package main

import (
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// The loop is open: a service that answers nothing until so many requests wait would stop a closed loop for ever.
func TestRequestsDoNotWaitForAnswers(t *testing.T) {
	const crowd = 50
	var mu sync.Mutex
	waiting, conditional := 0, 0
	full := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		waiting++
		if waiting == crowd {
			close(full)
		}
		held := r.Header.Get("If-None-Match") == `"tag"`
		if held {
			conditional++
		}
		mu.Unlock()
		<-full
		if held {
			w.WriteHeader(http.StatusNotModified)
		}
	}))
	defer server.Close()
	all, took := openLoop(t.Context(), newReaders(), server.URL, []target{{"one", "/", `"tag"`}}, 2000,
		rand.New(rand.NewPCG(1, 0)), full)
	if took <= 0 || len(all) < crowd {
		t.Fatalf("%d answers in %s, want at least %d", len(all), took, crowd)
	}
	cached := 0
	for _, a := range all {
		if a.err != nil || a.latency < a.late || a.late < 0 {
			t.Errorf("answer %+v", a)
		}
		if a.cached {
			cached++
		}
	}
	if cached != conditional || cached == 0 || cached == len(all) {
		t.Errorf("%d of %d answers were 304, the service gave %d", cached, len(all), conditional)
	}
	// The first request waited for all the others, and that is in its latency.
	if l := summarise(all, func(a answer) time.Duration { return a.latency }); l.Requests != len(all) ||
		l.Max < milliseconds(took)/2 {
		t.Errorf("latencies %+v of a service that answers after %s", l, took)
	}
}

func TestFailuresAreCounted(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	a := ask(t.Context(), newReaders(), server.URL, target{"gone", "/gone", ""}, false, time.Now())
	if a.err == nil || !strings.Contains(a.err.Error(), "/gone: status 404") {
		t.Errorf("error %v", a.err)
	}
	if l := summarise([]answer{a}, func(a answer) time.Duration { return a.latency }); l.Requests != 0 {
		t.Errorf("a failure has latencies: %+v", l)
	}
}

// By the nearest rank: of ten values the 9th is not exceeded by nine tenths, and the 10th by none.
func TestQuantile(t *testing.T) {
	values := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for q, want := range map[float64]time.Duration{0: 1, .05: 1, .1: 1, .11: 2, .5: 5, .51: 6, .9: 9, .99: 10, 1: 10} {
		if got := quantile(values, q); got != want {
			t.Errorf("quantile %g is %d, want %d", q, got, want)
		}
	}
}

func TestSlowdownIsTheMedianOfThePairs(t *testing.T) {
	// Pairs: 10 → 12, 10 → 11 (the readers first), 10 → 30.
	r := result{
		RatePlanned: 200,
		Probes: []trial{
			{Seconds: 10, Processor: &usage{Service: 18}},
			{
				Readers:   true,
				Seconds:   12,
				took:      12 * time.Second,
				answers:   []answer{{kind: "a", latency: time.Millisecond}},
				Processor: &usage{Service: 18.5},
			},
			{Readers: true, Seconds: 11, took: 11 * time.Second},
			{Seconds: 10},
			{Seconds: 10},
			{Readers: true, Seconds: 30, took: 30 * time.Second},
		},
	}
	r.complete()
	if math.Abs(r.Slowdown-1.2) > 1e-12 || r.With != 12 || r.Without != 10 || r.Latency.P99 != 1 ||
		r.ByKind["a"].Requests != 1 || r.Cost != 500 {
		t.Errorf("slowdown %g, with %g, without %g, cost %g, %+v", r.Slowdown, r.With, r.Without, r.Cost, r.Latency)
	}
	var b strings.Builder
	if err := r.write(&b); err != nil ||
		!strings.Contains(b.String(), "slowdown 1.20 (median of pairs: 1.20, 1.10, 3.00)") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestOptions(t *testing.T) {
	for _, args := range []string{"", "--binary x y", "--binary x --rate 0", "--binary x --pairs 0",
		"--binary x --epochs 31"} {
		if _, err := parse(strings.Fields(args), &strings.Builder{}); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
	if o, err := parse([]string{"--binary", "x"}, &strings.Builder{}); err != nil || o.rate != 200 || o.pairs != 3 {
		t.Errorf("%+v, %v", o, err)
	}
}
