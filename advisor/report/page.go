package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Options say how a report looks. The zero value is fine.
type Options struct {
	Color bool // with ANSI escape sequences
	Width int  // columns, brought to 80…120; 0: 100
}

const (
	defaultWidth = 100
	minWidth     = 80
	maxWidth     = 120
)

// paint is an ANSI SGR parameter (ECMA-48).
type paint string

const (
	plain  paint = ""
	bold   paint = "1"
	faint  paint = "2"
	red    paint = "31"
	green  paint = "32"
	yellow paint = "33"
)

// page collects a report.
type page struct {
	strings.Builder
	color bool
	width int
}

func newPage(o Options) *page {
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	return &page{color: o.Color, width: min(max(o.Width, minWidth), maxWidth)}
}

// writeTo writes the page without trailing spaces.
func (p *page) writeTo(w io.Writer) error {
	lines := strings.Split(strings.TrimRight(p.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

// brush paints a text line by line, where there is colour.
func (p *page) brush(c paint, s string) string {
	if !p.color || c == plain || s == "" {
		return s
	}
	on, off := "\x1b["+string(c)+"m", "\x1b[0m"
	return on + strings.ReplaceAll(s, "\n", off+"\n"+on) + off
}

func (p *page) heading(s string) {
	if p.Len() > 0 {
		p.WriteByte('\n')
	}
	p.WriteString(p.brush(bold, s) + "\n")
}

// paragraph writes wrapped text after a label of its own; further lines stand under the text.
func (p *page) paragraph(label string, c paint, s string) {
	indent := text.StringWidth(label)
	for i, line := range p.wrap(s, p.width-indent) {
		if i > 0 {
			label = strings.Repeat(" ", indent)
		}
		p.WriteString(label + p.brush(c, line) + "\n")
	}
}

// entry is a paragraph after a short word.
func (p *page) entry(word, s string) { p.paragraph("  "+text.Pad(word, 12, ' ')+" ", plain, s) }

func (p *page) wrap(s string, width int) []string {
	lines := strings.Split(text.WrapSoft(s, width), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// column is the head of a table's column.
type column struct {
	title string
	left  bool // else right-aligned
	wraps bool // takes what the others leave
	lines int  // a cell that wraps has no more than these; 0: as many as it takes
	gone  bool // not shown
}

const gap = "  "

// table writes rows under columns. Cells may have several lines.
func (p *page) table(columns []column, rows [][]string) {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = gap, ""
	style.Options = table.Options{SeparateHeader: true}
	t.SetStyle(style)
	configs := make([]table.ColumnConfig, len(columns))
	head := make(table.Row, len(columns))
	for i, c := range columns {
		align := text.AlignRight
		if c.left {
			align = text.AlignLeft
		}
		head[i] = p.brush(faint, c.title)
		configs[i] = table.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align, Hidden: c.gone}
		if c.wraps {
			configs[i].WidthMax = p.width - taken(columns, rows) - len(gap)
			configs[i].WidthMaxEnforcer = func(s string, width int) string { return c.cell(s, width) }
		}
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(head)
	for _, r := range rows {
		row := make(table.Row, len(r))
		for i := range r {
			row[i] = r[i]
		}
		t.AppendRow(row)
	}
	p.WriteString(t.Render() + "\n")
}

// cell wraps a text, and shortens it where the column has but so many lines.
func (c column) cell(s string, width int) string {
	if c.lines == 0 {
		return text.WrapSoft(s, width)
	}
	room := width
	if c.lines > 1 {
		room = c.lines*width - width/2 // lines end at words
	}
	all := strings.Split(text.WrapSoft(Brief(s, room), width), "\n")
	return strings.Join(all[:min(len(all), c.lines)], "\n")
}

// Brief brings a title into so many letters: of several changes it has the first and the number of the others, and of
// one that is still too long its two ends, which tell alike ones apart.
func Brief(title string, room int) string {
	if text.StringWidth(title) <= room {
		return title
	}
	first, others := Parts(title)
	letters, left := []rune(first), room-text.StringWidth(others)
	if len(letters) <= left {
		return first + others
	}
	tail := max(left/3, 1)
	return strings.TrimRight(string(letters[:max(left-tail-1, 1)]), " ") + "…" +
		strings.TrimLeft(string(letters[len(letters)-tail:]), " ") + others
}

// Parts parts a title: the first change, and how many others there are (" +2"; "" where there are none).
func Parts(title string) (first, others string) {
	all := strings.Split(title, "; ")
	if len(all) == 1 {
		return title, ""
	}
	return all[0], fmt.Sprintf(" +%d", len(all)-1)
}

// taken is the width of the columns that do not wrap.
func taken(columns []column, rows [][]string) int {
	sum := 0
	for i, c := range columns {
		if c.wraps || c.gone {
			continue
		}
		width := text.LongestLineLen(c.title)
		for _, r := range rows {
			width = max(width, text.LongestLineLen(r[i]))
		}
		sum += width + len(gap)
	}
	return sum
}
