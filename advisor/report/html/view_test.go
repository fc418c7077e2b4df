package html

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"probewise/advisor"
	"probewise/advisor/report"
	"probewise/advisor/report/reporttest"
	"probewise/trainer"
	"probewise/trainer/patch"
)

func TestMain(m *testing.M) {
	text.OverrideRuneWidthEastAsianWidth(false) // in any locale
	m.Run()
}

func view(t *testing.T, name string) AdviceView {
	t.Helper()
	a, records := reporttest.Advices[name](t)
	v, err := View(a, records, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestViewOfAnAdvice(t *testing.T) {
	v := view(t, "advised")
	wantFigures := []Figure{
		{"Predicted now", "0.871", "0.852–0.893"},
		{"Predicted after the changes", "0.892", "0.873–0.914"},
		{"Expected gain", "+2.1", "points in full training (+0.8…+3.4)"},
		{"Another seed alone", "±0.8", "points, in a net like this one"},
		{"Gained in trials", "+1.5", "points of validation accuracy after 3 epochs, 2 fresh seeds"},
	}
	if !slices.Equal(v.Figures, wantFigures) {
		t.Errorf("figures %+v, want %+v", v.Figures, wantFigures)
	}
	if want := "Better: 5 changes take the predicted test accuracy from 0.871 to 0.892; "; !strings.HasPrefix(v.Headline,
		want) {
		t.Errorf("%q, want %q first", v.Headline, want)
	}
	first, third, last := v.Suggestions[0], v.Suggestions[2], v.Suggestions[4]
	if first.Gain != "+2.1" || first.Interval != "+0.8…+3.4" || first.Epochs != "1" || first.Observed != "+1.3" ||
		first.Class != "better" || first.Verdict != "better" || !first.Followed || first.Trial != "r1" ||
		first.Verified != "v1" || first.Brief+first.Others != "Ladder the filters up: conv1 8, conv2 16 +3" {
		t.Errorf("%+v", first)
	}
	if want := "remove a_dense_layer_with_a_rather_long_name (dense, units 64)"; first.Lines[0] != want ||
		len(first.Lines) != 5 {
		t.Errorf("%q, want %q first of 5", first.Lines, want)
	}
	if third.Gain != "-0.4" || third.Title != "Add L2 0.001 to dense1" || third.Class != "unclear" ||
		third.Verdict != "no clear difference" || third.Followed || third.Verified != "" {
		t.Errorf("%+v", third)
	}
	if last.Trial != "" || last.Class != "untried" || last.Gain != "–" || last.Chart != "" || last.Epochs != "–" {
		t.Errorf("%+v", last)
	}
	if want := []PartView{{"+1.2", "Ladder the filters up: conv1 8, conv2 16"},
		{"+0.7", "Trim the dense layers to three"}, {"–", "Add L2 0.001 to dense1"}}; !slices.Equal(v.Revised.Parts, want) {
		t.Errorf("parts %+v, want %+v", v.Revised.Parts, want)
	}
	if v.Search.Text != "0.93 of 1 full training of the net spent, the probe included, in 1 round." ||
		len(v.Search.Table.Rows) != 3 || v.Search.Table.Rows[0][3].Text != "+0.7" ||
		v.Search.Table.Rows[2][4].Text != "Ladder the filters up: conv1 8, conv2 16 +3" {
		t.Errorf("%+v", v.Search)
	}
	if r := v.RateTest; r == nil || !strings.HasSuffix(r.Text, " 0.1, suggests 0.003; 0.50 epochs of training.") ||
		!strings.Contains(string(r.Chart), "suggested 0.003") || len(r.Table.Rows) != 70 {
		t.Errorf("%+v", r)
	}
	var edits []patch.Edit
	if err := json.Unmarshal([]byte(first.Patch), &edits); err != nil || len(edits) != 6 ||
		edits[2].Path != "/layers/2/filters" {
		t.Errorf("%v: %s", err, first.Patch)
	}
	var severities []advisor.Severity
	for _, d := range v.Diagnoses {
		severities = append(severities, d.Severity)
	}
	if want := []advisor.Severity{advisor.High, advisor.Medium, advisor.Low}; !slices.Equal(severities, want) {
		t.Errorf("%v, want the worst first", severities)
	}
	if len(v.Forecast.Warnings) != 1 || !strings.HasPrefix(v.Forecast.Warnings[0], "The last validation accuracy") {
		t.Errorf("%q", v.Forecast.Warnings)
	}
	if revised := v.Revised.JSON; !strings.HasPrefix(revised, "{\n  \"classes\": 10,\n") ||
		!strings.HasSuffix(revised, "}\n") {
		t.Errorf("%.60q", revised)
	}
}

func TestViewSaysWhyNot(t *testing.T) {
	if v := view(t, "unpredicted"); v.Forecast != nil || !strings.HasPrefix(v.NoForecast, "0 past runs of") ||
		len(v.Figures) != 3 || v.Figures[0].Number != "+4.1" || v.Revised.Forecast != nil {
		t.Errorf("%q, %+v", v.NoForecast, v.Figures)
	}
	if v := view(t,
		"diverged"); v.Short != "The probe diverged: after epoch 1.75 of 3 its numbers were no longer finite." ||
		!strings.HasPrefix(v.Headline, "No change advised: of 1 change tried") {
		t.Errorf("%q, %q", v.Short, v.Headline)
	}
	r := view(t, "diverged").RateTest
	if r == nil || !strings.Contains(r.Text, "suggests nothing: the test ended after 1") ||
		r.Chart != "" || len(r.Table.Rows) != 1 {
		t.Errorf("%+v", r)
	}
	if v := view(t, "sound"); v.RateTest != nil || v.NoRevised != "No change advised: no rule found anything to change." ||
		len(v.Diagnoses) != 0 {
		t.Errorf("%q, %v", v.NoRevised, v.Diagnoses)
	}
	if v := view(t, "failed"); v.Error == "" || len(v.Suggestions) != 0 || v.Panel != nil || len(v.Curve.Rows) != 0 {
		t.Errorf("%+v", v)
	}
}

// All gains share an axis, and zero stands at the same place.
func TestGainsShareAnAxis(t *testing.T) {
	zero := regexp.MustCompile(`<line class="zero" x1="([0-9.]+)%"`)
	places := map[string]bool{}
	for _, c := range view(t, "crowded").Suggestions {
		m := zero.FindStringSubmatch(string(c.Chart))
		if m == nil || !strings.Contains(string(c.Chart), `class="gain unclear"`) {
			t.Fatalf("%s", c.Chart)
		}
		places[m[1]] = true
	}
	if len(places) != 1 {
		t.Errorf("zero stands at %v", places)
	}
}

// Every figure of a page's tables is written as the text report writes it.
func TestCurveReadsAsTheTextReport(t *testing.T) {
	a, records := reporttest.Advised(t)
	var text strings.Builder
	if err := report.Text(&text, a, records, report.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, row := range Curve("curve", "", records, false).Rows {
		if epoch := row[0].Text; !strings.Contains(epoch, ".") {
			for _, c := range row[1:] {
				if !strings.Contains(text.String(), c.Text) {
					t.Errorf("epoch %s: %s is not in the text report", epoch, c.Text)
				}
			}
		}
	}
	if got := Curve("curve", "", records, false).Plots(); !slices.Equal(got, []string{"Accuracy", "Loss"}) {
		t.Errorf("charts %v", got)
	}
	if n, m := len(Curve("c", "", records, true).Columns), len(Curve("c", "", records, false).Columns); n != 7 || m != 6 {
		t.Errorf("%d columns with test accuracy and %d without, want 7 and 6", n, m)
	}
	if note := Curve("curve", "", records, false).Note; note != "" {
		t.Errorf("a net without batch norm has the note %q", note)
	}
	records[0].NormBatches = 16
	if note := Curve("curve", "", records, false).Note; note == "" || note != report.Normalised(records) {
		t.Errorf("a net with batch norm has the note %q", note)
	}
	if a.Prediction == nil {
		t.Error("the fixture has no prediction")
	}
}

// Runs of different length stand side by side; where one has no record there is a gap.
func TestCompare(t *testing.T) {
	record := func(epoch float64, accuracy trainer.Number) trainer.EpochRecord {
		return trainer.EpochRecord{Epoch: epoch, ValidationAccuracy: accuracy}
	}
	table := Compare("id", "caption", []Trial{
		{"Probe", []trainer.EpochRecord{record(0, 0.1), record(1, 0.5), record(2, 0.6)}},
		{"Suggestion 1", []trainer.EpochRecord{record(0, 0.1), record(1, trainer.Missing)}},
	})
	want := [][]string{{"0", "0.100", "0.100"}, {"1", "0.500", "–"}, {"2", "0.600", "–"}}
	for i, row := range table.Rows {
		for j, c := range row {
			if c.Text != want[i][j] || (c.Value == "") != (c.Text == "–") {
				t.Errorf("row %d, column %d: %+v, want %s", i, j, c, want[i][j])
			}
		}
	}
	if len(table.Rows) != 3 {
		t.Errorf("%d rows, want 3", len(table.Rows))
	}
}

func TestViewOfARun(t *testing.T) {
	r, records := reporttest.Trained(t)
	v := ViewRun(r, records, "")
	if want := "Predicted 0.892, reached 0.875: -1.8 points, inside the 80 % interval 0.873–0.914."; v.Verdict != want {
		t.Errorf("%q, want %q", v.Verdict, want)
	}
	if want := []Figure{{"Test accuracy", "0.875", "on all test images, after 15 epochs"},
		{"Predicted", "0.892", "0.873–0.914"}}; !slices.Equal(v.Figures, want) {
		t.Errorf("%+v, want %+v", v.Figures, want)
	}
	if v.Weights != "of epoch 12, 219 kB (safetensors)" || len(v.Outcome) != 5 || v.Outcome[4][1] != "0.878" {
		t.Errorf("weights %q, outcome %q", v.Weights, v.Outcome)
	}
	r.Predicted = reporttest.Forecast(0.7745, 0.7, 0.8)
	if v := ViewRun(r, records, ""); !strings.Contains(v.Verdict,
		"+10.0 points, outside") {
		t.Errorf("%q", v.Verdict)
	}
	r, records = reporttest.Broken(t)
	r.Predicted = reporttest.Forecast(0.8, 0.7, 0.8)
	v = ViewRun(r, records, "")
	if v.Ended != "The run diverged in epoch 2: its numbers were no longer finite. 1 epoch finished." || v.Verdict != "" {
		t.Errorf("%q, %q", v.Ended, v.Verdict)
	}
}
