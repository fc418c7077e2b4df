package html

import (
	"fmt"
	"html/template"
	"math"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// deciles of a prediction: the lowest, the first to the ninth, the highest.
const deciles = 11

// PredictionChart draws a prediction's interval above the test accuracies of the past runs, by tenths of the runs.
// Reached, where it is known, is what the full run came to. Places are percentages of the width, so that texts keep
// their size on any screen.
func PredictionChart(f advisor.Prediction, reached trainer.Number) template.HTML {
	low, high := axis(f, reached)
	at := func(v float64) float64 { return margin + (100-2*margin)*(v-low)/(high-low) }
	var d drawing
	past := len(f.Deciles) == deciles
	height, base := 76, 50
	if past {
		height, base = 126, 100
	}
	d.put(`<svg class="scale" width="100%%" height="%d" role="img" aria-label="%s">`, height, esc(chartLabel(f, reached)))
	for i := range int(math.Round((high-low)*10)) + 1 {
		v := low + float64(i)/10
		d.upright("grid", at(v), 20, base)
		d.put(`<text class="tick" x="%.2f%%" y="%d" text-anchor="middle">%.1f</text>`, at(v), base+18, v)
	}
	d.put(`<text class="label" x="0" y="12">%s</text>`,
		esc(fmt.Sprintf("predicted %s (%s)", figure.Share(f.TestAccuracy), figure.Interval(f.Low, f.High))))
	d.bar("interval", at(f.Low), at(f.High), 27, 10)
	d.put(`<circle class="mean" cx="%.2f%%" cy="32" r="6"/>`, at(f.TestAccuracy))
	if reached.Known() {
		d.put(`<text class="label" x="100%%" y="12" text-anchor="end">reached %s</text>`, figure.Share(reached))
		d.upright("reached", at(float64(reached)), 20, 44)
	}
	if past {
		d.put(`<text class="label" x="0" y="64">%s</text>`,
			esc(fmt.Sprintf("%s, a tenth of them in each step", figure.Counted(f.PastRuns, "past run"))))
		for i := range deciles - 1 {
			d.bar(fmt.Sprintf("tenth d%d", min(i, deciles-2-i)), at(float64(f.Deciles[i])), at(float64(f.Deciles[i+1])), 76, 14)
		}
		d.upright("median", at(float64(f.Deciles[deciles/2])), 72, 94)
	}
	return d.done()
}

// margin is left free at both ends of the axis, in percent: half a tick's label.
const margin = 2.5

func (d *drawing) bar(class string, from, to float64, y, height int) {
	d.put(`<rect class="%s" x="%.2f%%" y="%d" width="%.2f%%" height="%d"/>`, class, from, y, max(to-from, 0), height)
}

func (d *drawing) upright(class string, x float64, from, to int) {
	d.put(`<line class="%s" x1="%.2f%%" x2="%.2f%%" y1="%d" y2="%d"/>`, class, x, x, from, to)
}

// axis returns the tenths that hold everything drawn, two of them at least.
func axis(f advisor.Prediction, reached trainer.Number) (low, high float64) {
	shown := []float64{f.TestAccuracy, f.Low, f.High}
	for _, n := range append(slices.Clone(f.Deciles), reached) {
		if n.Known() {
			shown = append(shown, float64(n))
		}
	}
	low, high = math.Floor(slices.Min(shown)*10)/10, math.Ceil(slices.Max(shown)*10)/10
	if high-low < 0.15 {
		low, high = low-0.1, high+0.1
	}
	return max(low, 0), min(high, 1)
}

func intervalLabel(f advisor.Prediction) string {
	return fmt.Sprintf("Prediction %s, %s interval %s", figure.Share(f.TestAccuracy), figure.Percent(f.Confidence),
		figure.Interval(f.Low, f.High))
}

func chartLabel(f advisor.Prediction, reached trainer.Number) string {
	label := intervalLabel(f)
	if reached.Known() {
		label += "; reached " + figure.Share(reached)
	}
	if rank := Standing(f); rank != "" {
		label += ". " + rank
	}
	return label
}

// Standing says in words where a prediction stands among the past runs; "" where they are not known.
func Standing(f advisor.Prediction) string {
	if len(f.Deciles) != deciles {
		return ""
	}
	tenths := 0
	for _, d := range f.Deciles[1:] {
		if float64(d) <= f.TestAccuracy {
			tenths++
		}
	}
	of := figure.Counted(f.PastRuns, "past run")
	switch {
	case f.TestAccuracy < float64(f.Deciles[0]):
		return fmt.Sprintf("All of the %s ended above it.", of)
	case tenths == 0:
		return fmt.Sprintf("Fewer than 10 %% of the %s ended below it.", of)
	case tenths == deciles-1:
		return fmt.Sprintf("None of the %s ended above it.", of)
	case tenths == deciles-2:
		return fmt.Sprintf("At least 90 %% of the %s ended below it.", of)
	}
	return fmt.Sprintf("Between %d and %d %% of the %s ended below it.", 10*tenths, 10*tenths+10, of)
}

// DecileTable is the table twin of the past runs in a prediction's chart.
func DecileTable(id string, f advisor.Prediction) Table {
	if len(f.Deciles) != deciles {
		return Table{}
	}
	t := Table{
		ID:      id,
		Caption: "Test accuracy of the past runs",
		Columns: []Column{{Title: "Share of runs at or below"}, {Title: "Test accuracy"}},
	}
	for i, v := range f.Deciles {
		name := fmt.Sprintf("%d %%", 10*i)
		switch i {
		case 0:
			name = "lowest"
		case deciles / 2:
			name = "50 % (median)"
		case deciles - 1:
			name = "highest"
		}
		t.Rows = append(t.Rows, []Cell{{Text: name}, cellOf(v, figure.Share(v))})
	}
	return t
}
