package gate

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The codes of findings. They are stable: tools may match on them.
const (
	CodeInvalidYAML     = "invalid-yaml"
	CodeTooLarge        = "too-large"
	CodeWrongType       = "wrong-type"       // another kind of value is needed
	CodeOutOfRange      = "out-of-range"     // a number or date that cannot be used
	CodeUnknownKey      = "unknown-key"      // also of a rule that there is not
	CodeUnusedKey       = "unused-key"       // a key that has no effect here
	CodeDuplicateKey    = "duplicate-key"    // the same key twice in one mapping
	CodeMissingKey      = "missing-key"      // a required key; the pointer is the mapping's
	CodeUnknownValue    = "unknown-value"    // a word that is none of the known ones
	CodeUnavailableRule = "unavailable-rule" // a known rule that this version does not have
	CodeNoRules         = "no-rules"         // no rule is on
)

// Finding is one thing that is wrong about a policy.
type Finding struct {
	Line    int    `json:"line"`    // from 1; 0 where there is no place
	Pointer string `json:"pointer"` // JSON Pointer (RFC 6901)
	Code    string `json:"code"`
	Message string `json:"message"`
	column  int
}

// String gives the place and the message.
func (f Finding) String() string {
	s := f.Message
	if f.Pointer != "" {
		s = f.Pointer + ": " + s
	}
	if f.Line > 0 {
		s = fmt.Sprintf("line %d: %s", f.Line, s)
	}
	return s
}

// PolicyError reports everything that is wrong with a policy, in document order.
type PolicyError struct{ Findings []Finding }

// Error implements error: all findings on one line.
func (e *PolicyError) Error() string {
	parts := make([]string, len(e.Findings))
	for i, f := range e.Findings {
		parts[i] = f.String()
	}
	return "invalid policy: " + strings.Join(parts, "; ")
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

// readDocument returns the root of the only document.
func readDocument(data []byte) (*yaml.Node, *Finding) {
	if len(data) > maxBytes {
		return nil,
			&Finding{Code: CodeTooLarge, Message: fmt.Sprintf("the policy has %d bytes; it may have %d", len(data), maxBytes)}
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var document, next yaml.Node
	if err := d.Decode(&document); errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0 {
		return nil, &Finding{Code: CodeInvalidYAML, Message: "the policy is empty"}
	} else if err != nil {
		return nil, syntaxFinding(err)
	}
	if err := d.Decode(&next); err == nil {
		return nil,
			&Finding{Line: next.Line, Code: CodeInvalidYAML, Message: "a second YAML document begins here; a policy is one"}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxFinding(err)
	}
	return document.Content[0], nil
}

func syntaxFinding(err error) *Finding {
	f := Finding{Code: CodeInvalidYAML, Message: strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		f.Line, _ = strconv.Atoi(m[1]) // digits
		f.Message = strings.TrimPrefix(err.Error(), m[0])
	}
	return &f
}

// reader collects findings. Its methods return the zero value where they report one.
type reader struct{ findings []Finding }

func (r *reader) add(n *yaml.Node, pointer, code, format string, args ...any) {
	r.findings = append(r.findings,
		Finding{Line: n.Line, column: n.Column, Pointer: pointer, Code: code, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) err() error {
	if len(r.findings) == 0 {
		return nil
	}
	slices.SortStableFunc(r.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.column, b.column), cmp.Compare(a.Pointer, b.Pointer))
	})
	return &PolicyError{r.findings}
}

// follow goes to where an alias points.
func follow(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// mapping returns the values by key, without the unknown ones; nil where n is nil or no mapping. The noun is what has
// the keys; "" where the keys are rules.
func (r *reader) mapping(n *yaml.Node, pointer, noun string, known ...string) map[string]*yaml.Node {
	if n = follow(n); n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.add(n, pointer, CodeWrongType, "must be a mapping of %s, not %s", strings.Join(known, ", "), shown(n))
		return nil
	}
	keys := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key.Value)
		switch {
		case keys[key.Value] != nil:
			r.add(key, at, CodeDuplicateKey, "the key %s stands here twice", shown(key))
		case slices.Contains(known, key.Value):
			keys[key.Value] = value
		case noun == "":
			r.add(key, at, CodeUnknownKey, "there is no rule %s%s", shown(key), suggest(key.Value, known))
		default:
			r.add(key, at, CodeUnknownKey, "%s has no key %s%s", noun, shown(key), suggest(key.Value, known))
		}
	}
	return keys
}

