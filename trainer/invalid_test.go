package trainer

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// at is a finding without its message.
func at(pointer, code string) Finding { return Finding{Pointer: pointer, Code: code} }

// malformed are documents with everything that must be found in them, in document order. They are read with the data
// set of known chosen, unless alone is set.
var malformed = slices.Concat(malformedTops, malformedLayers, malformedNets)

type malformedCase struct {
	name         string
	document     string
	want         []Finding
	says         string // part of the first message
	alone        bool
	beyondSchema bool // structural in its code, but the schema cannot see it
}

var malformedTops = []malformedCase{
	// The document.
	{name: "empty", document: ``,
		want: []Finding{at("", CodeInvalidJSON)}, says: "line 1, column 1: the document ends too early"},
	{name: "cut off", document: "{\"version\": 1,\n \"layers\": [",
		want: []Finding{at("", CodeInvalidJSON)}, says: "line 2, column 13"},
	{name: "syntax", document: "{\n  \"layers\": [},\n}",
		want: []Finding{at("", CodeInvalidJSON)}, says: "line 2, column 14"},
	{name: "column in characters", document: `{"größe": x}`,
		want: []Finding{at("", CodeInvalidJSON)}, says: "line 1, column 11"},
	{name: "NaN", document: `{"classes": NaN}`,
		want: []Finding{at("", CodeInvalidJSON)}, says: "NaN and Infinity are not JSON"},
	{name: "Infinity", document: `{"classes": -Infinity}`, want: []Finding{at("", CodeInvalidJSON)}},
	{name: "not UTF-8", document: "{\"name\": \"a\xff\"}",
		want: []Finding{at("", CodeInvalidJSON)}, says: "line 1, column 12"},
	{name: "trailing data", document: net(flatten, out) + "\n{}",
		want: []Finding{at("", CodeTrailingData)}, says: "line 2, column 1"},
	{name: "too deep", document: strings.Repeat("[", 40) + strings.Repeat("]", 40),
		want: []Finding{at("", CodeInvalidJSON)}, says: "nested deeper"},
	{name: "too many values", document: "[" + strings.Repeat("0,", 64*512) + "0]",
		want: []Finding{at("", CodeTooLarge)}, beyondSchema: true},
	{name: "an array", document: `[]`, want: []Finding{at("", CodeWrongType)}, says: "must be an object, not an array"},
	{name: "null", document: `null`, want: []Finding{at("", CodeWrongType)}},

	// The top.
	{name: "no layers key", document: `{"version": 1}`, want: []Finding{at("", CodeMissingKey)}, says: `"layers"`},
	{name: "layers empty", document: net(), want: []Finding{at("/layers", CodeNoLayers)}},
	{name: "layers no array", document: `{"layers": {}}`, want: []Finding{at("/layers", CodeWrongType)}},
	{name: "too many layers", document: net(slices.Repeat([]string{`{"type": "dropout", "rate": 0.1}`}, 513)...),
		want: []Finding{at("/layers", CodeTooManyLayers)}},
	{name: "version 2", document: `{"version": 2, "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/version", CodeUnsupportedVersion)}},
	{name: "version as text", document: `{"version": "1", "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/version", CodeWrongType)}},
	{name: "unknown key", document: `{"layer": [], "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/layer", CodeUnknownKey)}, says: `did you mean "layers"`},
	{name: "unknown key with a slash", document: `{"a/b~": 1, "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/a~1b~0", CodeUnknownKey)}},
	{name: "huge key", document: `{"` + strings.Repeat("k", 1000) + `": 1, "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("", CodeUnknownKey)}, says: `has no key "kkkk`},
	{name: "duplicate key", document: `{"classes": 10, "classes": 9, "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/classes", CodeDuplicateKey)}},
	{name: "schema key no text", document: `{"$schema": 1, "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/$schema", CodeWrongType)}},
	{name: "name empty", document: `{"name": "", "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/name", CodeBadName)}},
	{name: "name too long",
		document: `{"name": "` + strings.Repeat("ä", 65) + `", "layers": [` + flatten + `, ` + out + `]}`,
		want:     []Finding{at("/name", CodeBadName)}, says: "not 65"},
	{name: "name with control character", document: `{"name": "a\u0007b", "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/name", CodeBadName)}},
	{name: "input another", document: `{"input": [32, 32, 3], "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/input", CodeDatasetMismatch)},
		says: `input is [32 32 3], but the images of data set "clothes" are [28 28 1]`},
	{name: "input a number", document: `{"input": 28, "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/input", CodeWrongType)}},
	{name: "input of two", document: `{"input": [28, 28], "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/input", CodeOutOfRange)}},
	{name: "input zero", document: `{"input": [0, 28, -1], "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/input/0", CodeOutOfRange), at("/input/2", CodeOutOfRange)}},
	{name: "input too large",
		document: `{"input": [65536, 65536, 1], "classes": 10, "layers": [` + flatten + `, ` + out + `]}`, alone: true,
		want: []Finding{at("/input", CodeTooLarge)}},
	{name: "classes another",
		document: `{"classes": 100, "layers": [` + flatten +
			`, {"type": "dense", "units": 100, "activation": "softmax"}]}`,
		want: []Finding{at("/classes", CodeDatasetMismatch)}},
	{name: "one class", document: `{"classes": 1, "layers": [` + flatten + `, ` + out + `]}`,
		want: []Finding{at("/classes", CodeOutOfRange)}},
	{name: "no data set", document: `{"layers": [` + flatten + `, ` + out + `]}`, alone: true, beyondSchema: true,
		want: []Finding{at("", CodeMissingKey), at("", CodeMissingKey)}, says: `"input"`},
}

