package html

import (
	"slices"
	"strings"
	"testing"

	"probewise/advisor/analysis"
	"probewise/advisor/figure"
	"probewise/trainer"
)

func relation(name string, correlation, beta, coefficient, importance float64) analysis.Relation {
	return analysis.Relation{
		Name:          name,
		Correlation:   trainer.Number(correlation),
		Beta:          trainer.Number(beta),
		Coefficient:   trainer.Number(coefficient),
		StandardError: 0.1,
		PValue:        0.0004,
		Importance:    trainer.Number(importance),
		Spread:        0.05,
		Hits:          16,
		Confirmed:     importance > 0,
	}
}

func unknown(name, reason string) analysis.Relation {
	none := trainer.Missing
	return analysis.Relation{
		Name:          name,
		Correlation:   none,
		Beta:          none,
		Coefficient:   none,
		StandardError: none,
		PValue:        none,
		Importance:    none,
		Spread:        none,
		Reason:        reason,
	}
}

func related() analysis.StatisticsTable {
	ridge := relation("activation_variance", 0.9, 4, 0.3, -0.02)
	ridge.StandardError, ridge.PValue, ridge.Reason = trainer.Missing, trainer.Missing, "a ridge: no p-value"
	return analysis.StatisticsTable{
		Dataset:  "made-up",
		Images:   1000,
		Epochs:   9,
		PastRuns: 40,
		Target:   analysis.Validation,
		Reason:   "middle: too few past runs: 3, want at least 20",
		Positions: []analysis.PositionTable{
			{
				Position: trainer.AllLayers,
				Runs:     40,
				Linear:   analysis.Fit{InSample: 0.9, HeldOut: -0.2},
				Forest:   analysis.Fit{InSample: 0.95, HeldOut: 0.5},
				Statistics: []analysis.Relation{relation("weight_variance", -0.5, 0.25, -0.2, 0.1),
					unknown("dead_units", "constant"), unknown("gradient_noise", "constant"), ridge},
			},
			{
				Position: trainer.DenseLayers,
				Runs:     38,
				Linear:   analysis.Fit{InSample: 0.8, HeldOut: 0.1},
				Forest:   analysis.Fit{InSample: 0.9, HeldOut: 0.4},
				Statistics: []analysis.Relation{relation("weight_variance", 0.25, -0.5, 0.1, 0.3), unknown("dead_units", ""),
					unknown("gradient_noise", ""), ridge},
			},
		},
	}
}

func TestStatisticsView(t *testing.T) {
	v := ViewStatistics(related(), trainer.AllLayers, "")
	if want := "40 past runs of made-up (1,000 images × 9 epochs), statistics at the end of the run, related to the " +
		"final validation accuracy."; v.About != want {
		t.Errorf("%q, want %q", v.About, want)
	}
	if v.Reason != "middle: too few past runs: 3, want at least 20" || v.Absent != "" {
		t.Errorf("%q, %q", v.Reason, v.Absent)
	}
	r := v.Relations
	var titles []string
	for _, c := range r.Charts {
		titles = append(titles, c.Title)
	}
	if want := []string{"Correlation", "Beta", "Linear coefficient", "Forest importance"}; !slices.Equal(titles, want) {
		t.Errorf("panels %v", titles)
	}
	if want := []string{"Dead units, gradient noise: constant",
		"Activation variance: a ridge: no p-value"}; !slices.Equal(r.Notes, want) {
		t.Errorf("notes %q, want %q", r.Notes, want)
	}
	if values := string(r.Charts[2].Values); !strings.Contains(values, ">-0.200  p &lt;.001</text>") ||
		!strings.Contains(values, ">0.300  p –</text>") {
		t.Errorf("coefficients %s", lined(values))
	}
	if values := string(r.Charts[3].Values); !strings.Contains(values, ">0.100\u00a0✓</text>") ||
		!strings.Contains(values, ">-0.020\u00a0\u00a0</text>") {
		t.Errorf("importances %s", lined(values))
	}
	// From -0.2 - 0.1 to 0.3: seven and more steps of .05 become the ends -0.3 and 0.3; a whisker of one standard error.
	if plot := string(r.Charts[2].Plot); !strings.Contains(plot, `<line class="whisker" x1="2.00%" x2="34.00%"`) {
		t.Errorf("coefficients %s", lined(plot))
	}
	first := r.Table.Rows[0]
	if first[0].Text != "weight variance" || first[1].Value != "-0.5" || first[3].Text != "-0.200" ||
		first[5].Value != "0.0004" {
		t.Errorf("row %v", first)
	}
	if missing := r.Table.Rows[1]; missing[1].Text != figure.Absent || missing[1].Value != "" ||
		missing[8].Text != figure.Absent || missing[9].Text != "constant" || first[8].Value != "16" {
		t.Errorf("row %v", missing)
	}
	if fits := v.Fits.Table.Rows; len(fits) != 2 || fits[0][2].Text != "-0.20" || fits[0][3].Text != "0.90" ||
		fits[1][1].Text != "38" {
		t.Errorf("fits %v", fits)
	}
	if absence := ViewStatistics(related(), trainer.MiddleLayers, ""); absence.Relations != nil ||
		absence.Absent != absence.Reason || absence.Picture.Map == "" {
		t.Errorf("%+v", absence)
	}
	if none := ViewStatistics(analysis.StatisticsTable{Reason: "no past runs"}, trainer.AllLayers,
		""); none.Relations != nil || none.Reason != "no past runs" || none.Picture.Map != "" {
		t.Errorf("%+v", none)
	}
}

