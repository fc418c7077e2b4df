package html

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func swept() advisor.RateTest {
	t := advisor.RateTest{Suggested: 1e-4, Epochs: 0.5}
	for i, loss := range []trainer.Number{2, 1, 3, trainer.Missing} {
		p := trainer.SweepPoint{LearningRate: []float64{1e-5, 1e-4, 1e-3, 1e-2}[i], Loss: loss}
		t.Points = append(t.Points, advisor.RatePoint{SweepPoint: p, Smoothed: loss})
	}
	return t
}

func TestRateChart(t *testing.T) {
	chart := string(RateChart(swept()))
	for what, part := range map[string]string{
		"the first point":   `<circle class="mean" cx="2.50%" cy="104.0" r="2.5"/>`, // loss 2 of 4…1: two thirds down of 120
		"the least":         `<circle class="mean" cx="34.17%" cy="144.0" r="2.5"/>`,
		"the suggestion":    `<line class="reached" x1="34.17%" x2="34.17%" y1="24" y2="144"/>`,
		"a decade":          `<text class="tick" x="65.83%" y="162" text-anchor="middle">0.001</text>`,
		"what it says":      "loss 2.000 to 1.000, suggested 0.0001",
		"what a reader has": "Range test of the learning rate:",
	} {
		if !strings.Contains(chart, part) {
			t.Errorf("no %s (%s) in\n%s", what, part, chart)
		}
	}
	if n := strings.Count(chart, "<circle"); n != 3 {
		t.Errorf("%d points, want the three that are known", n)
	}
	for d := xml.NewDecoder(strings.NewReader(chart)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, chart)
		}
	}
	if got := RateChart(advisor.RateTest{}); got != "" {
		t.Errorf("a chart of nothing: %s", got)
	}
}

func TestRateTable(t *testing.T) {
	table := RateTable("rates", swept())
	if len(table.Rows) != 4 || table.Rows[1][1].Text != "1.000" || table.Rows[3][2].Text != "–" {
		t.Errorf("got %+v", table.Rows)
	}
}