var malformedNets = []malformedCase{
	// Layers after each other.
	{name: "dense on an image", document: net(conv, hidden, out),
		want: []Finding{at("/layers/1", CodeNeedsFlatten)}, says: "needs flatten or a global pool before it"},
	{name: "conv after flatten", document: net(flatten, conv, flatten, out),
		want: []Finding{at("/layers/1", CodeNeedsImage)}},
	{name: "pool after dense", document: net(flatten, hidden, `{"type": "max_pool"}`, flatten, out),
		want: []Finding{at("/layers/2", CodeNeedsImage)}},
	{name: "kernel over the input", document: net(`{"type": "conv", "filters": 3, "kernel": [3, 29]}`, flatten, out),
		want: []Finding{at("/layers/0/kernel", CodeShrinksToZero)}, says: "3×29 does not fit into 28×28×1"},
	{name: "pools to nothing",
		document: net(append(slices.Repeat([]string{`{"type": "max_pool"}`}, 6), flatten, out)...),
		want:     []Finding{at("/layers/4", CodeShrinksToZero)}, says: "into 1×1×1"},
	{name: "output too large",
		document: net(`{"type": "zero_pad", "padding": 1024}`,
			`{"type": "conv", "filters": 1048576, "kernel": 1}`, flatten, out),
		want: []Finding{at("/layers/1", CodeTooLarge)}},
	{name: "broken layer alone",
		document: net(`{"type": "conv", "filters": 3, "kernel": "x"}`,
			`{"type": "max_pool", "size": 100}`, flatten, out),
		want: []Finding{at("/layers/0/kernel", CodeWrongType)}},
	{name: "order after a broken layer",
		document: net(`{"type": "conv", "filters": 0, "kernel": 3}`, hidden, conv, flatten, out),
		want: []Finding{at("/layers/0/filters", CodeOutOfRange), at("/layers/1", CodeNeedsFlatten),
			at("/layers/2", CodeNeedsImage)}},
	{name: "no weights", document: `{"input": [1, 1, 10], "classes": 10, "layers": [{"type": "flatten"}]}`, alone: true,
		want: []Finding{at("/layers", CodeNoWeights)}},

	// The end.
	{name: "units for other classes",
		document: net(conv, flatten, `{"type": "dense", "units": 12, "activation": "softmax"}`),
		want:     []Finding{at("/layers/2/units", CodeWrongUnits)}, says: "12 outputs for 10 classes"},
	{name: "units before the last activation",
		document: net(conv, flatten, `{"type": "dense", "units": 12}`,
			`{"type": "activation", "activation": "softmax"}`),
		want: []Finding{at("/layers/2/units", CodeWrongUnits)}},
	{name: "filters for other classes", document: net(conv, `{"type": "global_avg_pool"}`),
		want: []Finding{at("/layers/0/filters", CodeWrongUnits)}},
	{name: "features for other classes", document: net(conv, flatten),
		want: []Finding{at("/layers/1", CodeWrongUnits)}},
	{name: "last activation", document: net(flatten, `{"type": "dense", "units": 10, "activation": "sigmoid"}`),
		want: []Finding{at("/layers/1/activation", CodeLastActivation)}, says: "sigmoid"},
	{name: "last activation layer", document: net(flatten, out, `{"type": "activation", "activation": "relu"}`),
		want: []Finding{at("/layers/2/activation", CodeLastActivation)}},
	{name: "ends in dropout", document: net(flatten, out, `{"type": "dropout", "rate": 0.5}`),
		want: []Finding{at("/layers/2", CodeLastLayer)}},
	{name: "ends in conv", document: net(`{"type": "conv", "filters": 10, "kernel": 28, "activation": "softmax"}`),
		want: []Finding{at("/layers/0", CodeLastLayer)}},
	{name: "softmax of an image", document: net(conv, `{"type": "activation", "activation": "softmax"}`),
		want: []Finding{at("/layers/1", CodeLastLayer)}, says: "ends in an image"},

	// Caps.
	{name: "too many parameters", document: net(flatten, `{"type": "dense", "units": 26000}`, out),
		want: []Finding{at("/layers", CodeTooManyParameters)}, says: "dense1 has 20410000"},
	{name: "too much memory",
		document: net(`{"type": "conv", "filters": 4096, "kernel": 1}`, `{"type": "global_avg_pool"}`, out),
		want:     []Finding{at("/layers", CodeTooMuchMemory)}, says: "batches of 64"},

	// Training.
	{name: "training no object", document: trained(`3`), want: []Finding{at("/training", CodeWrongType)}},
	{name: "unknown training key", document: trained(`{"learning_rate": 0.1, "epoch": 3}`),
		want: []Finding{at("/training/learning_rate", CodeUnknownKey), at("/training/epoch", CodeUnknownKey)}},
	{name: "unknown optimizer", document: trained(`{"optimizer": {"type": "adma"}}`),
		want: []Finding{at("/training/optimizer/type", CodeUnknownType)}, says: `did you mean "adam"`},
	{name: "unknown optimizer by name", document: trained(`{"optimizer": "lion"}`),
		want: []Finding{at("/training/optimizer", CodeUnknownType)}, says: "known here: adam, adamw, rmsprop, sgd"},
	{name: "optimizer a number", document: trained(`{"optimizer": 1}`),
		want: []Finding{at("/training/optimizer", CodeWrongType)}},
	{name: "key of another optimizer", document: trained(`{"optimizer": {"type": "adam", "rho": 0.9}}`),
		want: []Finding{at("/training/optimizer/rho", CodeUnknownKey)}, says: `adam has no key "rho"`},
	{name: "learning rate zero", document: trained(`{"optimizer": {"learning_rate": 0}}`),
		want: []Finding{at("/training/optimizer/learning_rate", CodeOutOfRange)}},
	{name: "learning rate vanishes", document: trained(`{"optimizer": {"learning_rate": 1e-400}}`),
		want: []Finding{at("/training/optimizer/learning_rate", CodeOutOfRange)}, says: "not 1e-400"},
	{name: "beta one", document: trained(`{"optimizer": {"beta_1": 1, "beta_2": -1}}`),
		want: []Finding{at("/training/optimizer/beta_1", CodeOutOfRange),
			at("/training/optimizer/beta_2", CodeOutOfRange)}},
	{name: "unknown schedule", document: trained(`{"schedule": {"type": "cosin"}}`),
		want: []Finding{at("/training/schedule/type", CodeUnknownType)}},
	{name: "warm-up over more than half of the epochs",
		document: trained(`{"schedule": {"warmup": 3}, "epochs": 5}`), beyondSchema: true,
		want: []Finding{at("/training/schedule/warmup", CodeOutOfRange)}},
	{name: "negative warm-up", document: trained(`{"schedule": {"type": "cosine", "warmup": -1}}`),
		want: []Finding{at("/training/schedule/warmup", CodeOutOfRange)}},
	{name: "step without every", document: trained(`{"schedule": {"type": "step", "factor": 1}}`),
		want: []Finding{at("/training/schedule", CodeMissingKey), at("/training/schedule/factor", CodeOutOfRange)}},
	{name: "batch of zero", document: trained(`{"batch_size": 0, "epochs": 0.5, "clip_norm": -1}`),
		want: []Finding{at("/training/batch_size", CodeOutOfRange), at("/training/epochs", CodeNotInteger),
			at("/training/clip_norm", CodeOutOfRange)}},
	{name: "seed negative", document: trained(`{"seed": -1}`), want: []Finding{at("/training/seed", CodeOutOfRange)}},
	{name: "seed over 2^53", document: trained(`{"seed": 9007199254740993}`),
		want: []Finding{at("/training/seed", CodeOutOfRange)}},
	{name: "crop over half", document: trained(`{"augment": {"crop": 15}}`), beyondSchema: true,
		want: []Finding{at("/training/augment/crop", CodeOutOfRange)}, says: "at most 14"},
	{name: "augment a list", document: trained(`{"augment": ["flip"]}`),
		want: []Finding{at("/training/augment", CodeWrongType)}},
	{name: "flip as text", document: trained(`{"augment": {"flip": "yes"}}`),
		want: []Finding{at("/training/augment/flip", CodeWrongType)}},

	// Everything at once, in document order.
	{name: "many", document: `{"training": {"epochs": 0}, "layers": [{"type": "conv", "kernel": -3, "filters": 0}, ` +
		`{"type": "lfatten"}, {"type": "dense", "units": 9, "activation": "relu"}], "classes": 1}`,
		want: []Finding{at("/training/epochs", CodeOutOfRange), at("/layers/0/kernel", CodeOutOfRange),
			at("/layers/0/filters", CodeOutOfRange),
			at("/layers/1/type", CodeUnknownType), at("/layers/2/activation", CodeLastActivation),
			at("/classes", CodeOutOfRange)}},
}

