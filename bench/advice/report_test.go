package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
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
	if err := s.write(filepath.Join(folder, "advice-cifar10")); err != nil {
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
		"called better in 1 of 2 cases",
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

func TestCalibrationPlot(t *testing.T) {
	s, err := summarise(madeUp())
	if err != nil {
		t.Fatal(err)
	}
	plot := calibrationPlot(s.Rows)
	if err := xml.Unmarshal(plot, new(struct{})); err != nil {
		t.Errorf("%v in\n%s", err, plot)
	}
	// Reached +10 and shown +12 (+5 … +20) on axes from −5 to +20: 400 pixels, 50 pixels from the edge.
	if want := `<path d="M290.0 290.0V50.0" stroke-opacity=".4"/><circle cx="290.0" cy="178.0"`; !bytes.Contains(
		plot, []byte(want)) {
		t.Errorf("%s is not in\n%s", want, plot)
	}
	if bytes.Count(plot, []byte("<circle")) != 3 {
		t.Errorf("want three nets in\n%s", plot)
	}
	if calibrationPlot(nil) != nil {
		t.Error("a plot of nothing")
	}
}

func TestDescribeRefusesOtherImages(t *testing.T) {
	var s Summary
	err := s.describe("cifar10", testSet, []Training{{TestImages: 50}, {TestImages: 100}})
	if err == nil || !strings.Contains(err.Error(), "50") {
		t.Errorf("got %v", err)
	}
}
