package trainer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// node is one value of a JSON document, with its place. encoding/json alone would lose duplicate keys, the spelling
// of numbers and the places.
type node struct {
	kind    string // as people call it: "an object", "an array", "a string", "a number", "a boolean", "null"
	offset  int64
	text    string // of a string or number
	yes     bool   // of a boolean
	members []member
	index   map[string]*node // the first member of each key
	items   []*node
	broken  bool // a layer with findings
}

type member struct {
	key    string
	offset int64
	value  *node
}

const (
	isObject  = "an object"
	isArray   = "an array"
	isString  = "a string"
	isNumber  = "a number"
	isBoolean = "a boolean"
	isNull    = "null"
)

const maxDepth = 32

// readJSON reads the tree of a document of at most maxNodes values, or says why it is none.
func readJSON(data []byte, maxNodes int) (*node, *Finding) {
	if !utf8.Valid(data) {
		return nil, &Finding{Code: CodeInvalidJSON, Message: position(data, invalidUTF8(data)) + ": the text is not UTF-8"}
	}
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		return nil, syntaxFinding(data, err)
	}
	r := reader{decoder: json.NewDecoder(bytes.NewReader(data)), most: maxNodes}
	r.decoder.UseNumber()
	root, err := r.value(0)
	if err != nil {
		return nil, &Finding{Code: CodeInvalidJSON, Message: position(data, r.decoder.InputOffset()) + ": " + err.Error()}
	}
	if r.full() {
		return nil, &Finding{Code: CodeTooLarge, Message: fmt.Sprintf("the document has more than %d values", maxNodes)}
	}
	return root, nil
}

func syntaxFinding(data []byte, err error) *Finding {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return &Finding{Code: CodeInvalidJSON, Message: err.Error()}
	}
	message, at := syntax.Error(), syntax.Offset
	code := CodeInvalidJSON
	switch {
	case strings.Contains(message, "after top-level value"):
		code, message = CodeTrailingData, "the document goes on after its end: "+message
	case strings.HasPrefix(message, "unexpected end"):
		return &Finding{Code: code, Message: position(data, at) + ": the document ends too early"}
	case strings.Contains(message, "'N'"), strings.Contains(message, "'I'"):
		message += " (NaN and Infinity are not JSON numbers)"
	}
	return &Finding{Code: code, Message: position(data, max(at-1, 0)) + ": " + message}
}

// position gives line and column (in characters), both from 1, of the byte at the offset.
func position(data []byte, offset int64) string {
	before := data[:min(offset, int64(len(data)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

func invalidUTF8(data []byte) int64 {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size <= 1 {
			return int64(i)
		}
		i += size
	}
	return int64(len(data))
}

type reader struct {
	decoder     *json.Decoder
	nodes, most int
}

// full says that the document has too many values: reading stops.
func (r *reader) full() bool { return r.nodes > r.most }

func (r *reader) value(depth int) (*node, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	r.nodes++
	n := &node{offset: r.decoder.InputOffset()}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			err = r.object(n, depth)
		} else {
			err = r.array(n, depth)
		}
	case string:
		n.kind, n.text = isString, t
	case json.Number:
		n.kind, n.text = isNumber, t.String()
	case bool:
		n.kind, n.yes = isBoolean, t
	default:
		n.kind = isNull
	}
	return n, err
}

// more says whether the container goes on.
func (r *reader) more() bool { return !r.full() && r.decoder.More() }

func (r *reader) object(n *node, depth int) error {
	n.kind, n.index = isObject, map[string]*node{}
	for r.more() {
		token, err := r.decoder.Token()
		if err != nil {
			return err
		}
		m := member{key: token.(string), offset: r.decoder.InputOffset()}
		if m.value, err = r.value(depth + 1); err != nil {
			return err
		}
		n.members = append(n.members, m)
		if n.index[m.key] == nil {
			n.index[m.key] = m.value
		}
	}
	return r.close()
}

func (r *reader) array(n *node, depth int) error {
	n.kind = isArray
	for r.more() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	return r.close()
}

func (r *reader) close() error {
	if r.full() {
		return nil
	}
	_, err := r.decoder.Token()
	return err
}
