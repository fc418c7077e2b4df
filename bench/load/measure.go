package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// fullEpochs is the length of the full run that the probe is the beginning of, and so the most epochs of the probe.
const fullEpochs = 30

// The probe whose time is measured, and the network that advice is asked about beforehand, whose report has all parts.
const (
	probed = `{"version": 1, "name": "load-probe", "layers": [
 {"type": "conv", "filters": 16, "kernel": 3, "padding": "same", "activation": "relu"}, {"type": "max_pool", "size": 2},
 {"type": "conv", "filters": 32, "kernel": 3, "padding": "same", "activation": "relu"}, {"type": "max_pool", "size": 2},
 {"type": "conv", "filters": 48, "kernel": 3, "padding": "same", "batch_norm": true, "activation": "relu"},
 {"type": "max_pool", "size": 2}, {"type": "flatten"}, {"type": "dense", "units": 64, "activation": "relu"},
 {"type": "dense", "units": 10, "activation": "softmax"}],
 "training": {"epochs": 30, "seed": 1}}`
	advised = `{"version": 1, "name": "load-advice", "layers": [
 {"type": "conv", "filters": 4, "kernel": 3, "padding": "same", "activation": "relu"},
 {"type": "conv", "filters": 4, "kernel": 3, "padding": "same", "activation": "relu"}, {"type": "max_pool", "size": 2},
 {"type": "conv", "filters": 4, "kernel": 3, "padding": "same", "activation": "relu"}, {"type": "max_pool", "size": 2},
 {"type": "flatten"}, {"type": "dense", "units": 16, "activation": "relu"},
 {"type": "dense", "units": 32, "activation": "relu"},
 {"type": "dense", "units": 64, "activation": "relu"}, {"type": "dense", "units": 128, "activation": "relu"},
 {"type": "dense", "units": 10, "activation": "softmax"}], "training": {"epochs": 15, "seed": 1}}`
)

// listLength is how many advice are made: what the first page of the list has.
const listLength = 12

// advice is what is needed of an answer.
type advice struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Error    string `json:"error"`
	ProbeRun string `json:"probe_run"`
}

// prepare has advice made: a whole one, which readers read, and quick ones, which the list has beside it.
func prepare(ctx context.Context, s *service) (advice, error) {
	var whole advice
	for i := range listLength {
		probe := map[string]any{"epochs": 1, "images": 500, "seed": 2 + i}
		if i == listLength-1 {
			probe = map[string]any{"epochs": 3}
		}
		request := map[string]any{"architecture": json.RawMessage(advised), "probe": probe, "verify": i == listLength-1}
		if _, err := s.post(ctx, "/v1/advice?wait=2m", request, &whole); err != nil {
			return whole, err
		}
		if whole.State != "succeeded" {
			return whole, fmt.Errorf("advice %s %s: %s", whole.ID, whole.State, whole.Error)
		}
	}
	return whole, nil
}

// targetsOf lists what readers ask for, with the tags that the answers have now. The page says how old the advice is,
// so its tag is outdated after a while and its condition then fails, as it does for a reader.
func targetsOf(ctx context.Context, s *service, a advice) ([]target, error) {
	all := []target{
		{kind: "advice", path: "/v1/advice/" + a.ID},
		{kind: "list", path: "/v1/advice"},
		{kind: "epochs", path: "/v1/runs/" + a.ProbeRun + "/epochs"},
		{kind: "layers", path: "/v1/runs/" + a.ProbeRun + "/layers"},
		{kind: "report page", path: "/advice/" + a.ID},
		{kind: "script", path: "/static/vendor/uplot/uPlot.esm.js"},
	}
	for i := range all {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+all[i].path, nil)
		if err != nil {
			return nil, fmt.Errorf("GET %s: %w", all[i].path, err)
		}
		response, err := s.client.Do(request)
		if err != nil {
			return nil, err
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if all[i].tag = response.Header.Get("ETag"); err != nil || response.StatusCode != http.StatusOK || all[i].tag == "" {
			return nil, fmt.Errorf("GET %s: status %d, ETag %q: %w", all[i].path, response.StatusCode, all[i].tag, err)
		}
	}
	return all, nil
}

