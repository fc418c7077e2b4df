package trainer

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
)

// field is one key of an object of the architecture JSON. The parser, the canonical form and the JSON Schema all
// read the same tables of fields (tables.go).
type field[T any] struct {
	key      string
	doc      string
	at       func(*T) any // pointer to the value: *int, *uint64, *float64, *bool, *[2]int, *[]Layer or a string type's
	def      any          // default value, or a func(T) any that computes it; nil: the key is required
	min, max float64      // of numbers and of both sides of a pair; of a list's length min alone
	above    bool         // min itself is not allowed
	below    bool         // max itself is not allowed
	choices  []string     // of a string
	when     func(T) bool // the field has no effect where this is false; nil: always has
	whenText string       // says so: "where activation is leaky_relu"
	later    bool         // added to the format later: the canonical form leaves the default out, so that ids stay
}

// fallback is the default of the field beside what was read before it.
func (f field[T]) fallback(of T) any {
	if compute, ok := f.def.(func(T) any); ok {
		return compute(of)
	}
	return f.def
}

func (f field[T]) applies(of T) bool { return f.when == nil || f.when(of) }

// set stores a default or a chosen string where the pointer points.
func set(pointer, value any) {
	target := reflect.ValueOf(pointer).Elem()
	target.Set(reflect.ValueOf(value).Convert(target.Type()))
}

// variant is one alternative of an object that dispatches on "type".
type variant[T any] struct {
	name   string
	doc    string
	fields []field[T]
}

func find[T any](variants []variant[T], name string) (variant[T], bool) {
	i := slices.IndexFunc(variants, func(v variant[T]) bool { return v.name == name })
	if i < 0 {
		return variant[T]{}, false
	}
	return variants[i], true
}

func variantNames[T any](variants []variant[T]) []string {
	names := make([]string, len(variants))
	for i, v := range variants {
		names[i] = v.name
	}
	return names
}

// readVariant reads an object that dispatches on "type" and returns the type, "" where that is none of the variants.
// An absent object is the variant fallback with all its defaults.
func readVariant[T any](p *parser, n *node, path, noun string, variants []variant[T], fallback string, into *T,
	others ...string) string {
	name := fallback
	if n != nil {
		if !p.expect(n, isObject, path) {
			return ""
		}
		t := n.index["type"]
		switch {
		case t != nil:
			if !p.expect(t, isString, path+"/type") {
				return ""
			}
			name = t.text
		case fallback == "":
			p.add(n.offset, path, CodeMissingKey, "the %s has no \"type\"", noun)
			return ""
		default:
			p.filled(path + "/type")
		}
		// inside another one: it is among the types elsewhere
		if _, ok := find(variants, name); !ok && noun == "layer" && name == string(Residual) {
			p.add(t.offset, path+"/type", CodeUnsupportedType, "a residual block cannot stand inside another one")
			return ""
		} else if !ok {
			p.add(t.offset, path+"/type", CodeUnknownType, "unknown %s type %s%s", noun, quote(name),
				Suggest(name, variantNames(variants)))
			return ""
		}
	}
	v, _ := find(variants, name)
	readFields(p, n, path, name, v.fields, into, append(others, "type")...)
	return name
}

// readFields reads an object's fields, filling in defaults; n is nil where the object is absent. Keys in others are
// the caller's.
func readFields[T any](p *parser, n *node, path, noun string, fields []field[T], into *T, others ...string) {
	if n != nil && !p.expect(n, isObject, path) {
		n = nil
	}
	before := len(p.errors)
	if n != nil {
		known := slices.Clone(others)
		for _, f := range fields {
			known = append(known, f.key)
		}
		p.checkKeys(n, path, noun, known)
	}
	for _, f := range fields {
		var value *node
		if n != nil {
			value = n.index[f.key]
		}
		at := pointerTo(path, f.key)
		switch {
		case !f.applies(*into):
			if value != nil && len(p.errors) == before {
				p.add(value.offset, at, CodeUnusedKey, "%q only counts %s", f.key, f.whenText)
			}
		case value != nil:
			f.read(p, value, at, into)
		case f.def != nil:
			set(f.at(into), f.fallback(*into))
			if n != nil && !f.later {
				p.filled(at)
			}
		case n != nil:
			p.add(n.offset, path, CodeMissingKey, "%s needs %q: %s", noun, f.key, f.doc)
		}
	}
}