// Classes are worked by hand: nine of equal width, zero in the middle where a method has two signs.
func TestPositionsAreOnTheScaleOfTheirMethod(t *testing.T) {
	for key, c := range map[string]struct{ scale, first string }{
		"correlation": {"linear, from -1 to 1, zero in the middle", "h2 h5"},     // (-.5+1)/2·9 = 2.25, 5.6
		"beta":        {"linear, each row with one of its own", "h6 h0"},         // .25 and -.5 of .5
		"coefficient": {"linear, from -0.3 to 0.3, zero in the middle", "h1 h6"}, // (-.2/.3+1)/2·9 = 1.5, 6
		"importance":  {"linear, from 0 to 0.3", "h3 h8"},                        // .1/.3·9 = 3
		"none of it":  {"linear, from -1 to 1, zero in the middle", "h2 h5"},     // as the first
	} {
		p := ViewStatistics(related(), trainer.AllLayers, key).Picture
		wellFormed(t, string(p.Map))
		if !strings.HasPrefix(p.Scale, c.scale) {
			t.Errorf("%s: %q, want %q", key, p.Scale, c.scale)
		}
		cells := strings.Split(string(p.Map), `<g class="`)
		if got := cells[1][:2] + " " + cells[2][:2]; got != c.first {
			t.Errorf("%s: classes %s, want %s", key, got, c.first)
		}
		if cells[3][:2] != "hx" {
			t.Errorf("%s: what is missing has the class %s", key, cells[3][:2])
		}
		if signed := strings.Contains(string(p.Map), "heat signed"); signed != (key != "importance") {
			t.Errorf("%s: signed %v", key, signed)
		}
		if len(p.Table.Rows) != 4 || p.Table.Columns[2].Title != "dense layers" {
			t.Errorf("%s: %+v", key, p.Table)
		}
	}
}