// trial is one probe, or a time without one.
type trial struct {
	Readers   bool       `json:"readers"`
	Seconds   float64    `json:"seconds"` // of the probe, from the request to the answer
	Rate      float64    `json:"requests_per_second,omitempty"`
	Errors    int        `json:"errors"`
	Latency   *latencies `json:"latency,omitempty"`
	Processor *usage     `json:"processor_seconds,omitempty"` // absent where the system does not tell
	answers   []answer
	outcome   string
	took      time.Duration // that readers came
}

// bench does trials.
type bench struct {
	service *service
	options options
	targets []target
	readers *http.Client
	random  *rand.Rand
}

// probe trains the probe, and has readers come meanwhile when asked to.
func (b *bench) probe(ctx context.Context, readers bool) (trial, error) {
	request := map[string]any{"architecture": json.RawMessage(probed), "kind": "probe", "stop_after": b.options.epochs,
		"budget": map[string]any{"epochs": fullEpochs}}
	return b.trial(ctx, readers, func(t *trial) error {
		var run struct {
			State   string
			Outcome map[string]any
		}
		took, err := b.service.post(ctx, "/v1/runs?wait=5m", request, &run)
		if err != nil {
			return err
		}
		if run.State != "succeeded" {
			return fmt.Errorf("the probe has %s", run.State)
		}
		t.Seconds = took.Seconds()
		for _, name := range []string{"seconds", "parameter_efficiency"} { // what depends on time
			delete(run.Outcome, name)
		}
		outcome, err := json.Marshal(run.Outcome)
		t.outcome = string(outcome)
		return err
	})
}

// alone has readers come while nothing trains.
func (b *bench) alone(ctx context.Context) (trial, error) {
	return b.trial(ctx, true, func(*trial) error {
		timer := time.NewTimer(b.options.alone)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

func (b *bench) trial(ctx context.Context, readers bool, work func(*trial) error) (trial, error) {
	t := trial{Readers: readers}
	before, known := spent(b.service.command.Process.Pid)
	stopped, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		if readers {
			t.answers, t.took = openLoop(ctx, b.readers, b.service.url, b.targets, b.options.rate, b.random, stopped)
		}
	}()
	err := work(&t)
	close(stopped)
	<-ended
	if err != nil {
		return t, err
	}
	if after, ok := spent(b.service.command.Process.Pid); known && ok {
		used := after.since(before)
		t.Processor = &used
	}
	if readers {
		l := summarise(t.answers, func(a answer) time.Duration { return a.latency })
		t.Latency, t.Rate, t.Errors = &l, float64(l.Requests)/t.took.Seconds(), len(t.answers)-l.Requests
	}
	return t, nil
}

// measure does everything in its order: readers alone, then pairs of probes, of which every second one begins with
// readers, so that a machine that slows down or speeds up does not favour one side.
func measure(ctx context.Context, s *service, o options, said func(string, ...any)) (result, error) {
	r := result{RatePlanned: o.rate, ProbeEpochs: o.epochs, Seed: o.seed, Machine: machine()}
	said("making %d advice …", listLength)
	whole, err := prepare(ctx, s)
	if err != nil {
		return r, err
	}
	targets, err := targetsOf(ctx, s, whole)
	if err != nil {
		return r, err
	}
	b := &bench{s, o, targets, newReaders(), rand.New(rand.NewPCG(o.seed, 0))}
	said("readers alone, %s …", o.alone)
	if r.Alone, err = b.alone(ctx); err != nil {
		return r, err
	}
	var outcomes []string
	for i := range o.pairs {
		for _, readers := range []bool{i%2 == 1, i%2 == 0} {
			t, err := b.probe(ctx, readers)
			if err != nil {
				return r, err
			}
			said("pair %d of %d: probe of %d epochs %s in %.1f s", i+1, o.pairs, o.epochs, withOrWithout(readers), t.Seconds)
			r.Probes = append(r.Probes, t)
			outcomes = append(outcomes, t.outcome)
		}
	}
	slices.Sort(outcomes)
	if same := slices.Compact(outcomes); len(same) != 1 {
		return r, fmt.Errorf("the same probe ended differently: %q", same)
	}
	r.complete()
	return r, nil
}

func withOrWithout(readers bool) string {
	if readers {
		return "with readers"
	}
	return "without readers"
}
