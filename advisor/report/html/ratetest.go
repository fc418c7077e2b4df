package html

import (
	"fmt"
	"html/template"
	"math"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// Measures of the chart of a range test, in pixels.
const (
	rateTop    = 24
	rateHeight = 120
	ratePoint  = 2.5
)

// RateTestView is a range test as the page of advice shows it.
type RateTestView struct {
	Text  string        // what it suggests
	Chart template.HTML // "" where it did not come far
	Table Table         // no rows where it failed at once
}

func rateTestView(t *advisor.RateTest) *RateTestView {
	if t == nil {
		return nil
	}
	return &RateTestView{report.RateTest(*t) + ".", RateChart(*t), RateTable("rate-test", *t)}
}

// RateChart draws the smoothed loss of a range test by the logarithm of the learning rate, with the suggestion. Losses
// above twice the first are cut, so that what falls is not flattened by what explodes.
func RateChart(t advisor.RateTest) template.HTML {
	if len(t.Points) < 2 {
		return ""
	}
	from, to := t.Points[0].LearningRate, t.Points[len(t.Points)-1].LearningRate
	x := func(rate float64) float64 { return margin + (100-2*margin)*math.Log(rate/from)/math.Log(to/from) }
	least, most := math.Inf(1), 2*float64(t.Points[0].Smoothed)
	for _, p := range t.Points {
		if p.Smoothed.Known() {
			least = min(least, float64(p.Smoothed))
		}
	}
	y := func(loss float64) float64 {
		return rateTop + rateHeight*(most-min(loss, most))/math.Max(most-least, 1e-12)
	}
	var d drawing
	d.put(`<svg class="scale" width="100%%" height="%d" role="img" aria-label="%s">`, rateTop+rateHeight+26,
		esc(report.RateTest(t)))
	for decade := math.Ceil(math.Log10(from) - 1e-9); decade <= math.Log10(to)+1e-9; decade++ {
		rate := math.Pow(10, decade)
		d.upright("grid", x(rate), rateTop, rateTop+rateHeight)
		d.put(`<text class="tick" x="%.2f%%" y="%d" text-anchor="middle">%s</text>`, x(rate), rateTop+rateHeight+18,
			esc(figure.Setting(rate)))
	}
	for _, p := range t.Points {
		if p.Smoothed.Known() {
			d.put(`<circle class="mean" cx="%.2f%%" cy="%.1f" r="%g"/>`, x(p.LearningRate), y(float64(p.Smoothed)), ratePoint)
		}
	}
	label := "no suggestion"
	if t.Suggested.Known() {
		label = "suggested " + figure.Setting(float64(t.Suggested))
		d.upright("reached", x(float64(t.Suggested)), rateTop, rateTop+rateHeight)
	}
	d.put(`<text class="label" x="0" y="12">%s</text>`, esc(fmt.Sprintf("loss %s to %s, %s",
		figure.Share(t.Points[0].Smoothed), figure.Share(trainer.Number(least)), label)))
	return d.done()
}

// RateTable has the figures of RateChart.
func RateTable(id string, t advisor.RateTest) Table {
	table := Table{
		ID:      id,
		Caption: "Learning-rate range test",
		Columns: []Column{{Title: "Learning rate"}, {Title: "Loss, smoothed"}, {Title: "Loss"}},
		Note:    report.RateTest(t) + ".",
	}
	for _, p := range t.Points {
		rate := trainer.Number(p.LearningRate)
		table.Rows = append(table.Rows, []Cell{
			cellOf(rate, figure.Significant(rate)),
			cellOf(p.Smoothed, figure.Share(p.Smoothed)),
			cellOf(p.Loss, figure.Share(p.Loss)),
		})
	}
	return table
}
