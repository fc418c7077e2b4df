package pages

import (
	"strings"
	"testing"

	"probewise/trainer"
)

const written = `{
  "version": 1,
  "layers": [
    {"type": "conv", "filters": 0},
    {
      "type": "dense",
      "units": 7
    }
  ],
  "a/b": {"c~d": [1,
    2]},
  "name": "x", "version":
    2
}`

// The lines are counted by hand in the document above.
func TestLocate(t *testing.T) {
	for name, c := range map[string]struct {
		finding trainer.Finding
		line    int
		excerpt string
	}{
		"the document":        {trainer.Finding{Pointer: ""}, 1, "{"},
		"a member":            {trainer.Finding{Pointer: "/version"}, 2, `"version": 1,`},
		"a list":              {trainer.Finding{Pointer: "/layers"}, 3, `"layers": [`},
		"an item":             {trainer.Finding{Pointer: "/layers/0"}, 4, `{"type": "conv", "filters": 0},`},
		"a member of an item": {trainer.Finding{Pointer: "/layers/1/units"}, 7, `"units": 7`},
		"what is missing":     {trainer.Finding{Pointer: "/layers/1/kernel"}, 5, "{"},
		"escapes":             {trainer.Finding{Pointer: "/a~1b/c~0d/1"}, 11, "2]},"},
		"the second of two": {trainer.Finding{Pointer: "/version", Code: trainer.CodeDuplicateKey}, 12,
			`"name": "x", "version":`},
		"syntax, with its place": {trainer.Finding{Message: "line 6, column 3: unexpected", Code: trainer.CodeInvalidJSON},
			6, `"type": "dense",`},
		"how many more there are":  {trainer.Finding{Code: trainer.CodeMoreFindings}, 0, ""},
		"the size of the document": {trainer.Finding{Code: trainer.CodeTooLarge}, 0, ""},
	} {
		got := locate([]byte(written), []trainer.Finding{c.finding})[0]
		if got.Line != c.line || got.Excerpt != c.excerpt {
			t.Errorf("%s: line %d, %q; want line %d, %q", name, got.Line, got.Excerpt, c.line, c.excerpt)
		}
	}
}

// What is nested without end must not end the process.
func TestLocateIsBounded(t *testing.T) {
	for name, document := range map[string]string{"deep": strings.Repeat("[", 3<<20),
		"wide": "[" + strings.Repeat("1,", 1<<20)} {
		if lines := pointerLines([]byte(document)); len(lines) > maxSeen {
			t.Errorf("%s: %d places", name, len(lines))
		}
	}
}

// A document that breaks off, or is none, has the lines up to there and no panic.
func FuzzLocate(f *testing.F) {
	for _, s := range []string{written, "", "{", `{"a": [1, {"b": `, "nonsense", "[[[[", `{"a":1}}`, "{\n\"a\"\n:\n1"} {
		f.Add([]byte(s), "/a/0/b")
	}
	f.Fuzz(func(t *testing.T, document []byte, pointer string) {
		if pointer != "" && pointer[0] != '/' {
			pointer = "/" + pointer
		}
		got := locate(document, []trainer.Finding{{Pointer: pointer}})[0]
		if lines := 1 + len(document); got.Line < 0 || got.Line > lines {
			t.Errorf("line %d of at most %d", got.Line, lines)
		}
	})
}
