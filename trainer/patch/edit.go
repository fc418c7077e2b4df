package patch

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	jsonpatch "github.com/evanphx/json-patch/v5"

	"probewise/trainer"
)

// Edit is one operation of a JSON Patch (RFC 6902) on the canonical architecture.
type Edit struct {
	Op    string `json:"op"` // add, remove or replace
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// Diff returns the JSON Patch that turns the canonical form of from into that of to. Layers are matched by name.
// Members are set with "add", which replaces a member that is there.
func Diff(from, to trainer.Architecture) ([]Edit, error) {
	a, err := document(from)
	if err != nil {
		return nil, err
	}
	b, err := document(to)
	if err != nil {
		return nil, err
	}
	edits := layerEdits("/layers", list(a["layers"]), list(b["layers"]))
	delete(a, "layers")
	delete(b, "layers")
	return append(edits, memberEdits("", a, b)...), nil
}

// Apply returns the architecture after the edits, validated.
func Apply(a trainer.Architecture, edits []Edit) (trainer.Architecture, error) {
	encoded, err := json.Marshal(edits)
	if err != nil {
		return trainer.Architecture{}, fmt.Errorf("encode the edits: %w", err)
	}
	patch, err := jsonpatch.DecodePatch(encoded)
	if err != nil {
		return trainer.Architecture{}, fmt.Errorf("decode the edits: %w", err)
	}
	edited, err := patch.Apply(a.Canonical())
	if err != nil {
		return trainer.Architecture{}, fmt.Errorf("apply the edits: %w", err)
	}
	parsed, err := trainer.Parse(edited, trainer.ParseOptions{})
	return parsed.Architecture, err
}

type object = map[string]any

func document(a trainer.Architecture) (object, error) {
	var d object
	if err := json.Unmarshal(a.Canonical(), &d); err != nil {
		return nil, fmt.Errorf("read the canonical form: %w", err)
	}
	return d, nil
}

func list(v any) []object {
	items, _ := v.([]any)
	objects := make([]object, len(items))
	for i, item := range items {
		objects[i], _ = item.(object)
	}
	return objects
}

// layerEdits lists the edits of the layers at the path, the net's or those inside a residual block: it removes from the
// end, then inserts from the front, then changes members: every index is right at its turn. Where layers changed
// places, the whole list is replaced.
func layerEdits(list string, from, to []object) []Edit {
	named := func(layers []object, name any) bool {
		return slices.ContainsFunc(layers, func(l object) bool { return l["name"] == name })
	}
	var edits, changes []Edit
	work := slices.Clone(from)
	for i := len(work) - 1; i >= 0; i-- {
		if !named(to, work[i]["name"]) {
			edits = append(edits, Edit{Op: "remove", Path: fmt.Sprintf("%s/%d", list, i)})
			work = slices.Delete(work, i, i+1)
		}
	}
	for i, l := range to {
		path := fmt.Sprintf("%s/%d", list, i)
		switch {
		case i < len(work) && work[i]["name"] == l["name"] && work[i]["type"] == l["type"]:
			changes = append(changes, memberEdits(path, work[i], l)...)
		case i < len(work) && work[i]["name"] == l["name"]:
			changes = append(changes, Edit{Op: "replace", Path: path, Value: l})
		case named(work, l["name"]):
			return []Edit{{Op: "replace", Path: list, Value: to}}
		default:
			edits = append(edits, Edit{Op: "add", Path: path, Value: l})
			work = slices.Insert(work, i, l)
		}
	}
	return append(edits, changes...)
}

// memberEdits compares two objects member by member, in the order of their names.
func memberEdits(path string, from, to object) []Edit {
	var edits []Edit
	for _, key := range slices.Sorted(maps.Keys(from)) {
		if _, ok := to[key]; !ok {
			edits = append(edits, Edit{Op: "remove", Path: path + "/" + key})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(to)) {
		before, had := from[key].(object)
		after, has := to[key].(object)
		switch {
		case had && has:
			edits = append(edits, memberEdits(path+"/"+key, before, after)...)
		case key == "body" || key == "shortcut":
			edits = append(edits, layerEdits(path+"/"+key, list(from[key]), list(to[key]))...)
		case !reflect.DeepEqual(from[key], to[key]):
			edits = append(edits, Edit{Op: "add", Path: path + "/" + key, Value: to[key]})
		}
	}
	return edits
}
