package trainer

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The codes of findings. They are stable: tools may match on them.
const (
	CodeInvalidJSON        = "invalid-json"        // syntax, encoding or nesting; the message has line and column
	CodeTrailingData       = "trailing-data"       // something follows the JSON document
	CodeTooLarge           = "too-large"           // the document, or the output of a layer
	CodeWrongType          = "wrong-type"          // another JSON type is needed
	CodeNotInteger         = "not-an-integer"      // a number with a fraction where an integer is needed
	CodeOutOfRange         = "out-of-range"        // a number, or a list's length, outside its limits
	CodeUnknownKey         = "unknown-key"         // the object has no such key
	CodeUnusedKey          = "unused-key"          // the key has no effect beside the others
	CodeDuplicateKey       = "duplicate-key"       // the same key twice in one object
	CodeMissingKey         = "missing-key"         // a required key; the pointer is the object's
	CodeUnknownType        = "unknown-type"        // of a layer, optimizer or schedule
	CodeUnsupportedType    = "unsupported-type"    // a layer type that cannot stand here
	CodeUnknownValue       = "unknown-value"       // of an activation, padding or initializer
	CodeUnsupportedVersion = "unsupported-version" // the format's version is not 1
	CodeBadName            = "bad-name"            // empty, over 64 characters, or with control characters
	CodeDuplicateName      = "duplicate-name"      // two layers with one name
	CodeDatasetMismatch    = "dataset-mismatch"    // input or classes differ from the data set
	CodeNoLayers           = "no-layers"           // the list of layers is empty
	CodeNoWeights          = "no-weights"          // no conv and no dense: nothing to train
	CodeTooManyLayers      = "too-many-layers"     // over Limits.MaxLayers
	CodeTooManyParameters  = "too-many-parameters" // over Limits.MaxParameters
	CodeTooMuchMemory      = "too-much-memory"     // over Limits.MaxMemory
	CodeShrinksToZero      = "shrinks-to-zero"     // a window larger than its input
	CodeNeedsFlatten       = "needs-flatten"       // dense on an image
	CodeNeedsImage         = "needs-image"         // a layer for images on flat features
	CodeShapesDiffer       = "shapes-differ"       // what a residual block would add has different shapes
	CodeWrongUnits         = "wrong-units"         // the network's outputs are not one per class
	CodeLastActivation     = "last-activation"     // the network ends in another activation than softmax
	CodeLastLayer          = "last-layer"          // the network ends in a layer that cannot give class probabilities
	CodeMoreFindings       = "more-findings"       // closes a list that was cut short
	CodeSoftmaxAdded       = "softmax-added"       // warning: the missing softmax at the end was added
)

// maxFindings bounds the answer to a document made of errors.
const maxFindings = 200

// Error implements error: all findings on one line.
func (e *InvalidError) Error() string {
	var b strings.Builder
	b.WriteString("invalid architecture: ")
	for i, f := range e.Findings {
		if i > 0 {
			b.WriteString("; ")
		}
		if f.Pointer != "" {
			b.WriteString(f.Pointer + ": ")
		}
		b.WriteString(f.Message)
	}
	return b.String()
}

// placed is a finding with its place in the document.
type placed struct {
	Finding
	offset int64
}

// inOrder returns the findings in document order, at most maxFindings of them.
func inOrder(all []placed) []Finding {
	slices.SortStableFunc(all, func(a, b placed) int { return int(a.offset - b.offset) })
	var out []Finding
	for i, f := range all {
		if i == maxFindings {
			more := strconv.Itoa(len(all) - maxFindings)
			return append(out, Finding{Code: CodeMoreFindings, Message: "and " + more + " more findings"})
		}
		out = append(out, f.Finding)
	}
	return out
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// pointerTo appends one token to a JSON Pointer (RFC 6901).
func pointerTo(path, key string) string { return path + "/" + pointerEscapes.Replace(key) }

func pointerAt(path string, index int) string { return path + "/" + strconv.Itoa(index) }

// quote shows a piece of the document, cut to what a message can bear.
func quote(s string) string { return strconv.Quote(cut(s)) }

func cut(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return s
}
