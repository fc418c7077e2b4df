package patch

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"probewise/trainer"
)

// Describe writes edits of the canonical architecture as lines for people, one per layer that changes.
func Describe(a trainer.Architecture, edits []Edit) ([]string, error) {
	var d object
	if err := json.Unmarshal(a.Canonical(), &d); err != nil {
		return nil, fmt.Errorf("read the canonical form: %w", err)
	}
	var layers []object
	for _, l := range d["layers"].([]any) {
		layers = append(layers, l.(object))
	}
	w := walk{rest: d, layers: layers}
	for _, e := range edits {
		if err := w.follow(e); err != nil {
			return nil, err
		}
	}
	return w.lines, nil
}

// walk is an architecture on its way through edits. Layers that are added or removed move those after them.
type walk struct {
	rest   object // all but the layers
	layers []object
	lines  []string
	last   string // what the last line is about
}

func (w *walk) follow(e Edit) error {
	tokens := strings.Split(strings.TrimPrefix(e.Path, "/"), "/")
	if tokens[0] != "layers" {
		w.member(strings.Join(tokens[:len(tokens)-1], " "),
			dig(w.rest, tokens[:len(tokens)-1]), tokens[len(tokens)-1], e)
		return nil
	}
	at, tokens, err := w.reach(tokens[1:])
	if err != nil {
		return fmt.Errorf("%s %s: %w", e.Op, e.Path, err)
	}
	if len(tokens) == 0 {
		w.say("", "all layers"+at.of+" are replaced")
		return nil
	}
	i, err := index(tokens[0], len(at.layers)+1)
	if err != nil || i == len(at.layers) && (len(tokens) > 1 || e.Op != "add") {
		return fmt.Errorf("%s %s: there is no such layer", e.Op, e.Path)
	}
	switch {
	case len(tokens) > 1:
		w.member(layerName(at.layers[i]), dig(at.layers[i], tokens[1:len(tokens)-1]), tokens[len(tokens)-1], e)
	case e.Op == "remove":
		w.say("", "remove "+layerText(at.layers[i]))
		at.put(slices.Delete(at.layers, i, i+1))
	case e.Op == "add":
		added, err := asObject(e.Value)
		if err != nil {
			return fmt.Errorf("%s %s: %w", e.Op, e.Path, err)
		}
		where := "at the start" + at.of
		if i > 0 {
			where = "after " + layerName(at.layers[i-1])
		}
		w.say("", "add "+where+": "+layerText(added))
		at.put(slices.Insert(at.layers, i, added))
	default:
		replaced, err := asObject(e.Value)
		if err != nil {
			return fmt.Errorf("%s %s: %w", e.Op, e.Path, err)
		}
		w.say("", "replace "+layerText(at.layers[i])+" by "+layerText(replaced))
		at.layers[i] = replaced
		at.put(at.layers)
	}
	return nil
}

// place is a list of layers: the net's, or one inside a residual block.
type place struct {
	layers []object
	put    func([]object)
	of     string // " of residual1's body"; "" for the net's
}

// reach goes down the tokens of a path to the list that it is about, and returns those that are left.
func (w *walk) reach(tokens []string) (place, []string, error) {
	at := place{layers: w.layers, put: func(l []object) { w.layers = l }}
	for len(tokens) > 1 && (tokens[1] == "body" || tokens[1] == "shortcut") {
		i, err := index(tokens[0], len(at.layers))
		if err != nil {
			return at, nil, err
		}
		block, key := at.layers[i], tokens[1]
		at = place{
			layers: list(block[key]),
			put: func(l []object) {
				items := make([]any, len(l))
				for i := range l {
					items[i] = l[i]
				}
				block[key] = items
			},
			of: " of " + layerName(block) + "'s " + key,
		}
		tokens = tokens[2:]
	}
	return at, tokens, nil
}

// index reads a token that counts up to below n.
func index(token string, n int) (int, error) {
	i, err := strconv.Atoi(token)
	if err != nil || i < 0 || i >= n {
		return 0, fmt.Errorf("there is no layer %s", token)
	}
	return i, nil
}

// member notes the change of one setting; those of one thing share a line.
func (w *walk) member(of string, in object, key string, e Edit) {
	before, had := in[key]
	after := value(e.Value)
	change := fmt.Sprintf("%s %s → %s", key, value(before), after)
	switch {
	case e.Op == "remove":
		change = fmt.Sprintf("%s %s → removed", key, value(before))
	case !had:
		change = fmt.Sprintf("%s %s", key, after)
	}
	if of != "" && of == w.last {
		w.lines[len(w.lines)-1] += ", " + change
		return
	}
	if of != "" {
		change = of + ": " + change
	}
	w.say(of, change)
}

func (w *walk) say(of, line string) { w.lines, w.last = append(w.lines, line), of }

// dig returns the object at the end of the path, nil where there is none.
func dig(o object, path []string) object {
	for _, key := range path {
		o, _ = o[key].(object)
	}
	return o
}

// asObject gives an edit's value the form that JSON gives it.
func asObject(v any) (object, error) {
	encoded, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var o object
	return o, json.Unmarshal(encoded, &o)
}

func layerName(l object) string {
	if name, ok := l["name"].(string); ok {
		return name
	}
	return value(l["type"])
}

// ordinary settings of a layer are left out where it is described.
var ordinary = map[string]string{"activation": "relu", "batch_norm": "false", "bias": "true",
	"initializer": "glorot_uniform", "l1": "0", "l2": "0"}

// layerText writes a layer with its settings: "dropout1 (dropout, rate 0.25)".
func layerText(l object) string {
	words := []string{value(l["type"])}
	for _, key := range slices.Sorted(maps.Keys(l)) {
		if key == "body" || key == "shortcut" {
			if names := innerNames(l[key]); names != "" {
				words = append(words, key+" "+names)
			}
		} else if v := value(l[key]); key != "type" && key != "name" && ordinary[key] != v {
			words = append(words, key+" "+v)
		}
	}
	return layerName(l) + " (" + strings.Join(words, ", ") + ")"
}

// innerNames joins the names of the layers of a body or shortcut.
func innerNames(v any) string {
	var names []string
	for _, l := range list(v) {
		names = append(names, layerName(l))
	}
	return strings.Join(names, "→")
}

// value writes a JSON value for people: pairs as 3×3.
func value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = value(v[i])
		}
		return strings.Join(parts, "×")
	case nil:
		return "null"
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(encoded)
}
