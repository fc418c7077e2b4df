package trainer

import (
	"reflect"
)

// buildSchema makes the JSON Schema from the tables of fields. Objects with a "type" dispatch on it through if/then,
// so that a validator reports on the one definition that was meant.
func buildSchema() object {
	defs := object{
		"name": object{"type": "string", "minLength": 1, "maxLength": 64,
			"pattern": "^[^\u0000-\u001f\u007f-\u009f]*$"},
		"layer":   dispatch(layerVariants, "layer_", true),
		"inner":   dispatch(innerVariants, "layer_", true),
		"augment": plain(augmentFields, "random changes of training images", nil),
	}
	define(defs, "layer_", layerVariants, object{"name": object{"$ref": "#/$defs/name"}})
	define(defs, "optimizer_", optimizerVariants, nil)
	define(defs, "schedule_", scheduleVariants, nil)
	optimizer := dispatch(optimizerVariants, "optimizer_", false)
	optimizer["type"] = []string{"object", "string"}
	optimizer["if"] = object{"type": "string"}
	optimizer["then"] = object{"enum": variantNames(optimizerVariants)}
	defs["optimizer"] = optimizer
	defs["schedule"] = dispatch(scheduleVariants, "schedule_", false)
	defs["training"] = plain(trainingFields, "training settings", object{
		"optimizer": object{"$ref": "#/$defs/optimizer", "default": object{"type": "adam"},
			"description": "update rule; its type alone is enough"},
		"schedule": object{"$ref": "#/$defs/schedule", "default": object{"type": "constant"},
			"description": "learning rate over the epochs of the full run"},
		"augment": object{"$ref": "#/$defs/augment"},
	})
	side := object{"type": "integer", "minimum": 1, "maximum": maxImage}
	return object{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"$id":         SchemaID,
		"title":       "Probewise architecture",
		"description": "A convolutional network and its training settings.",
		"type":        "object",
		"required":    []string{"layers"},
		"properties": object{
			"$schema": object{"type": "string"},
			"version": object{"const": Version, "default": Version, "description": "version of this format"},
			"name":    object{"$ref": "#/$defs/name"},
			"input": object{"type": "array", "items": side, "minItems": 3, "maxItems": 3,
				"description": "height, width, channels of the images; left out: those of the data set"},
			"classes": object{"type": "integer", "minimum": 2, "maximum": maxLabel,
				"description": "left out: those of the data set"},
			"layers": object{"type": "array", "items": object{"$ref": "#/$defs/layer"}, "minItems": 1,
				"maxItems": Limits{}.orDefaults().MaxLayers},
			"training": object{"$ref": "#/$defs/training"},
		},
		"additionalProperties": false,
		"$defs":                defs,
	}
}

func dispatch[T any](variants []variant[T], prefix string, required bool) object {
	var rules []object
	for _, v := range variants {
		rules = append(rules, object{
			"if": object{"type": "object", "properties": object{"type": object{"const": v.name}},
				"required": []string{"type"}},
			"then": object{"$ref": "#/$defs/" + prefix + v.name},
		})
	}
	s := object{"type": "object", "properties": object{"type": object{"enum": variantNames(variants)}}, "allOf": rules}
	if required {
		s["required"] = []string{"type"}
	} else { // without a type: the type of the default, adam or constant
		fallback := map[string]string{"optimizer_": "adam", "schedule_": "constant"}[prefix]
		s["allOf"] = append(rules, object{
			"if":   object{"type": "object", "not": object{"required": []string{"type"}}},
			"then": object{"$ref": "#/$defs/" + prefix + fallback},
		})
	}
	return s
}

func define[T any](defs object, prefix string, variants []variant[T], more object) {
	for _, v := range variants {
		properties := object{"type": object{"const": v.name}}
		for key, value := range more {
			properties[key] = value
		}
		defs[prefix+v.name] = plain(v.fields, v.doc, properties)
	}
}

func plain[T any](fields []field[T], doc string, properties object) object {
	if properties == nil {
		properties = object{}
	}
	s := object{"type": "object", "description": doc, "properties": properties, "additionalProperties": false}
	var required []string
	for _, f := range fields {
		properties[f.key] = f.schema()
		if f.def == nil {
			required = append(required, f.key)
		}
		if f.when != nil { // the one condition there is
			s["dependentSchemas"] = object{f.key: object{
				"properties": object{"activation": object{"const": LeakyReLU}}, "required": []string{"activation"},
			}}
		}
	}
	if required != nil {
		s["required"] = required
	}
	return s
}

func (f field[T]) schema() object {
	s := object{"description": f.doc}
	if f.def != nil && reflect.TypeOf(f.def).Kind() != reflect.Func {
		s["default"] = f.def
	}
	limit := func() {
		low, high := "minimum", "maximum"
		if f.above {
			low = "exclusiveMinimum"
		}
		if f.below {
			high = "exclusiveMaximum"
		}
		s[low], s[high] = f.min, f.max
	}
	switch f.at(new(T)).(type) {
	case *bool:
		s["type"] = "boolean"
	case *int, *uint64:
		s["type"] = "integer"
		limit()
	case *float64:
		s["type"] = "number"
		limit()
	case *[2]int:
		s["type"] = []string{"integer", "array"}
		limit()
		s["items"] = object{"type": "integer", "minimum": f.min, "maximum": f.max}
		s["minItems"], s["maxItems"] = 2, 2
	case *[]Layer: // one layer stands for a list of one
		inner := object{"$ref": "#/$defs/inner"}
		s["type"], s["items"], s["minItems"] = []string{"array", "object"}, inner, f.min
		s["if"], s["then"] = object{"type": "object"}, inner
		if f.def != nil {
			s["default"] = []any{}
		}
	default:
		s["type"], s["enum"] = "string", f.choices
	}
	return s
}
