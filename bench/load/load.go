package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// target is something that readers ask for.
type target struct {
	kind string // what it is called in the table
	path string
	tag  string // the ETag that conditional requests have
}

// answer is what became of one request.
type answer struct {
	kind    string
	latency time.Duration // from the time it was due, not from when it was sent
	late    time.Duration // how long after that time it was sent
	bytes   int64
	cached  bool // 304
	err     error
}

// openLoop sends requests at times that a Poisson process of the given rate has, whether or not earlier ones are
// answered, until stopped is closed; then it waits for what is under way.
func openLoop(ctx context.Context, client *http.Client, url string, targets []target, rate float64, random *rand.Rand,
	stopped <-chan struct{}) ([]answer, time.Duration) {
	var mu sync.Mutex
	var all []answer
	var sent sync.WaitGroup
	began := time.Now()
	next := began
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next = next.Add(time.Duration(random.ExpFloat64() / rate * float64(time.Second)))
		due := next // each request has its own
		t, conditional := targets[random.IntN(len(targets))], random.IntN(2) == 0
		timer.Reset(time.Until(due)) // at once where the time has passed: what is due is sent, however late
		select {
		case <-stopped:
			took := time.Since(began)
			sent.Wait()
			return all, took
		case <-timer.C:
		}
		sent.Go(func() {
			a := ask(ctx, client, url, t, conditional, due)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, a)
		})
	}
}

// ask sends one request and reads the whole answer.
func ask(ctx context.Context, client *http.Client, url string, t target, conditional bool, due time.Time) answer {
	a := answer{kind: t.kind, late: time.Since(due)}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+t.path, nil)
	if err != nil {
		a.err = fmt.Errorf("GET %s: %w", t.path, err)
		return a
	}
	if conditional {
		request.Header.Set("If-None-Match", t.tag)
	}
	response, err := client.Do(request)
	if err != nil {
		a.latency, a.err = time.Since(due), err
		return a
	}
	defer response.Body.Close()
	a.bytes, err = io.Copy(io.Discard, response.Body)
	a.latency = time.Since(due)
	a.cached = response.StatusCode == http.StatusNotModified
	switch {
	case err != nil:
		a.err = fmt.Errorf("GET %s: %w", t.path, err)
	case response.StatusCode != http.StatusOK && (!a.cached || !conditional):
		a.err = fmt.Errorf("GET %s: status %d", t.path, response.StatusCode)
	}
	return a
}

// newReaders is the client of the load: connections stay open as a browser's do, and there is no limit on them, so that
// a slow answer never keeps another request from being sent.
func newReaders() *http.Client {
	return &http.Client{Timeout: time.Minute,
		Transport: &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 512, DisableCompression: true}}
}

// latencies are quantiles, in milliseconds.
type latencies struct {
	Requests int     `json:"requests"`
	P50      float64 `json:"p50_ms"`
	P90      float64 `json:"p90_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
}

// summarise takes the answers that came; where none did there is nothing but zeros.
func summarise(all []answer, of func(answer) time.Duration) latencies {
	values := make([]time.Duration, 0, len(all))
	for _, a := range all {
		if a.err == nil {
			values = append(values, of(a))
		}
	}
	if len(values) == 0 {
		return latencies{}
	}
	slices.Sort(values)
	at := func(q float64) float64 { return milliseconds(quantile(values, q)) }
	return latencies{Requests: len(values), P50: at(.5), P90: at(.9), P99: at(.99), Max: at(1)}
}

// quantile is the smallest value that a share q of the sorted values does not exceed (the nearest rank).
func quantile(sorted []time.Duration, q float64) time.Duration {
	rank := int(q * float64(len(sorted)))
	if float64(rank) < q*float64(len(sorted)) {
		rank++
	}
	return sorted[max(rank, 1)-1]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