func TestMalformed(t *testing.T) {
	for _, c := range malformed {
		o := known
		if c.alone {
			o = ParseOptions{}
		}
		_, err := Parse([]byte(c.document), o)
		var invalid *InvalidError
		if !errors.As(err, &invalid) {
			t.Errorf("%s: accepted", c.name)
			continue
		}
		var got []Finding
		for _, f := range invalid.Findings {
			if f.Message == "" {
				t.Errorf("%s: %s %s has no message", c.name, f.Pointer, f.Code)
			}
			got = append(got, at(f.Pointer, f.Code))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v\nwant %v\n%v", c.name, got, c.want, err)
		} else if !strings.Contains(invalid.Findings[0].Message, c.says) {
			t.Errorf("%s: message %q, want %q", c.name, invalid.Findings[0].Message, c.says)
		}
	}
}

func TestFindingsAreBounded(t *testing.T) {
	_, err := Parse([]byte(net(slices.Repeat([]string{`{"type": "x"}`}, 300)...)), known)
	var invalid *InvalidError
	if !errors.As(err, &invalid) || len(invalid.Findings) != maxFindings+1 ||
		invalid.Findings[maxFindings].Code != CodeMoreFindings {
		t.Errorf("got %.200v", err)
	}
	if !strings.HasPrefix(err.Error(), `invalid architecture: /layers/0/type: unknown layer type "x"`) {
		t.Errorf("got %.200v", err)
	}
}

func TestEditDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{{"", "abc", 3}, {"kitten", "sitting", 3}, {"relu", "relu", 0}, {"rleu", "relu", 2}, {"flaw", "lawn", 2}}
	for _, tt := range tests {
		if got := EditDistance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q to %q: got %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
