package trainer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Version is the version of the architecture JSON that Parse reads and Canonical writes.
const Version = 1

// SchemaID is the $id of the architecture's JSON Schema, and where the server serves it.
const SchemaID = "/schemas/architecture/v1.json"

// Limits bound what an architecture may cost. Zero values stand for the defaults.
type Limits struct {
	MaxBytes      int   // a document of this many bytes or more is refused; default 2 MiB
	MaxLayers     int   // default 512
	MaxParameters int64 // default 20 million
	MaxMemory     int64 // bytes of a training step, Cost.PeakMemory; default 2 GiB
}

func (l Limits) orDefaults() Limits {
	return Limits{
		MaxBytes:      cmp.Or(l.MaxBytes, 2<<20),
		MaxLayers:     cmp.Or(l.MaxLayers, 512),
		MaxParameters: cmp.Or(l.MaxParameters, 20_000_000),
		MaxMemory:     cmp.Or(l.MaxMemory, 2<<30),
	}
}

// ParseOptions says what is known before an architecture is read. The zero value is fine.
type ParseOptions struct {
	Limits  Limits
	Input   [3]int // height, width, channels of the chosen data set; zero: unknown
	Classes int    // of the chosen data set; zero: unknown
	Dataset string // its name, for messages
}

// Parsed is a valid architecture with what its reader should be told.
type Parsed struct {
	Architecture Architecture
	Warnings     []Finding
	Defaults     []string // JSON Pointers under /training that were left out and took their defaults, outermost only
}

// Parse reads and checks an architecture. The error is an *InvalidError with all findings in document order.
func Parse(data []byte, o ParseOptions) (Parsed, error) {
	o.Limits = o.Limits.orDefaults()
	if len(data) >= o.Limits.MaxBytes {
		return Parsed{}, &InvalidError{[]Finding{{Code: CodeTooLarge,
			Message: fmt.Sprintf("the document has %d bytes; it must be smaller than %d", len(data),
				o.Limits.MaxBytes)}}}
	}
	root, finding := readJSON(data, valuesPerLayer*o.Limits.MaxLayers)
	if finding != nil {
		return Parsed{}, &InvalidError{[]Finding{*finding}}
	}
	p := parser{options: o}
	p.document(root)
	if len(p.errors) > 0 {
		return Parsed{}, &InvalidError{inOrder(p.errors)}
	}
	return Parsed{p.a, inOrder(p.warnings), p.defaults}, nil
}

// valuesPerLayer is more values than a layer can have: 12 keys, some with pairs.
const valuesPerLayer = 64

// parser collects an architecture and everything that is wrong with it.
type parser struct {
	options  ParseOptions
	a        Architecture
	errors   []placed
	warnings []placed
	defaults []string
}

func (p *parser) add(offset int64, pointer, code, format string, args ...any) {
	p.errors = append(p.errors, placed{Finding{pointer, code, fmt.Sprintf(format, args...)}, offset})
}

func (p *parser) warn(offset int64, pointer, code, format string, args ...any) {
	p.warnings = append(p.warnings, placed{Finding{pointer, code, fmt.Sprintf(format, args...)}, offset})
}

// filled notes a training setting that was left out.
func (p *parser) filled(pointer string) {
	if strings.HasPrefix(pointer, "/training") {
		p.defaults = append(p.defaults, pointer)
	}
}

func (p *parser) document(root *node) {
	if !p.expect(root, isObject, "") {
		return
	}
	p.checkKeys(root, "", "the architecture",
		[]string{"$schema", "version", "name", "input", "classes", "layers", "training"})
	p.a.Version = Version
	if n := root.index["version"]; n != nil {
		if v, ok := p.number(n, "/version"); ok && v != Version {
			p.add(n.offset, "/version", CodeUnsupportedVersion,
				"version %s of the format is not known; this program reads version %d", cut(n.text), Version)
		}
	}
	if n := root.index["$schema"]; n != nil {
		p.expect(n, isString, "/$schema")
	}
	if n := root.index["name"]; n != nil {
		p.a.Name = p.name(n, "/name")
	}
	p.input(root)
	p.classes(root)
	p.training(root.index["training"])
	trainingOK := len(p.errors) == 0
	if n := root.index["layers"]; n != nil {
		p.layers(n, trainingOK)
	} else {
		p.add(root.offset, "", CodeMissingKey, "the architecture needs \"layers\"")
	}
}

