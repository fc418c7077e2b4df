package trainer

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
)

// Validate checks an architecture that was made in memory, by the rules of Parse and without a trip through JSON. It
// returns what Parse makes of the canonical form: names and defaults filled in, a missing softmax added. The error is
// an *InvalidError whose pointers are those of the canonical form.
func Validate(a Architecture, l Limits) (Architecture, error) {
	p := parser{options: ParseOptions{Limits: l.orDefaults()}}
	var t treeBuilder
	p.document(t.node(reflect.ValueOf(a.document(true))))
	if len(p.errors) > 0 {
		return Architecture{}, &InvalidError{inOrder(p.errors)}
	}
	return p.a, nil
}

// treeBuilder makes the tree that readJSON would make of a document. Offsets only count: they order the findings.
type treeBuilder struct{ offset int64 }

func (t *treeBuilder) next() int64 {
	t.offset++
	return t.offset
}

func (t *treeBuilder) node(v reflect.Value) *node {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	n := &node{offset: t.next()}
	switch v.Kind() {
	case reflect.Map:
		o := v.Interface().(object)
		n.kind, n.index = isObject, make(map[string]*node, len(o))
		for _, key := range slices.Sorted(maps.Keys(o)) {
			m := member{key: key, offset: t.next()}
			m.value = t.node(reflect.ValueOf(o[key]))
			n.members, n.index[key] = append(n.members, m), m.value
		}
	case reflect.Slice, reflect.Array:
		n.kind = isArray
		for i := range v.Len() {
			n.items = append(n.items, t.node(v.Index(i)))
		}
	case reflect.String:
		n.kind, n.text = isString, v.String()
	case reflect.Bool:
		n.kind, n.yes = isBoolean, v.Bool()
	case reflect.Int:
		n.kind, n.text = isNumber, strconv.FormatInt(v.Int(), 10)
	case reflect.Uint64:
		n.kind, n.text = isNumber, strconv.FormatUint(v.Uint(), 10)
	case reflect.Float64:
		n.kind, n.text = number(v.Float())
	default:
		panic(fmt.Sprintf("trainer: a field of the architecture is a %s", v.Type())) // field.at lists the types
	}
	return n
}

// number writes a number as JSON does; what JSON cannot write has a kind of its own, which no field expects.
func number(v float64) (kind, text string) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Sprint(v), ""
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err) // of a finite number
	}
	return isNumber, string(encoded)
}
