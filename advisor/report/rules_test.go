package report

import (
	"io"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"probewise/advisor/knob"
	"probewise/advisor/rule"
)

func TestRulesKeepToTheirPage(t *testing.T) {
	keepsToItsPage(t, func(w io.Writer, o Options) error { return Rules(w, rule.All(), o) },
		"dead-relu: Units of a relu layer that output zero",
		"Finds More than 0.5 of a relu layer's units are dead",
		"Proposes leaky_relu with slope 0.1")
}

func TestKnobsKeepToTheirPage(t *testing.T) {
	keepsToItsPage(t, func(w io.Writer, o Options) error { return Knobs(w, knob.All(), o) },
		"batch-size: Batch size", "Does Sets how many images share one update", "Costs Memory grows with it",
		"When Smaller where an epoch has few updates")
}

// keepsToItsPage wants the texts on a page, and no line wider than it.
func keepsToItsPage(t *testing.T, write func(w io.Writer, o Options) error, texts ...string) {
	t.Helper()
	for _, width := range []int{80, 120} {
		var b strings.Builder
		if err := write(&b, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if n := text.StringWidth(line); n > width {
				t.Errorf("%d columns, want at most %d: %s", n, width, line)
			}
		}
		said := strings.Join(strings.Fields(b.String()), " ")
		for _, want := range texts {
			if !strings.Contains(said, want) {
				t.Errorf("%q is missing in\n%s", want, b.String())
			}
		}
	}
}
