package html

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/advisor/report/reporttest"
	"probewise/trainer"
)

func numbers(values ...float64) []trainer.Number {
	out := make([]trainer.Number, len(values))
	for i, v := range values {
		out[i] = trainer.Number(v)
	}
	return out
}

// Classes are worked by hand: nine of equal width between the ends.
func TestClasses(t *testing.T) {
	missing, huge := math.NaN(), math.MaxFloat64
	for name, c := range map[string]struct {
		values []float64
		want   string
		scale  string
	}{
		"linear: 0…9 in steps of 1": {[]float64{0, 0.9, 1.1, 4.5, 8.1, 9}, "h0 h0 h1 h4 h8 h8",
			"linear, from 0 to 9"},
		"linear below two orders":        {[]float64{1, 99}, "h0 h8", "linear, from 1 to 99"},
		"logarithmic from two orders on": {[]float64{1, 10, 100}, "h0 h4 h8", "logarithmic, from 1 to 100"},
		"a zero on a logarithmic scale":  {[]float64{0, 1e-6, 1}, "h0 h0 h8", "logarithmic, from 1e-06 to 1"},
		"signed: zero is in the middle": {[]float64{-9, -4.6, 0, 2, 4.6}, "h0 h2 h4 h5 h6",
			"linear, from -9 to 9, zero in the middle"},
		"a missing value": {[]float64{0, missing, 1}, "h0 hx h8", "linear, from 0 to 1"},
		"all are equal":   {[]float64{3, 3}, "h0 h0", "all values are 3"},
		"all are zero":    {[]float64{0, 0}, "h0 h0", "all values are 0"},
		"all are missing": {[]float64{missing, math.Inf(1)}, "hx hx", "all values are 0"},
		"the largest numbers": {[]float64{-huge, 0, huge}, "h0 h4 h8",
			"linear, from -1.8e+308 to 1.8e+308, zero in the middle"},
		"the least and the largest positive": {[]float64{5e-324, 1, huge}, "h0 h4 h8",
			"logarithmic, from 4.9e-324 to 1.8e+308"},
	} {
		values := numbers(c.values...)
		scale := ScaleOf(values)
		var got []string
		for _, v := range values {
			got = append(got, scale.Class(v))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", name, s, c.want)
		}
		if s := scale.String(); s != c.scale {
			t.Errorf("%s: %q, want %q", name, s, c.scale)
		}
	}
}

func TestHeatMapsAreGolden(t *testing.T) {
	a, records := reporttest.Advised(t)
	p := NewPanel(records, a.Diagnoses, "activations.variance")
	reporttest.Golden(t, "heatmap.svg.golden", lined(string(p.Map)))
	reporttest.Golden(t, "overview.svg.golden", lined(string(p.LastMap)))
}

func TestHeatMapEscapesNames(t *testing.T) {
	m := HeatMap{
		Label:   `"><script>`,
		Layers:  []string{"<b>&\"'"},
		Columns: []HeatColumn{{Title: "<i>", Name: "<u>", Group: "<s>"}},
		Values:  [][]trainer.Number{{1}},
	}
	svg := string(m.SVG())
	wellFormed(t, svg)
	for _, tag := range []string{"<script", "<b>", "<i>", "<u>", "<s>"} {
		if strings.Contains(svg, tag) {
			t.Errorf("%s is not escaped in %s", tag, svg)
		}
	}
}

func TestCellsHaveTextWhereThereIsRoom(t *testing.T) {
	for columns, want := range map[int]bool{4: true, 16: true, 40: false} {
		m := HeatMap{Layers: []string{"dense1"}, Values: [][]trainer.Number{make([]trainer.Number, columns)}}
		for range columns {
			m.Columns = append(m.Columns, HeatColumn{Title: "1"})
		}
		if got := regexp.MustCompile(`<g class="h0"><title>[^<]*</title><rect [^>]*/><text`).
			MatchString(string(m.SVG())); got != want {
			t.Errorf("%d columns: text in the cells %v, want %v", columns, got, want)
		}
	}
}

