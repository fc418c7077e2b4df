package html

import (
	"strings"
	"testing"

	"probewise/advisor/figure"
	"probewise/advisor/report/reporttest"
	"probewise/trainer"
)

// Ends are worked by hand: multiples of 1, 2 or 5 times a power of ten that hold what is drawn.
func TestAxisEndsAreRound(t *testing.T) {
	for _, c := range [][4]float64{
		{-0.457, 0.33, -0.5, 0.4},
		{0, 0.61, 0, 0.7},
		{0, 0.15, 0, 0.16},
		{0, 0, 0, 1},
		{-3, 12, -4, 12},
		{0, 0.3, 0, 0.3},
		{-0.0003, 0, -0.0003, 0},
	} {
		if low, high := round(c[0], c[1]); !near(low, c[2]) || !near(high, c[3]) {
			t.Errorf("%g to %g: %g to %g, want %g to %g", c[0], c[1], low, high, c[2], c[3])
		}
	}
}

// four rows: below zero, above, with a whisker, missing.
func fourBars() Bars {
	return Bars{
		Rows: []string{"a", "b <i>", "c", "d"},
		By:   "row",
		Panels: []BarPanel{
			{
				Title: "Gain",
				Mark:  2,
				Bars: []Bar{bare(-1, "-1.0"), bare(3, "3.0"), {Value: 1, Low: 0.5, High: 2, Text: "1.0"},
					{Value: trainer.Missing, Low: trainer.Missing, High: trainer.Missing, Text: figure.Absent, Remark: `"constant"`}},
			},
			{
				Title: "In-sample",
				Pale:  true,
				Mark:  trainer.Missing,
				Bars:  []Bar{bare(0, "0"), bare(0.5, ".5"), bare(1, "1"), bare(1, "1")},
			},
		},
	}
}

// The axis goes from -1 to 3 over 96 of 100 %, so that a unit has 24 and zero stands at 26.
func TestBarsStandWhereTheyShould(t *testing.T) {
	drawn := fourBars().Draw()
	plot := string(drawn[0].Plot)
	for what, want := range map[string]string{
		"the bar below zero": `<rect class="bar negative" x="2.00%" y="5" width="24.00%" height="12"/>`,
		"the bar above":      `<rect class="bar positive" x="26.00%" y="27" width="72.00%" height="12"/>`,
		"the whisker": `<line class="whisker" x1="38.00%" x2="74.00%" y1="55" y2="55"/>` +
			`<line class="whisker" x1="38.00%" x2="38.00%" y1="51" y2="59"/>` +
			`<line class="whisker" x1="74.00%" x2="74.00%" y1="51" y2="59"/>`,
		"zero":              `<line class="zero" x1="26.00%" x2="26.00%" y1="0" y2="88"/>`,
		"the mark":          `<line class="mark" x1="74.00%" x2="74.00%" y1="0" y2="88"/>`,
		"the low end":       `<text class="tick" x="2.00%" y="102">-1</text>`,
		"the high end":      `<text class="tick" x="98.00%" y="102" text-anchor="end">3</text>`,
		"its name":          `aria-label="Gain by row: 3 bars from -1 to 3, 1 missing. The table has the same figures."`,
		"a whisker's title": `<title>c, Gain: 1.0 (0.5 to 2)</title>`,
		"why it is missing": `<title>d, Gain: – (&#34;constant&#34;)</title>`,
	} {
		if !strings.Contains(plot, want) {
			t.Errorf("%s: %s is missing in\n%s", what, want, lined(plot))
		}
	}
	if n := strings.Count(plot, `class="bar `); n != 3 {
		t.Errorf("%d bars, want 3", n)
	}
	if n := strings.Count(string(drawn[1].Plot), `class="bar pale"`); n != 4 {
		t.Errorf("%d pale bars, want 4", n)
	}
}

func TestPanelsShareTheirAxis(t *testing.T) {
	b := fourBars()
	b.Panels[0].Axis, b.Panels[1].Axis = "x", "x"
	if plot := string(b.Draw()[1].Plot); !strings.Contains(plot,
		`<rect class="bar pale" x="26.00%" y="49" width="24.00%" height="12"/>`) || !strings.Contains(plot, ">3</text>") {
		t.Errorf("the second panel has another axis:\n%s", lined(plot))
	}
	b.Panels[1].Axis = ""
	if plot := string(b.Draw()[1].Plot); !strings.Contains(plot, `x="2.00%" y="49" width="96.00%"`) {
		t.Errorf("the second panel has the axis of the first:\n%s", lined(plot))
	}
}

// An axis from -1 to 0.6 has 60 % a unit: a bar that goes on to -16 is cut at its end.
func TestBarsAreCut(t *testing.T) {
	b := Bars{Rows: []string{"a", "b"},
		Panels: []BarPanel{{Title: "R²", Cut: -1, Mark: trainer.Missing, Bars: []Bar{bare(-16, "-16"), bare(0.5, ".5")}}}}
	plot := string(b.Draw()[0].Plot)
	for _, want := range []string{
		`<rect class="bar negative" x="2.00%" y="5" width="60.00%" height="12"/><line class="cut" x1="6.00%" x2="6.00%"`,
		`<line class="zero" x1="62.00%"`, ">-1</text>", ">0.6</text>",
	} {
		if !strings.Contains(plot, want) {
			t.Errorf("%s is missing in\n%s", want, lined(plot))
		}
	}
	if strings.Count(plot, `class="cut"`) != 1 {
		t.Errorf("bars that are whole are cut:\n%s", lined(plot))
	}
}

func TestBarsAreWellFormed(t *testing.T) {
	whole := ""
	for _, d := range append(fourBars().Draw(), Bars{Panels: []BarPanel{{Title: "nothing"}}}.Draw()...) {
		for _, part := range []string{string(d.Names), string(d.Plot), string(d.Values)} {
			wellFormed(t, part)
			if strings.Contains(part, "<i>") || strings.Contains(part, "NaN") {
				t.Errorf("%s", part)
			}
			whole += part
		}
	}
	reporttest.Golden(t, "bars.svg.golden", lined(whole))
}
