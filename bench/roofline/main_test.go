package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// TestRun: the kernels of a step do the arithmetic that the net is said to cost, and both cards get a line.
func TestRun(t *testing.T) {
	for _, net := range []string{"A", "B", "C"} {
		file := "../../trainer/graph/testdata/nets/" + net + ".json"
		s, err := stepOf(file, 0)
		if err != nil {
			t.Fatal(err)
		}
		var products int64
		for _, w := range s.works {
			for _, l := range w.Launches {
				if product(l.Kernel) {
					products += l.FLOPs
				}
			}
		}
		// Forward, data and filter gradients of all layers but the data gradient of the first: between two and three times
		// forward.
		if want := s.forward(t, file); products < 2*want || products > 3*want {
			t.Errorf("net %s: %d FLOP of products, %d forward", net, products, want)
		}
	}
	var out bytes.Buffer
	if err := run([]string{"-net", "../../trainer/graph/testdata/nets/A.json", "-batch", "16", "-json"},
		&out); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Batch       int
		Assumptions []string
		Cards       []report
	}
	if err := json.Unmarshal(out.Bytes(), &document); err != nil || document.Batch != 16 ||
		len(document.Cards) != len(cards) || len(document.Assumptions) == 0 {
		t.Fatalf("%v: %s", err, out.String())
	}
	for _, r := range document.Cards {
		if r.Step <= 0 || r.Step < r.Device || r.Step < r.Host || r.Torch <= 0 || len(r.Launches) < 50 {
			t.Errorf("%s: %+v", r.Card.Name, r)
		}
		for _, l := range r.Launches {
			if l.Occupancy <= 0 || l.Occupancy > 1 || l.Seconds < minKernel || l.Bytes < 0 {
				t.Errorf("%s: %+v", r.Card.Name, l)
			}
		}
	}
	out.Reset()
	if err := run([]string{"-net", "../../trainer/graph/testdata/nets/B.json", "-launches"}, &out); err != nil ||
		!strings.Contains(out.String(), "never run on a card") {
		t.Errorf("%v: %s", err, out.String())
	}
	if err := run([]string{"-net", "none.json"}, &out); err == nil {
		t.Error("a net that is not there")
	}
}

// forward is the arithmetic of the net's forward products for the step's images.
func (s step) forward(t *testing.T, file string) int64 {
	t.Helper()
	var forward int64
	for i, c := range s.calls {
		if isBackward(c.Op) {
			break
		}
		for _, l := range s.works[i].Launches {
			if product(l.Kernel) {
				forward += l.FLOPs
			}
		}
	}
	if forward == 0 {
		t.Fatalf("%s: no products", file)
	}
	return forward
}
