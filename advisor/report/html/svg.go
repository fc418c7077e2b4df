package html

import (
	"fmt"
	"html/template"
	"strings"
)

// drawing collects an SVG image. Looks come from the page's style sheet by class: a page that forbids inline styles
// (its Content-Security-Policy does) shows it as it is, and light and dark pages each in their own colours.
type drawing struct{ strings.Builder }

// put appends markup. Every text in args goes through esc first.
func (d *drawing) put(format string, args ...any) { fmt.Fprintf(&d.Builder, format, args...) }

func (d *drawing) done() template.HTML {
	d.WriteString("</svg>")
	return template.HTML(d.String())
}

// esc escapes a text for an element or a quoted attribute.
func esc(s string) string { return template.HTMLEscapeString(s) }
