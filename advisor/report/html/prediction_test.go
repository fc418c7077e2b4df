package html

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/advisor/report/reporttest"
	"probewise/trainer"
)

// among is a prediction among 40 past runs whose deciles are 0, 0.1 … 1.
func among(mean, low, high float64) advisor.Prediction {
	p := *reporttest.Forecast(mean, low, high)
	p.PastRuns = 40
	for i := range deciles {
		p.Deciles = append(p.Deciles, trainer.Number(i)/10)
	}
	return p
}

func TestStanding(t *testing.T) {
	for name, c := range map[string]struct {
		p    advisor.Prediction
		want string
	}{
		"in the middle":        {among(0.65, 0.6, 0.7), "Between 60 and 70 % of the 40 past runs ended below it."},
		"in the lowest tenth":  {among(0.05, 0, 0.1), "Fewer than 10 % of the 40 past runs ended below it."},
		"in the highest tenth": {among(0.95, 0.9, 1), "At least 90 % of the 40 past runs ended below it."},
		"at the highest":       {among(1, 0.9, 1), "None of the 40 past runs ended above it."},
		"below all":            {among(-0.01, 0, 0.1), "All of the 40 past runs ended above it."},
		"an old record":        {*reporttest.Forecast(0.5, 0.4, 0.6), ""},
	} {
		if got := Standing(c.p); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAxisHoldsEverythingInTenths(t *testing.T) {
	narrow := *reporttest.Forecast(0.871, 0.852, 0.893)
	for name, c := range map[string]struct {
		p         advisor.Prediction
		reached   trainer.Number
		low, high float64
	}{
		"two tenths at least":  {narrow, trainer.Missing, 0.7, 1},
		"what was reached":     {narrow, 0.55, 0.5, 0.9},
		"the past runs":        {among(0.871, 0.852, 0.893), trainer.Missing, 0, 1},
		"never below 0":        {*reporttest.Forecast(0.02, 0.01, 0.05), trainer.Missing, 0, 0.2},
		"never above 1":        {*reporttest.Forecast(0.97, 0.95, 1), trainer.Missing, 0.8, 1},
		"ends that are tenths": {*reporttest.Forecast(0.5, 0.4, 0.6), trainer.Missing, 0.4, 0.6},
	} {
		low, high := axis(c.p, c.reached)
		if !near(low, c.low) || !near(high, c.high) {
			t.Errorf("%s: %g to %g, want %g to %g", name, low, high, c.low, c.high)
		}
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

func TestPredictionChartIsGolden(t *testing.T) {
	reporttest.Golden(t, "prediction.svg.golden", lined(string(PredictionChart(among(0.65, 0.55, 0.7), 0.68))))
	reporttest.Golden(t, "prediction-alone.svg.golden",
		lined(string(PredictionChart(*reporttest.Forecast(0.871, 0.852, 0.893), trainer.Missing))))
}

// lined puts each element of a drawing on a line of its own.
func lined(svg string) string { return strings.ReplaceAll(svg, "><", ">\n<") + "\n" }

// wellFormed fails on a drawing that is no XML or that a strict Content-Security-Policy would not show as it is.
func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("the drawing is not well-formed: %v\n%s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Value, "%!") {
					t.Errorf("<%s %s=%q>", e.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
}

func TestDrawingsAreWellFormed(t *testing.T) {
	for name, fixture := range reporttest.Advices {
		a, records := fixture(t)
		if a.Prediction != nil {
			wellFormed(t, string(PredictionChart(*a.Prediction, 0.5)))
		}
		for _, s := range trainer.Catalogue() {
			if p := NewPanel(records, a.Diagnoses, statistic{s}.key()); p != nil {
				wellFormed(t, string(p.Map))
				wellFormed(t, string(p.LastMap))
				wellFormed(t, string(p.Legend))
			} else if name != "failed" {
				t.Errorf("%s: no statistics", name)
			}
		}
	}
}

func TestDecileTableSaysWhatTheChartShows(t *testing.T) {
	table := DecileTable("d", among(0.65, 0.6, 0.7))
	if len(table.Rows) != 11 {
		t.Fatalf("%d rows, want 11", len(table.Rows))
	}
	for i, want := range map[int][2]string{0: {"lowest", "0.000"}, 3: {"30 %", "0.300"}, 5: {"50 % (median)", "0.500"},
		10: {"highest", "1.000"}} {
		if got := table.Rows[i]; got[0].Text != want[0] || got[1].Text != want[1] {
			t.Errorf("row %d: %v, want %v", i, got, want)
		}
	}
	if DecileTable("d", *reporttest.Forecast(0.5, 0.4, 0.6)).Rows != nil {
		t.Error("a table of past runs that are not known")
	}
}
