package trainer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
)

// Canonical returns the one JSON form of the architecture: sorted keys, every default of each type written out, pairs
// as arrays, names where there are any. Parse gives the same architecture back.
func (a Architecture) Canonical() []byte { return encode(a.document(true)) }

// ID is the SHA-256, in hex, of the canonical form without any name: it recognises the same architecture again.
func (a Architecture) ID() string {
	sum := sha256.Sum256(encode(a.document(false)))
	return hex.EncodeToString(sum[:])
}

// MarshalJSON implements json.Marshaler with the canonical form.
func (a Architecture) MarshalJSON() ([]byte, error) { return a.Canonical(), nil }

// UnmarshalJSON implements json.Unmarshaler with Parse. The caps on parameters and memory are for requests: what is
// stored was within the caps of its time.
func (a *Architecture) UnmarshalJSON(data []byte) error {
	parsed, err := Parse(data, ParseOptions{Limits: Limits{MaxParameters: math.MaxInt64, MaxMemory: math.MaxInt64}})
	if err != nil {
		return err
	}
	*a = parsed.Architecture
	return nil
}

type object = map[string]any

func (a Architecture) document(names bool) object {
	layers := layerDocuments(a.Layers, names)
	t := a.Training
	training := fieldsDocument(trainingFields, t)
	training["optimizer"] = variantDocument(optimizerVariants, string(t.Optimizer.Type), t.Optimizer)
	training["schedule"] = variantDocument(scheduleVariants, string(t.Schedule.Type), t.Schedule)
	training["augment"] = fieldsDocument(augmentFields, t.Augment)
	d := object{"version": a.Version, "input": a.Input, "classes": a.Classes, "layers": layers, "training": training}
	if names && a.Name != "" {
		d["name"] = a.Name
	}
	return d
}

func layerDocuments(layers []Layer, names bool) []object {
	documents := make([]object, len(layers))
	for i, l := range layers {
		d := variantDocument(layerVariants, string(l.Type), l)
		if l.Type == Residual {
			d["body"], d["shortcut"] = layerDocuments(l.Body, names), layerDocuments(l.Shortcut, names)
		}
		if names && l.Name != "" {
			d["name"] = l.Name
		}
		documents[i] = d
	}
	return documents
}

func variantDocument[T any](variants []variant[T], name string, of T) object {
	v, _ := find(variants, name)
	d := fieldsDocument(v.fields, of)
	d["type"] = name
	return d
}

// fieldsDocument writes the fields that apply, later ones only where they differ from the default. An empty word in an
// architecture made by hand stands for the default.
func fieldsDocument[T any](fields []field[T], of T) object {
	d := object{}
	for _, f := range fields {
		if !f.applies(of) {
			continue
		}
		v := reflect.ValueOf(f.at(&of)).Elem()
		if f.later && (v.Interface() == f.def || v.Kind() == reflect.String && v.Len() == 0) {
			continue
		}
		d[f.key] = v.Interface()
		if v.Kind() == reflect.String && v.Len() == 0 {
			d[f.key] = f.fallback(of)
		}
	}
	return d
}

func encode(d object) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(d); err != nil {
		panic(fmt.Sprintf("trainer: encode an architecture: %v", err)) // NaN or Inf put in by hand
	}
	return bytes.TrimSpace(b.Bytes())
}