// checkKeys reports the object's unknown and repeated keys.
func (p *parser) checkKeys(n *node, path, noun string, known []string) {
	seen := map[string]bool{}
	for _, m := range n.members {
		at := pointerTo(path, m.key)
		if len(m.key) > 256 { // no key of ours: point at the object
			at = path
		}
		switch {
		case seen[m.key]:
			p.add(m.offset, at, CodeDuplicateKey, "the key %s stands here twice", quote(m.key))
		case !slices.Contains(known, m.key):
			p.add(m.offset, at, CodeUnknownKey, "%s has no key %s%s", noun, quote(m.key), Suggest(m.key, known))
		}
		seen[m.key] = true
	}
}

// read reads one value, or reports what is wrong with it and leaves the target as it is.
func (f field[T]) read(p *parser, n *node, path string, into *T) {
	switch to := f.at(into).(type) {
	case *bool:
		if p.expect(n, isBoolean, path) {
			*to = n.yes
		}
	case *int:
		if v, ok := p.integer(n, path, f.min, f.max); ok {
			*to = int(v)
		}
	case *uint64:
		if v, ok := p.integer(n, path, f.min, f.max); ok {
			*to = uint64(v)
		}
	case *float64:
		if v, ok := p.number(n, path); ok && p.inRange(n, path, v, bounds{f.min, f.max, f.above, f.below}) {
			*to = v
		}
	case *[2]int:
		if n.kind == isNumber {
			n = &node{kind: isArray, offset: n.offset, items: []*node{n, n}, text: n.text}
		}
		p.integers(n, path, to[:], f.min, f.max)
	case *[]Layer:
		p.inner(n, path, int(f.min), to)
	default:
		if !p.expect(n, isString, path) {
			return
		}
		if !slices.Contains(f.choices, n.text) {
			p.add(n.offset, path, CodeUnknownValue, "unknown %s %s%s", f.key, quote(n.text), Suggest(n.text, f.choices))
			return
		}
		set(to, n.text)
	}
}

// expect reports a value of another JSON type.
func (p *parser) expect(n *node, kind, path string) bool {
	if n.kind != kind {
		p.add(n.offset, path, CodeWrongType, "must be %s, not %s", kind, n.kind)
	}
	return n.kind == kind
}

// number reads any finite number. Minus zero becomes zero, so that both have one canonical form.
func (p *parser) number(n *node, path string) (float64, bool) {
	if !p.expect(n, isNumber, path) {
		return 0, false
	}
	v, err := strconv.ParseFloat(n.text, 64)
	if err != nil {
		p.add(n.offset, path, CodeOutOfRange, "%s is too large for a number", cut(n.text))
		return 0, false
	}
	return v + 0, true
}

// integer reads an integer of at most 2⁵³ in size; 3.0 and 3e0 are integers too, as in JSON Schema.
func (p *parser) integer(n *node, path string, low, high float64) (int64, bool) {
	v, ok := p.number(n, path)
	if !ok {
		return 0, false
	}
	if v != math.Trunc(v) {
		p.add(n.offset, path, CodeNotInteger, "must be an integer, not %s", cut(n.text))
		return 0, false
	}
	return int64(v), p.inRange(n, path, v, bounds{min: low, max: high})
}

// integers reads an array of len(to) integers. A pair that was written as one number is reported once, at the number.
func (p *parser) integers(n *node, path string, to []int, low, high float64) bool {
	if n.kind != isArray {
		p.add(n.offset, path, CodeWrongType, "must be an integer or an array of %d integers, not %s", len(to), n.kind)
		return false
	}
	if len(n.items) != len(to) {
		p.add(n.offset, path, CodeOutOfRange, "must have %d numbers, not %d", len(to), len(n.items))
		return false
	}
	all := true
	for i, item := range n.items {
		at := pointerAt(path, i)
		if n.text != "" {
			at = path
		}
		v, ok := p.integer(item, at, low, high)
		if to[i] = int(v); !ok {
			all = false
			if n.text != "" {
				break
			}
		}
	}
	return all
}

// bounds are the limits of a number.
type bounds struct {
	min, max     float64
	above, below bool
}

// String says what the bounds ask for.
func (b bounds) String() string {
	low, high := "at least", "at most"
	if b.above {
		low = "above"
	}
	if b.below {
		high = "below"
	}
	number := func(v float64) string {
		if math.Abs(v) >= 1e15 || v != math.Trunc(v) {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprintf("%s %s and %s %s", low, number(b.min), high, number(b.max))
}

// inRange checks limits in float32 too: training computes in it, and a rate that rounds to 1 divides by zero.
func (p *parser) inRange(n *node, path string, v float64, b bounds) bool {
	if v < b.min || v > b.max || b.above && v == b.min || b.below && float32(v) == float32(b.max) {
		p.add(n.offset, path, CodeOutOfRange, "must be %s, not %s", b, cut(n.text))
		return false
	}
	return true
}