// list returns the items of a sequence.
func (r *reader) list(n *yaml.Node, pointer string) []*yaml.Node {
	if n = follow(n); n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.add(n, pointer, CodeWrongType, "must be a list, not %s", shown(n))
		return nil
	}
	return n.Content
}

// rule reads "level", [level] or [level, {options}].
func (r *reader) rule(n *yaml.Node, pointer string) (Level, *yaml.Node) {
	n = follow(n)
	at, level := pointer, n
	var options *yaml.Node
	if n.Kind == yaml.SequenceNode {
		if len(n.Content) < 1 || len(n.Content) > 2 {
			r.add(n, pointer, CodeWrongType, "must be a level, [level] or [level, {options}], not a list of %d", len(n.Content))
			return Off, nil
		}
		at, level = pointer+"/0", n.Content[0]
		if len(n.Content) == 2 {
			options = n.Content[1]
		}
	}
	word := r.choice(level, at, string(Error), string(Warn), "off")
	if word == "off" {
		return Off, options
	}
	return Level(word), options
}

// choice reads one of the words.
func (r *reader) choice(n *yaml.Node, pointer string, words ...string) string {
	n = follow(n)
	if n.Kind != yaml.ScalarNode {
		r.add(n, pointer, CodeWrongType, "must be one of %s, not %s", strings.Join(words, ", "), shown(n))
		return ""
	}
	if !slices.Contains(words, n.Value) {
		r.add(n, pointer, CodeUnknownValue, "must be one of %s, not %s", strings.Join(words, ", "), shown(n))
		return ""
	}
	return n.Value
}

// text reads a string that is not blank.
func (r *reader) text(n *yaml.Node, pointer string) string {
	n = follow(n)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" || strings.TrimSpace(n.Value) == "" {
		r.add(n, pointer, CodeWrongType, "must be a text, not %s", shown(n))
		return ""
	}
	return n.Value
}

// number reads a number between low and high. Underscores between digits are allowed, as in YAML 1.1.
func (r *reader) number(n *yaml.Node, pointer string, low, high float64) float64 {
	n = follow(n)
	var v float64
	if tag := n.ShortTag(); n.Kind != yaml.ScalarNode || tag != "!!int" && tag != "!!float" || n.Decode(&v) != nil {
		r.add(n, pointer, CodeWrongType, "must be a number, not %s", shown(n))
		return 0
	}
	if !(v >= low && v <= high) {
		r.add(n, pointer, CodeOutOfRange, "must be between %s and %s, not %s", plainNumber(low), plainNumber(high), shown(n))
		return 0
	}
	return v
}

// integer reads a whole number between low and high.
func (r *reader) integer(n *yaml.Node, pointer string, low, high float64) int64 {
	before := len(r.findings)
	v := r.number(n, pointer, low, high)
	if len(r.findings) == before && v != math.Trunc(v) {
		r.add(follow(n), pointer, CodeWrongType, "must be a whole number, not %s", shown(follow(n)))
		return 0
	}
	return int64(v)
}

func plainNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// shown writes a value for a message, cut to what that can bear.
func shown(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!null":
		return "nothing"
	}
	const most = 40
	text := []rune(n.Value)
	if len(text) > most {
		text = append(text[:most], '…')
	}
	return strconv.Quote(string(text))
}
