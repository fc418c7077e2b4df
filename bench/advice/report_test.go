package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	r := madeUp()
	s, err := summarise(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.describe("cifar10", testSet, r.trainings); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if _, err := pageOf(folder); err == nil {
		t.Error("a page without a summary")
	}
	if err := writeJSON(filepath.Join(folder, "advice-cifar10.json"), s); err != nil {
		t.Fatal(err)
	}
	page, err := pageOf(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"## cifar10, test set",
		"2 seeds, 50 test images",
		"| flawed | 3 | 2 | 67 % | +6.7 | +10.0 |",
		"| wider | 1 | 2 | 1 | 50 % | +0.5 |",
		"| flawed/a | learning-rate-too-high | 0.520 | 0.620 | +10.0 | +12.0 (+5.0 … +20.0) |",
		"better\nin 1 of 2 cases",
	} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("%q is not in the page:\n%s", want, page)
		}
	}
	data, err := os.ReadFile(filepath.Join(folder, "advice-cifar10.json"))
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"flawed", "sound", "arms", "calibration", "identical", "broken", "rows"} {
		if members[name] == nil {
			t.Errorf("no member %q", name)
		}
	}
	for _, name := range []string{
		"win_rate", "mean_gain", "median_gain", "gain_interval", "harm_rate", "compute_share",
	} {
		for _, group := range []string{"flawed", "sound"} {
			if _, ok := members[group].(map[string]any)[name]; !ok {
				t.Errorf("%s has no member %q", group, name)
			}
		}
	}
}

func TestDescribeRefusesOtherImages(t *testing.T) {
	var s Summary
	err := s.describe("cifar10", testSet, []Training{{TestImages: 50}, {TestImages: 100}})
	if err == nil || !strings.Contains(err.Error(), "50") {
		t.Errorf("got %v", err)
	}
}
