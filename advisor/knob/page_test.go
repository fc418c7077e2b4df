package knob

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
)

var update = flag.Bool("update", false, "write docs/knobs.md again")

// page is docs/knobs.md: the knobs with their texts, and what is offered for an example.
func page(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(`# Knobs: what may be changed in an architecture

Rules propose settings of knobs, and the search draws from them. A knob stands for one property of the net or its
training; forbidding it keeps that property, whichever setting would change it. Settings that are illegal, change
`)
	fmt.Fprintf(&b, "nothing, equal another one or make a net more than %d times as expensive to train are not offered.\n",
		maxGrowth)
	b.WriteString(`
This page is written by ` + "`go generate ./advisor/knob`; `probewise knobs` prints the same.\n")
	for _, k := range All() {
		fmt.Fprintf(&b, "\n## %s (`%s`)\n\n", k.Title, k.Name)
		for _, entry := range [][2]string{{"", k.Does}, {"Range: ", k.Range}, {"Costs: ", k.Costs}, {"When: ", k.When}} {
			line := strings.TrimSpace(text.WrapSoft("- "+entry[0]+strings.ReplaceAll(entry[1], "_", `\_`), 112))
			b.WriteString(strings.ReplaceAll(trimmed(line), "\n", "\n  ") + "\n")
		}
	}
	b.WriteString("\n## What is offered for examples/small-cnn.json\n\n| setting | what it does |\n|---|---|\n")
	for _, s := range Settings(example(t, "small-cnn.json"), Constraints{}) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", s.Name, strings.ReplaceAll(s.Title, "_", `\_`))
	}
	return b.Bytes()
}

// trimmed is the text without spaces at the ends of lines.
func trimmed(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func TestKnobsPage(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "knobs.md")
	want := page(t)
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/knobs.md does not follow from the catalogue: run go generate ./advisor/knob (%v)", err)
	}
}