func TestHyperparametersView(t *testing.T) {
	table := analysis.HyperparameterTable{
		Dataset:  "made-up",
		Images:   1000,
		Epochs:   9,
		PastRuns: 40,
		Position: trainer.FirstTwo,
		Probe:    new(float64),
		Reason:   "weight_kurtosis: all targets are equal",
		Statistics: []analysis.StatisticTable{
			{
				Statistic:       "weight_update_ratio",
				Runs:            40,
				Linear:          analysis.Fit{InSample: 0.9, HeldOut: 0.1},
				Hyperparameters: []analysis.Relation{relation("log_l2", 0.5, 10, 0.02, 0.3), unknown("momentum", "constant")},
			},
			{
				Statistic:       "dead_units",
				Runs:            39,
				Hyperparameters: []analysis.Relation{relation("log_l2", -0.5, -0.02, -4, 0.3), unknown("momentum", "constant")},
			},
		},
	}
	v := ViewHyperparameters(table, "coefficient")
	if want := "40 past runs of made-up (1,000 images × 9 epochs), " +
		"statistics of the first two layers after initialisation."; v.About != want {
		t.Errorf("%q, want %q", v.About, want)
	}
	if v.Reason != "weight kurtosis: all targets are equal" || !slices.Equal(v.Notes, []string{"Momentum: constant"}) {
		t.Errorf("%q, %q", v.Reason, v.Notes)
	}
	svg := string(v.Picture.Map)
	wellFormed(t, svg)
	for _, want := range []string{ // the longest of the names has 8 letters, and each column fills its own scale
		`<text class="group" x="80" y="13">Weights</text>`, `>upd</text>`, `>dead</text>`,
		`<g class="h8"><title>log l2, weight update ratio: 0.02</title>`,
		`<g class="h0"><title>log l2, dead units: -4</title>`, `<g class="hx"><title>momentum, dead units: –</title>`,
		">-4.00</text>",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("%s is missing in\n%s", want, lined(svg))
		}
	}
	if len(v.Fits.Table.Rows) != 2 || v.Picture.Table.Rows[0][2].Value != "-4" {
		t.Errorf("%v, %v", v.Fits.Table.Rows, v.Picture.Table.Rows)
	}
	if notes := ViewHyperparameters(table, "importance").Notes; len(notes) != 1 {
		t.Errorf("%q", notes)
	}
	if none := ViewHyperparameters(analysis.HyperparameterTable{Reason: "no past runs"}, ""); none.Picture != nil ||
		none.Reason != "no past runs" {
		t.Errorf("%+v", none)
	}
}

