package pages

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"probewise/trainer"
)

// located is a finding with its place in the text that the user wrote.
type located struct {
	trainer.Finding
	Line    int    // from 1; 0 where it is about no line
	Excerpt string // the line, cut to what a message can bear
}

// locate finds the lines of findings in the document that they are about.
func locate(document []byte, findings []trainer.Finding) []located {
	lines := pointerLines(document)
	text := strings.Split(string(document), "\n")
	out := make([]located, len(findings))
	for i, f := range findings {
		out[i] = located{Finding: f, Line: lineOf(lines, f)}
		if n := out[i].Line; n > 0 && n <= len(text) {
			out[i].Excerpt = excerpt(text[n-1])
		}
	}
	return out
}

// said is how findings about the text itself begin, which have no pointer.
var said = regexp.MustCompile(`^line (\d+), column \d+`)

func lineOf(lines map[string][]int, f trainer.Finding) int {
	if m := said.FindStringSubmatch(f.Message); m != nil && f.Pointer == "" {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return 0
		}
		return n
	}
	if f.Code == trainer.CodeMoreFindings || f.Code == trainer.CodeTooLarge && f.Pointer == "" {
		return 0
	}
	for at := f.Pointer; ; at = at[:strings.LastIndexByte(at, '/')] { // what is missing stands nowhere: its parent does
		if all := lines[at]; len(all) > 0 {
			if f.Code == trainer.CodeDuplicateKey {
				return all[len(all)-1]
			}
			return all[0]
		}
		if at == "" {
			return 0
		}
	}
}

// pointerLines walks a JSON document and returns the lines, from 1, on which the value of each JSON Pointer begins; a
// member begins at its key. A document that breaks off has the pointers up to there.
func pointerLines(document []byte) map[string][]int {
	w := walker{
		decoder:  json.NewDecoder(bytes.NewReader(document)),
		document: document,
		line:     1,
		lines:    map[string][]int{},
	}
	w.decoder.UseNumber()
	w.value("", 0, 0)
	return w.lines
}

// Bounds of the walk, beyond which no architecture is read either.
const (
	deepest = 64
	maxSeen = 1 << 16
)

type walker struct {
	decoder  *json.Decoder
	document []byte
	line     int // at the offset
	offset   int
	lines    map[string][]int
	seen     int
}

// token reads the next token and the line that it stands on.
func (w *walker) token() (json.Token, bool) {
	t, err := w.decoder.Token()
	if err != nil {
		return nil, false
	}
	end := int(w.decoder.InputOffset())
	w.line += bytes.Count(w.document[w.offset:end], []byte("\n"))
	w.offset = end
	return t, true
}

// value reads a value; line is that of its key, 0 where it has none.
func (w *walker) value(pointer string, line, depth int) bool {
	t, ok := w.token()
	if w.seen++; !ok || w.seen > maxSeen || depth > deepest {
		return false
	}
	if line == 0 {
		line = w.line
	}
	w.lines[pointer] = append(w.lines[pointer], line)
	d, container := t.(json.Delim)
	if !container {
		return true
	}
	for i := 0; w.decoder.More(); i++ {
		key, line := strconv.Itoa(i), 0
		if d == '{' {
			t, ok := w.token()
			name, isString := t.(string)
			if !ok || !isString {
				return false
			}
			key, line = escapePointer.Replace(name), w.line
		}
		if !w.value(pointer+"/"+key, line, depth+1) {
			return false
		}
	}
	_, ok = w.token() // the closing bracket
	return ok
}

var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

// excerpt cuts a line to what a message can bear.
func excerpt(line string) string {
	const most = 96
	line = strings.TrimSpace(line)
	if utf8.RuneCountInString(line) > most {
		line = string([]rune(line)[:most]) + "…"
	}
	return line
}
