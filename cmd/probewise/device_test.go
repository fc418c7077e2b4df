package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseDevice(t *testing.T) {
	for text, want := range map[string]device{"auto": {"auto", 0}, "cpu": {"cpu", 0}, "gpu": {"gpu", 0},
		"gpu:0": {"gpu", 0}, "gpu:3": {"gpu", 3}} {
		if got, err := parseDevice(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "tpu", "gpu:", "gpu:-1", "gpu:x", "gpu:1024", "cpu:1", "auto:0", "GPU"} {
		if got, err := parseDevice(text); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

// TestExecGPUBuild: who runs the command, by what is there.
func TestExecGPUBuild(t *testing.T) {
	node, sibling, none := write(t, "nvidia0", ""), write(t, siblingName, ""), filepath.Join(t.TempDir(), "none")
	broken := errors.New("exit status 1: NoDevice")
	for _, c := range []struct {
		name, device, node, sibling string
		starts                      error
		became                      bool
		says, fails                 string
	}{
		{name: "cpu stays", device: "cpu", node: node, sibling: sibling},
		{name: "no card", device: "auto", node: none, sibling: sibling},
		{
			name:    "a card and its build",
			device:  "auto",
			node:    node,
			sibling: sibling,
			became:  true,
			says:    "device auto: running probewise-gpu",
		},
		{
			name:    "a card alone",
			device:  "auto",
			node:    node,
			sibling: none,
			says:    "not beside this program; training on the CPU",
		},
		{
			name:    "a build without a device",
			device:  "auto",
			node:    node,
			sibling: sibling,
			starts:  broken,
			says:    "cannot be used (exit status 1: NoDevice); training on the CPU",
		},
		{name: "a GPU is wanted", device: "gpu", node: none, sibling: sibling, became: true, says: "device gpu: running"},
		{name: "a GPU is wanted in vain", device: "gpu", node: node, sibling: none, fails: "go build -tags gpu"},
		{
			name:    "the wanted GPU is not there",
			device:  "gpu",
			node:    none,
			sibling: sibling,
			starts:  broken,
			fails:   "cannot be used: exit status 1: NoDevice",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var errOut bytes.Buffer
			var ran []string
			a := &app{errOut: &errOut, settings: settings{Device: c.device}}
			err := a.execGPUBuild(t.Context(), device{name: c.device}, environment{
				node:    c.node,
				sibling: c.sibling,
				starts:  func(context.Context, string) error { return c.starts },
				exec:    func(_ string, arguments, _ []string) error { ran = arguments; return nil },
			}, []string{"train", "a.json"})
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("error %v, want %q", err, c.fails)
			}
			if want := []string{c.sibling, "train", "a.json"}; c.became != slices.Equal(ran, want) {
				t.Errorf("ran %q", ran)
			}
			if c.says == "" && errOut.Len() > 0 || !strings.Contains(errOut.String(), c.says) {
				t.Errorf("said %q, want %q", errOut.String(), c.says)
			}
		})
	}
}

// TestStarts: a program beside this one that is no build for GPUs of this version is not given the command; this one
// would run itself for ever.
func TestStarts(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(asProgram, "1")
	if err := starts(t.Context(), self); gpuBuild == (err != nil) ||
		err != nil && !strings.Contains(err.Error(), "no build for GPUs") {
		t.Errorf("itself: %v", err)
	}
	if err := starts(t.Context(), filepath.Join(t.TempDir(), "none")); err == nil ||
		!strings.Contains(err.Error(), "does not start") {
		t.Errorf("no file: %v", err)
	}
	cpu, old, card := ability{Device: "cpu"}, ability{Device: "gpu:0", Name: "GTX 1080", Unusable: "sm_61; too old"},
		ability{Device: "gpu:1", Name: "H100"}
	for want, c := range map[string]checkup{
		"":                    {GPU: true, Version: version(), Devices: []ability{cpu, old, card}},
		"no build for GPUs":   {Version: version(), Devices: []ability{cpu}},
		"it is version other": {GPU: true, Version: "other", Devices: []ability{cpu, card}},
		"no device is usable: gpu:0 GTX 1080 is sm_61; too old": {
			GPU:     true,
			Version: version(),
			Devices: []ability{cpu, old},
		},
	} {
		if err := c.suits(); (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}

func TestDoctor(t *testing.T) {
	code, out, errOut := call(t, "doctor", "--json", "--data-dir", t.TempDir())
	var c checkup
	if err := json.Unmarshal([]byte(out), &c); err != nil || code != exitOK {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errOut)
	}
	if len(c.Devices) == 0 || c.Devices[0].Device != "cpu" || !strings.Contains(c.Devices[0].Detail, "kernels") ||
		c.GPU != gpuBuild || len(c.Notes) == 0 {
		t.Errorf("%+v", c)
	}
	if code, out, _ := call(t, "doctor", "--data-dir", t.TempDir()); code != exitOK || !strings.Contains(out, "cpu    ") ||
		!strings.Contains(out, c.Notes[0]) {
		t.Errorf("exit %d: %s", code, out)
	}
}
