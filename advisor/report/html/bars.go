package html

import (
	"fmt"
	"html/template"
	"math"

	"github.com/jedib0t/go-pretty/v6/text"

	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// Bars are panels of horizontal bars that share their rows: a panel a quantity, a row what it is of.
type Bars struct {
	Rows   []string
	By     string // what the rows are, in a panel's description
	Panels []BarPanel
}

// BarPanel is one quantity.
type BarPanel struct {
	Title string
	Bars  []Bar          // by row
	Axis  string         // panels with the same one have the same ends; "": ends of its own
	Mark  trainer.Number // that bars are held against; missing: none
	Pale  bool           // it stands there for comparison alone
	Cut   float64        // below zero: where the axis ends at the latest, and bars that go on are cut; 0: nowhere
}

// Bar goes from zero to its value.
type Bar struct {
	Value     trainer.Number
	Low, High trainer.Number // ends of its whisker; missing: none
	Text      string         // beside it
	Remark    string         // why something is missing
}

// BarDrawing is a panel as three drawings that stand side by side: what has a fixed width, and between it the bars,
// whose places are percentages, so that texts keep their size on any screen.
type BarDrawing struct {
	Title               string
	Names, Plot, Values template.HTML
}

// Measures of the drawing, in pixels.
const (
	barRow    = 22
	barThick  = 12
	barFoot   = 20  // below the rows, for the ends of the axis
	barDigit  = 6.7 // width of a monospaced letter of 11 px
	barMargin = 2.0 // free at both ends of the axis, in percent
)

// Draw draws the panels.
func (b Bars) Draw() []BarDrawing {
	names := b.texts("names", b.Rows, heatLetter, "end")
	drawings := make([]BarDrawing, len(b.Panels))
	for i, p := range b.Panels {
		texts := make([]string, len(p.Bars))
		for j, bar := range p.Bars {
			texts[j] = bar.Text
		}
		drawings[i] = BarDrawing{p.Title, names, b.plot(p), b.texts("values", texts, barDigit, "end")}
	}
	return drawings
}

func (b Bars) height() int { return barRow*len(b.Rows) + barFoot }

// texts is a column of texts, one a row. It tells those who do not see it nothing that the table does not.
func (b Bars) texts(class string, texts []string, letter float64, anchor string) template.HTML {
	longest := 0
	for _, t := range texts {
		longest = max(longest, text.StringWidth(t))
	}
	width := int(math.Ceil(float64(longest)*letter)) + 8
	var d drawing
	d.put(`<svg class="bars %s" width="%d" height="%d" aria-hidden="true">`, class, width, b.height())
	for i, t := range texts {
		d.rule(i)
		d.put(`<text x="%d" y="%d" text-anchor="%s">%s</text>`, width-4, i*barRow+15, anchor, esc(t))
	}
	return d.done()
}

// rule leads the eye from a row's name to its figures, through all panels.
func (d *drawing) rule(row int) { d.level("rule", 0, 100, (row+1)*barRow) }

func (d *drawing) level(class string, from, to float64, y int) {
	d.put(`<line class="%s" x1="%.2f%%" x2="%.2f%%" y1="%d" y2="%d"/>`, class, from, to, y, y)
}

func (b Bars) plot(p BarPanel) template.HTML {
	low, high := b.ends(p)
	at := func(v float64) float64 { v = max(v, low); return barMargin + (100-2*barMargin)*(v-low)/(high-low) }
	base := barRow * len(b.Rows)
	var d drawing
	d.put(`<svg class="bars plot" width="100%%" height="%d" role="img" aria-label="%s">`, b.height(), esc(b.label(p)))
	if p.Mark.Known() {
		d.upright("mark", at(float64(p.Mark)), 0, base)
	}
	for i, bar := range p.Bars {
		d.rule(i)
		d.put(`<g><title>%s</title><rect class="hit" x="0" y="%d" width="100%%" height="%d"/>`,
			esc(bar.title(b.Rows[i], p.Title)), i*barRow, barRow)
		if v := float64(bar.Value); bar.Value.Known() {
			y := i*barRow + (barRow-barThick)/2
			d.bar("bar "+p.looks(v), min(at(0), at(v)), max(at(0), at(v)), y, barThick)
			if v < low {
				d.upright("cut", at(low)+2*barMargin, y-2, y+barThick+2)
			}
		}
		if bar.Low.Known() && bar.High.Known() {
			d.whisker(at(float64(bar.Low)), at(float64(bar.High)), i*barRow+barRow/2)
		}
		d.put(`</g>`)
	}
	d.upright("zero", at(0), 0, base)
	d.put(`<text class="tick" x="%.2f%%" y="%d">%s</text>`, barMargin, base+14, figure.Significant(low))
	if zero := at(0); zero > 35 && zero < 65 { // else it would stand on an end's
		d.put(`<text class="tick" x="%.2f%%" y="%d" text-anchor="middle">0</text>`, zero, base+14)
	}
	d.put(`<text class="tick" x="%.2f%%" y="%d" text-anchor="end">%s</text>`, 100-barMargin, base+14,
		figure.Significant(high))
	return d.done()
}

func (p BarPanel) looks(v float64) string {
	switch {
	case p.Pale:
		return "pale"
	case v < 0:
		return "negative"
	}
	return "positive"
}

func (d *drawing) whisker(low, high float64, y int) {
	d.level("whisker", low, high, y)
	d.upright("whisker", low, y-4, y+4)
	d.upright("whisker", high, y-4, y+4)
}

// title of a bar, as its row and panel name it.
func (b Bar) title(row, panel string) string {
	s := row + ", " + panel + ": " + b.Text
	if b.Low.Known() && b.High.Known() {
		s += fmt.Sprintf(" (%s to %s)", figure.Significant(b.Low), figure.Significant(b.High))
	}
	if b.Remark != "" {
		s += " (" + b.Remark + ")"
	}
	return s
}

func (b Bars) label(p BarPanel) string {
	known := 0
	for _, bar := range p.Bars {
		if bar.Value.Known() {
			known++
		}
	}
	s := fmt.Sprintf("%s by %s: %s", p.Title, b.By, figure.Counted(known, "bar"))
	if low, high := report.Span(p.values()); known > 0 {
		s += fmt.Sprintf(" from %s to %s", figure.Significant(low), figure.Significant(high))
	}
	if missing := len(p.Bars) - known; missing > 0 {
		s += fmt.Sprintf(", %d missing", missing)
	}
	return s + ". The table has the same figures."
}

func (p BarPanel) values() []trainer.Number {
	values := make([]trainer.Number, len(p.Bars))
	for i, bar := range p.Bars {
		values[i] = bar.Value
	}
	return values
}

// ends of a panel's axis: zero and everything drawn lie between them, in all panels that share it.
func (b Bars) ends(p BarPanel) (low, high float64) {
	shown := []trainer.Number{0, p.Mark}
	for _, other := range b.Panels {
		if other.Title != p.Title && (p.Axis == "" || other.Axis != p.Axis) {
			continue
		}
		for _, bar := range other.Bars {
			shown = append(shown, bar.Value, bar.Low, bar.High)
		}
	}
	low, high = report.Span(shown)
	if p.Cut < 0 {
		low = max(low, p.Cut)
	}
	return round(low, high)
}

// round moves ends outwards to round numbers: multiples of 1, 2 or 5 times a power of ten, at least five of them.
func round(low, high float64) (float64, float64) {
	if low == high {
		return low, low + 1
	}
	step := math.Pow(10, math.Floor(math.Log10(high-low)))
	switch steps := (high - low) / step; {
	case steps < 2:
		step /= 5
	case steps < 5:
		step /= 2
	}
	const slack = 1e-9 // what is round already stays
	return math.Floor(low/step+slack) * step, math.Ceil(high/step-slack) * step
}
