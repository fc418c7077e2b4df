package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"probewise/trainer/cuda"
)

// entries are the kernels of the PTX file, and the bytes of shared memory of each.
func entries(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("../../trainer/cuda/kernels.ptx")
	if err != nil {
		t.Fatal(err)
	}
	size := map[string]int{}
	shared := regexp.MustCompile(`\.shared \.align \d+ \.b8 (\w+)\[(\d+)\]`)
	for _, m := range shared.FindAllStringSubmatch(string(text), -1) {
		size[m[1]], _ = strconv.Atoi(m[2])
	}
	kernels := map[string]int{}
	for _, body := range strings.Split(string(text), ".entry ")[1:] {
		name, body, _ := strings.Cut(body, "(")
		kernels[name] = 0
		for array, bytes := range size {
			if regexp.MustCompile(`\b` + regexp.QuoteMeta(array) + `\b`).MatchString(body) {
				kernels[name] += bytes
			}
		}
	}
	return kernels
}

// TestEveryKernel: each kernel of the PTX file has its line, once, with figures that can be, and nothing else has one.
func TestEveryKernel(t *testing.T) {
	const folder = "../../trainer/graph/testdata/nets/"
	kernels := entries(t)
	var text, document bytes.Buffer
	if err := run([]string{"-kernels", "-net", folder + "A.json"}, &text); err != nil {
		t.Fatal(err)
	}
	var printed []string
	for _, line := range strings.Split(text.String(), "\n") {
		if name, _, _ := strings.Cut(line, " "); strings.HasPrefix(name, "pw_") {
			printed = append(printed, name)
		}
	}
	for name, shared := range kernels {
		if n := len(slices.DeleteFunc(slices.Clone(printed), func(s string) bool { return s != name })); n != 1 {
			t.Errorf("%s has %d lines", name, n)
		}
		if got := resources[name].shared; got < shared || got > shared+16 { // arrays are aligned
			t.Errorf("resources.go: %s has %d bytes of shared memory, the PTX %d", name, got, shared)
		}
	}
	if len(printed) != len(kernels) || len(resources) != len(kernels) {
		t.Errorf("%d kernels, %d lines, %d resources", len(kernels), len(printed), len(resources))
	}

	if err := run([]string{"-kernels", "-json", "-net", folder + "A.json"}, &document); err != nil {
		t.Fatal(err)
	}
	var all struct{ Kernels []reference }
	if err := json.Unmarshal(document.Bytes(), &all); err != nil || len(all.Kernels) != len(kernels) {
		t.Fatalf("%d kernels of %d: %v", len(all.Kernels), len(kernels), err)
	}
	for _, r := range all.Kernels {
		for _, l := range r.Lines {
			if l.Seconds < minKernel || l.Occupancy <= 0 || l.Occupancy > 1 || l.Bytes <= 0 || l.Double > l.FLOPs {
				t.Errorf("%+v", r)
			}
			if double := slices.Contains([]string{"pw_stats_moments", "pw_distance", "pw_squares"}, l.Kernel); double &&
				l.Double != l.FLOPs {
				t.Errorf("%s: %d of %d FLOP in double precision", l.Kernel, l.Double, l.FLOPs)
			}
			if product(l.Kernel) && l.Double != 0 {
				t.Errorf("%s: %d FLOP in double precision", l.Kernel, l.Double)
			}
		}
	}
	if err := run([]string{"-kernels", "-net", "none/A.json"}, &text); err == nil {
		t.Error("nets that are not there")
	}
}

// TestDouble: arithmetic in double precision takes as much longer as the card's unit for it is narrower.
func TestDouble(t *testing.T) {
	for _, c := range cards {
		l := cuda.Launch{Kernel: "pw_distance", Grid: [3]int{1 << 16, 1, 1}, Block: 256, FLOPs: 1 << 36}
		single, err := c.launch("", l)
		if err != nil {
			t.Fatal(err)
		}
		l.Double = l.FLOPs
		double, err := c.launch("", l)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := double.Seconds/single.Seconds, otherShare/doubleShare/c.DoubleRate; math.Abs(got-want) > 1e-9*want {
			t.Errorf("%s: %.3g times as long, want %.3g", c.Name, got, want)
		}
	}
}
