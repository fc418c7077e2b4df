package html

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// HeatMap is a grid of figures, one row a layer or whatever its rows are, in colours of their size.
type HeatMap struct {
	Label   string // what it shows, for those who do not see it
	Layers  []string
	Columns []HeatColumn
	Values  [][]trainer.Number // by row, then by column
	// of all cells; those of the columns and of the rows come first where there are any
	Scale   Scale
	Rows    []Scale                     // of each row
	Write   func(trainer.Number) string // what stands in the cells; nil: as figure.Significant does
	Longest int                         // letters of a row's name; 0: report.LongestName
	Marked  func(layer string) bool
}

// HeatColumn is a column of a heat map.
type HeatColumn struct {
	Group string // heading above columns that stand together; "": none
	Title string
	Name  string // in a cell's description
	Scale *Scale // of this column alone
}

// Measures of the drawing, in pixels.
const (
	heatWidth   = 952 // that columns are fitted to
	heatCell    = 23  // height of a row
	heatWide    = 58  // width of a column at most
	heatNarrow  = 12  // and at least
	heatRoom    = 46  // width from which a cell has its figure written in it
	heatTight   = 36  // the same where Write keeps to five letters or so
	heatLetter  = 7.3 // width of a monospaced letter of 12 px
	heatHeading = 20  // height of a line of headings
)

// SVG draws the heat map. Cells have the classes h0 (least) to h8 (greatest) and hx (missing), and each its title.
func (m HeatMap) SVG() template.HTML {
	longest := 0
	for _, l := range m.Layers {
		longest = max(longest, text.StringWidth(m.name(l)))
	}
	left := int(float64(longest+2)*heatLetter) + 6
	width := min(max((heatWidth-left)/max(len(m.Columns), 1), heatNarrow), heatWide)
	top := heatHeading
	if m.grouped() {
		top = 2 * heatHeading
	}
	class := "heat"
	if m.Scale.Signed {
		class += " signed"
	}
	var d drawing
	w, h := left+width*len(m.Columns)+2, top+heatCell*len(m.Layers)+2
	d.put(`<svg class="%s" width="%d" height="%d" viewBox="0 0 %[2]d %[3]d" role="img" aria-label="%[4]s">`,
		class, w, h, esc(m.Label))
	m.headings(&d, left, width, top)
	write, room := figure.Significant[trainer.Number], heatRoom
	if m.Write != nil {
		write, room = m.Write, heatTight
	}
	for i, layer := range m.Layers {
		y := top + i*heatCell
		mark := ""
		if m.Marked != nil && m.Marked(layer) {
			mark = "▸ "
		}
		d.put(`<text class="layer" x="%d" y="%d" text-anchor="end">%s</text>`, left-6, y+16, esc(mark+m.name(layer)))
		for j, c := range m.Columns {
			n, inside := m.Values[i][j], ""
			if width >= room {
				inside = write(n)
			}
			d.cell(m.scale(i, c).Class(n), fmt.Sprintf("%s, %s: %s", layer, c.Name, figure.Significant(n)), inside,
				left+j*width, y, width)
		}
	}
	return d.done()
}

// name is a row's, which a user may have made long.
func (m HeatMap) name(layer string) string {
	longest := report.LongestName
	if m.Longest > 0 {
		longest = m.Longest
	}
	return text.Snip(layer, longest, "…")
}

func (m HeatMap) grouped() bool {
	return slices.ContainsFunc(m.Columns, func(c HeatColumn) bool { return c.Group != "" })
}

func (m HeatMap) headings(d *drawing, left, width, top int) {
	free := left // of titles
	for j, c := range m.Columns {
		x := left + j*width
		if c.Group != "" && (j == 0 || m.Columns[j-1].Group != c.Group) {
			d.put(`<text class="group" x="%d" y="13">%s</text>`, x+1, esc(c.Group))
		}
		room := int(float64(text.StringWidth(c.Title))*heatLetter) / 2
		if middle := x + width/2; middle-room >= free-width/2 {
			d.put(`<text class="column" x="%d" y="%d" text-anchor="middle">%s</text>`, middle, top-6, esc(c.Title))
			free = middle + room + 4
		}
	}
}

func (m HeatMap) scale(row int, c HeatColumn) Scale {
	switch {
	case c.Scale != nil:
		return *c.Scale
	case m.Rows != nil:
		return m.Rows[row]
	}
	return m.Scale
}

// cell has a title, and what stands inside where that is not "".
func (d *drawing) cell(class, title, inside string, x, y, width int) {
	d.put(`<g class="%s"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d"/>`, class, esc(title), x,
		y, width-1, heatCell-1)
	if inside != "" {
		d.put(`<text x="%d" y="%d" text-anchor="middle">%s</text>`, x+(width-1)/2, y+15, inside)
	}
	d.put(`</g>`)
}

// Legend draws the classes of a scale from the least to the greatest.
func (s Scale) Legend() template.HTML {
	const width, height = 18, 12
	class := "heat legend"
	if s.Signed {
		class += " signed"
	}
	var d drawing
	d.put(`<svg class="%s" width="%d" height="%d" aria-hidden="true">`, class, classes*width, height)
	for i := range classes {
		d.put(`<g class="h%d"><rect x="%d" y="0" width="%d" height="%d"/></g>`, i, i*width, width-1, height)
	}
	return d.done()
}

// twin is the heat map as a table, one row a column of the map, so that its charts run along the rows.
func (m HeatMap) twin(id, caption, first, plot string) Table {
	t := Table{ID: id, Caption: caption, Columns: []Column{{Title: first}}, Log: m.Scale.Log}
	for _, l := range m.Layers {
		t.Columns = append(t.Columns, Column{Title: l, Plot: plot})
	}
	for j, c := range m.Columns {
		row := []Cell{{Text: strings.TrimSpace(c.Group + " " + c.Title)}}
		if plot != "" {
			row[0].Value = c.Title
		}
		for i := range m.Layers {
			row = append(row, cellOf(m.Values[i][j], figure.Significant(m.Values[i][j])))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