// input reads the size of the images, or takes it from the data set.
func (p *parser) input(root *node) {
	n, given := root.index["input"], p.options.Input
	switch {
	case n == nil && given == [3]int{}:
		p.add(root.offset, "", CodeMissingKey,
			"the architecture needs \"input\" (height, width, channels), as no data set is chosen")
	case n == nil:
		p.a.Input = given
	case n.kind != isArray:
		p.add(n.offset, "/input", CodeWrongType,
			"must be an array of 3 integers (height, width, channels), not %s", n.kind)
	default:
		var input [3]int
		if !p.integers(n, "/input", input[:], 1, maxImage) {
			return
		}
		p.a.Input = input
		if given != [3]int{} && input != given {
			p.add(n.offset, "/input", CodeDatasetMismatch,
				"input is %v, but the images of data set %s are %v (height, width, channels)",
				input, quote(p.options.Dataset), given)
		}
	}
}

// classes reads the number of classes, or takes it from the data set.
func (p *parser) classes(root *node) {
	n, given := root.index["classes"], p.options.Classes
	switch {
	case n == nil && given == 0:
		p.add(root.offset, "", CodeMissingKey, "the architecture needs \"classes\", as no data set is chosen")
	case n == nil:
		p.a.Classes = given
	default:
		v, ok := p.integer(n, "/classes", 2, maxLabel)
		if !ok {
			return
		}
		p.a.Classes = int(v)
		if given != 0 && int(v) != given {
			p.add(n.offset, "/classes", CodeDatasetMismatch, "classes is %d, but data set %s has %d", v,
				quote(p.options.Dataset), given)
		}
	}
}

// training reads the training settings. An optimizer may be given by its type alone.
func (p *parser) training(n *node) {
	t := &p.a.Training
	if n == nil {
		p.filled("/training")
	}
	readFields(p, n, "/training", "training", trainingFields, t, "optimizer", "schedule", "augment")
	var optimizer, schedule, augment *node
	if n != nil && n.kind == isObject {
		optimizer, schedule, augment = n.index["optimizer"], n.index["schedule"], n.index["augment"]
		for _, key := range []string{"optimizer", "schedule", "augment"} {
			if n.index[key] == nil {
				p.filled("/training/" + key)
			}
		}
	}
	if optimizer != nil && optimizer.kind == isString {
		p.optimizerByName(optimizer)
	} else {
		t.Optimizer.Type = OptimizerType(readVariant(p, optimizer, "/training/optimizer", "optimizer",
			optimizerVariants, string(Adam), &t.Optimizer))
	}
	t.Schedule.Type = ScheduleType(readVariant(p, schedule, "/training/schedule", "schedule", scheduleVariants,
		string(Constant), &t.Schedule))
	readFields(p, augment, "/training/augment", "augment", augmentFields, &t.Augment)
	slices.Sort(p.defaults)
	if half := float64(t.Epochs) / 2; half > 0 && t.Schedule.Warmup > half {
		p.add(schedule.index["warmup"].offset, "/training/schedule/warmup", CodeOutOfRange,
			"must be at most %g, half of the %d epochs, not %g", half, t.Epochs, t.Schedule.Warmup)
	}
	if side := min(p.a.Input[0], p.a.Input[1]); side > 0 && t.Augment.Crop > side/2 {
		p.add(augment.index["crop"].offset, "/training/augment/crop", CodeOutOfRange,
			"must be at most %d, half the image's smaller side, not %d", side/2, t.Augment.Crop)
	}
}

func (p *parser) optimizerByName(n *node) {
	v, ok := find(optimizerVariants, n.text)
	if !ok {
		p.add(n.offset, "/training/optimizer", CodeUnknownType, "unknown optimizer type %s%s", quote(n.text),
			Suggest(n.text, variantNames(optimizerVariants)))
		return
	}
	p.a.Training.Optimizer.Type = OptimizerType(v.name)
	readFields(p, nil, "/training/optimizer", v.name, v.fields, &p.a.Training.Optimizer)
	for _, f := range v.fields {
		p.filled(pointerTo("/training/optimizer", f.key))
	}
}

// name reads the name of the architecture or of a layer.
func (p *parser) name(n *node, path string) string {
	const most = 64
	if !p.expect(n, isString, path) {
		return ""
	}
	switch length := utf8.RuneCountInString(n.text); {
	case length == 0 || length > most:
		p.add(n.offset, path, CodeBadName, "a name has 1 to %d characters, not %d", most, length)
	case slices.ContainsFunc([]rune(n.text), unicode.IsControl):
		p.add(n.offset, path, CodeBadName, "the name %s has control characters", quote(n.text))
	}
	return n.text
}