func TestCardView(t *testing.T) {
	gain, low, high := 0.25, -0.05, 0.5
	card := analysis.Card{
		Dataset:  "made-up",
		PastRuns: 40,
		Images:   1000,
		Epochs:   9,
		Reason:   "at 5 epochs: too few past runs",
		Probe: []analysis.CardEntry{
			{Epochs: 0, Runs: 40, R2: -0.1, MAE: 0.2, Tau: 0.3, Coverage80: 0.81, Width80: 0.5},
			{Epochs: 3, Runs: 39, R2: 0.86, MAE: 0.05, Tau: 0.75, Coverage80: 0.795, Width80: 0.2,
				Quarters: []analysis.QuarterEntry{{Coverage80: 0.75, Width80: 0.4}, {}, {}, {Coverage80: 0.9, Width80: 0.05}},
				Trained:  analysis.TrainedEntry{Runs: 30, R2: 0.61, Tau: 0.58}},
		},
		Ablation: []analysis.AblationEntry{
			{Features: "last accuracy", Epochs: 0, R2: 0.1},
			{Features: "curve", Epochs: 0, R2: 0.35, Gain: &gain, Low: &low, High: &high},
			{Features: "last accuracy", Epochs: 3, R2: 0.6},
			{Features: "curve", Epochs: 3, R2: 0.6, Gain: new(float64), Low: &low, High: &high},
		},
		Revisions: &analysis.Revisions{
			Runs:              1,
			MeanError:         -0.02,
			MeanAbsoluteError: 0.02,
			Inside:            1,
			Latest:            []analysis.Revision{{Run: "r", Predicted: 0.8, Low: 0.75, High: 0.85, Reached: 0.78}},
		},
	}
	other := card
	other.Epochs, other.Probe, other.Reason = 20, nil, "too few past runs"
	v := ViewCard(analysis.Cards{Card: card,
		Others: []analysis.Card{other, {Dataset: "made-up", Images: 5, Epochs: 1, Probe: card.Probe[:1]}}})
	if v.Figures[1] != (Figure{"R²", "0.86", "held-out, after 3 epochs"}) ||
		v.Figures[3] != (Figure{"80 % interval covers", "80 %", "its mean width 0.200"}) {
		t.Errorf("%+v", v.Figures)
	}
	if rows := v.Cases.Rows; len(rows) != 2 || rows[0][1].Text != "–" || rows[1][1].Text != "75 % (0.400 wide)" ||
		rows[1][6].Text != "0.61" {
		t.Errorf("cases %+v", rows)
	}
	if v.Reason != "at 5 epochs: too few past runs" || len(v.Quality) != 5 || len(v.Table.Rows) != 2 ||
		v.Table.Rows[0][2].Value != "-0.1" || v.Table.Rows[1][1].Text != "39" {
		t.Errorf("%q, %d panels, %v", v.Reason, len(v.Quality), v.Table.Rows)
	}
	if want := "Revised architectures trained in full: 1 run, each predicted before. Reached minus predicted: -2.0 " +
		"points on average, 2.0 without the sign; 100 % inside the interval."; v.Trained != want {
		t.Errorf("%q, want %q", v.Trained, want)
	}
	if rows := v.Latest.Rows; len(rows) != 1 || len(rows[0]) != len(v.Latest.Columns) || rows[0][4].Text != "0.780" ||
		rows[0][5].Text != "-2.0" {
		t.Errorf("%v", rows)
	}
	// Coverage goes from 0 to 0.9: 80 % stands at 2 + 96·8/9.
	if plot := string(v.Quality[3].Plot); !strings.Contains(plot, `<line class="mark" x1="87.33%"`) {
		t.Errorf("coverage %s", lined(plot))
	}
	if v.Alone.Charts != nil {
		t.Errorf("models alone that are not known: %+v", v.Alone)
	}
	card.Probe = card.Probe[1:]
	card.Probe[0].Members = []analysis.MemberEntry{{Name: "ridge", R2: -0.14}, {Name: "extra trees", R2: 0.5}}
	alone := ViewCard(analysis.Cards{Card: card}).Alone
	// From -0.2 to 1, which is 80 % a unit: zero stands at 18.
	if len(alone.Charts) != 3 || alone.Charts[2].Title != "Extra trees" ||
		!strings.Contains(string(alone.Charts[2].Plot), `x="18.00%" y="5" width="40.00%"`) ||
		alone.Table.Rows[0][2].Value != "-0.14" {
		t.Errorf("%+v", alone)
	}
	if len(v.Ablation.Charts) != 2 || v.Ablation.Charts[0].Title != "Last accuracy alone: R²" ||
		v.Ablation.Charts[1].Title != "+ curve: gain" {
		t.Fatalf("%+v", v.Ablation.Charts)
	}
	// Gains go from -0.1 to 0.5: six steps of 16 %, so that zero stands at 18 and the whisker from 10 to 98.
	for _, want := range []string{`<rect class="bar positive" x="18.00%" y="5" width="40.00%"`,
		`<line class="whisker" x1="10.00%" x2="98.00%" y1="11" y2="11"/>`} {
		if plot := string(v.Ablation.Charts[1].Plot); !strings.Contains(plot, want) {
			t.Errorf("%s is missing in\n%s", want, lined(plot))
		}
	}
	if rows := v.Ablation.Table.Rows; len(rows) != 4 || rows[1][1].Text != "+ curve" || rows[1][3].Text != "+0.250" ||
		rows[0][3].Text != figure.Absent || rows[1][4].Value != "-0.05" {
		t.Errorf("%v", rows)
	}
	if rows := v.Others.Rows; len(rows) != 2 || rows[0][0].Text != "1,000 images × 20 epochs" ||
		!strings.HasPrefix(rows[0][2].Text, "no figures: too few") || rows[1][3].Text != "-0.10" ||
		len(rows[0]) != len(v.Others.Columns) {
		t.Errorf("%v", rows)
	}
	if none := ViewCard(analysis.Cards{Card: analysis.Card{Reason: "no past runs"}}); none.Quality != nil ||
		none.Reason != "no past runs" {
		t.Errorf("%+v", none)
	}
}
