package report

import (
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"probewise/advisor/rule"
)

func TestRulesKeepToTheirPage(t *testing.T) {
	for _, width := range []int{80, 120} {
		var b strings.Builder
		if err := Rules(&b, rule.All(), Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if n := text.StringWidth(line); n > width {
				t.Errorf("%d columns, want at most %d: %s", n, width, line)
			}
		}
		said := strings.Join(strings.Fields(b.String()), " ")
		for _, want := range []string{
			"dead-relu: Units of a relu layer that output zero",
			"Finds More than 0.5 of a relu layer's units are dead",
			"Proposes leaky_relu with slope 0.1",
		} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is missing in\n%s", want, b.String())
			}
		}
	}
}