func TestPanelBeginsWithTheWorstDiagnosis(t *testing.T) {
	of := func(statistic string, s advisor.Severity) advisor.Diagnosis {
		return advisor.Diagnosis{Rule: "r", Layer: "dense2", Statistic: statistic, Severity: s}
	}
	_, records := reporttest.Advised(t)
	for name, c := range map[string]struct {
		key       string
		diagnoses []advisor.Diagnosis
		want      string
		marked    bool
	}{
		"nothing is wrong": {"", nil, "activations.variance", false},
		"the worst": {"",
			[]advisor.Diagnosis{of("gradient_l2_norm", advisor.Low), of("weight_variance_acceleration", advisor.High)},
			"weights.variance", true},
		"about the architecture": {"", []advisor.Diagnosis{of("filter_ratio", advisor.High)}, "activations.variance",
			false},
		"dead units": {"", []advisor.Diagnosis{of("dead_units", advisor.Medium)}, "activations.dead_units",
			true},
		"what was asked for": {"weights.mean", []advisor.Diagnosis{of("dead_units", advisor.Medium)}, "weights.mean",
			false},
		"a key that does not exist": {"weights.<script>", nil, "activations.variance", false},
	} {
		p := NewPanel(records, c.diagnoses, c.key)
		if p.Key != c.want || p.Marked != c.marked {
			t.Errorf("%s: %s, marked %v; want %s, %v", name, p.Key, p.Marked, c.want, c.marked)
		}
		chosen := 0
		for _, g := range p.Groups {
			for _, choice := range g.Choices {
				if choice.Selected {
					chosen++
				}
			}
		}
		if chosen != 1 {
			t.Errorf("%s: %d statistics are chosen", name, chosen)
		}
	}
}

// A panel's table has what its map shows: a row an epoch, a column a layer.
func TestPanelTableIsTheMapsTwin(t *testing.T) {
	_, records := reporttest.Advised(t)
	p := NewPanel(records, nil, "activations.variance")
	if len(p.Table.Rows) != len(records) || len(p.Table.Columns) != 1+len(records[0].Layers) {
		t.Fatalf("%d × %d, want %d × %d", len(p.Table.Rows), len(p.Table.Columns), len(records), 1+len(records[0].Layers))
	}
	// The fixture: activations' variance of the layer at position 1 is 1 + sin(0)/2 = 1 at epoch 0; dense2 is 10^(2·3) at
	// epoch 3.
	first, last := p.Table.Rows[0], p.Table.Rows[len(records)-1]
	if first[0].Text != "0" || first[1].Text != "1" || last[0].Value != "3" || last[4].Value != "1e+06" {
		t.Errorf("first row %v, last row %v", first, last)
	}
	if p.Table.Columns[4].Title != "dense2" || p.Table.Columns[4].Plot != "Variance" || !p.Table.Log {
		t.Errorf("%+v, logarithmic: %v", p.Table.Columns[4], p.Table.Log)
	}
}

func TestLongRunsAreThinned(t *testing.T) {
	records := make([]trainer.EpochRecord, 500)
	for i := range records {
		records[i] = trainer.EpochRecord{Epoch: float64(i), Layers: make([]trainer.LayerStatistics, 200)}
		for j := range records[i].Layers {
			records[i].Layers[j].Layer = fmt.Sprintf("conv%d", j)
		}
	}
	p := NewPanel(records, nil, "")
	if n := strings.Count(string(p.Map), "<title>"); n != 200*20 { // maxCells/200
		t.Errorf("%d cells", n)
	}
	if want := "20 of 500 records are shown, at even distances."; p.Note != want {
		t.Errorf("%q, want %q", p.Note, want)
	}
	if rows := p.Table.Rows; rows[0][0].Text != "0" || rows[19][0].Text != "499" {
		t.Errorf("from epoch %s to %s", rows[0][0].Text, rows[19][0].Text)
	}
}
