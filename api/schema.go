package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/features"
	"probewise/trainer"
)

// architectureJSON is an architecture as the client wrote it, so that its findings have their places.
type architectureJSON json.RawMessage

// MarshalJSON implements json.Marshaler.
func (a architectureJSON) MarshalJSON() ([]byte, error) { return json.RawMessage(a).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (a *architectureJSON) UnmarshalJSON(data []byte) error {
	return (*json.RawMessage)(a).UnmarshalJSON(data)
}

// Schema implements huma.SchemaProvider.
func (architectureJSON) Schema(huma.Registry) *huma.Schema { return architecture{}.Schema(nil) }

// architecture stands for trainer.Architecture in the OpenAPI document, number for trainer.Number, and so on: the types
// of package trainer and advisor know nothing of it.
type (
	architecture struct{}
	number       float64
	runState     string
	runKind      string
	severity     string
	verdict      string
	effort       string
	goal         string
	metric       string
	tensor       string
	form         string
	position     string
	target       string
)

// Schema implements huma.SchemaProvider.
func (architecture) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:                 huma.TypeObject,
		AdditionalProperties: true,
		Description:          "an architecture; its JSON Schema is at " + trainer.SchemaID,
	}
}

// Schema implements huma.SchemaProvider.
func (number) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:        huma.TypeNumber,
		Format:      "double",
		Nullable:    true,
		Description: "null where it is not known or not finite",
	}
}

// Schema implements huma.SchemaProvider.
func (runState) Schema(huma.Registry) *huma.Schema {
	return words(
		"queued → running → succeeded, failed or cancelled; a run that diverged succeeded, and its outcome says so",
		advisor.Queued, advisor.Running, advisor.Succeeded, advisor.Failed, advisor.Cancelled)
}

// Schema implements huma.SchemaProvider.
func (runKind) Schema(huma.Registry) *huma.Schema {
	return words("a probe is the beginning of a full run", advisor.Probe, advisor.Full)
}

// Schema implements huma.SchemaProvider.
func (severity) Schema(huma.Registry) *huma.Schema {
	return words("", advisor.High, advisor.Medium, advisor.Low)
}

// Schema implements huma.SchemaProvider.
func (verdict) Schema(huma.Registry) *huma.Schema {
	return words("better: shown by seeds that did not choose the suggestion; probably_better: a gain above what another "+
		"seed makes, and a chance of three in four or more that it is above zero", advisor.Verdicts()...)
}

// Schema implements huma.SchemaProvider.
func (effort) Schema(huma.Registry) *huma.Schema {
	return words("what the budget is where it is not given: standard is 1 full training, quick 0.4, which leaves nothing "+
		"for fresh seeds; default: standard", advisor.Standard, advisor.Quick)
}

// Schema implements huma.SchemaProvider.
func (goal) Schema(huma.Registry) *huma.Schema {
	return words("accuracy: more of it; shrink: fewer parameters and operations at the same accuracy; target: a test "+
		"accuracy, with the smallest change that is expected to reach it; default: accuracy",
		advisor.GoalAccuracy, advisor.GoalShrink, advisor.GoalTarget)
}

// Schema implements huma.SchemaProvider.
func (metric) Schema(huma.Registry) *huma.Schema {
	return words("what gains are of: accuracy is the share of the images that are right, balanced_accuracy the mean "+
		"recall of the classes, macro_f1 their mean F1. Predictions are of accuracy; default: accuracy", advisor.Metrics()...)
}

// Schema implements huma.SchemaProvider.
func (tensor) Schema(huma.Registry) *huma.Schema {
	return words("what the values are", trainer.TensorKinds()...)
}

// Schema implements huma.SchemaProvider.
func (form) Schema(huma.Registry) *huma.Schema {
	return words("of the statistics over the epochs up to then", features.Forms()...)
}

// Schema implements huma.SchemaProvider.
func (position) Schema(huma.Registry) *huma.Schema {
	return words("layers that the statistics are means over", trainer.LayerSets()...)
}

// Schema implements huma.SchemaProvider.
func (target) Schema(huma.Registry) *huma.Schema {
	return words("the accuracy that statistics are related to", analysis.Targets()...)
}

// Schema implements huma.SchemaProvider.
func (readiness) Schema(huma.Registry) *huma.Schema {
	return words("computing: ask again; the result comes with ready", ready, computing)
}

func words[T ~string](description string, values ...T) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: description}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

func newRegistry() huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	for _, pair := range [][2]reflect.Type{
		{reflect.TypeFor[trainer.Architecture](), reflect.TypeFor[architecture]()},
		{reflect.TypeFor[trainer.Number](), reflect.TypeFor[number]()},
		{reflect.TypeFor[advisor.State](), reflect.TypeFor[runState]()},
		{reflect.TypeFor[advisor.Kind](), reflect.TypeFor[runKind]()},
		{reflect.TypeFor[advisor.Severity](), reflect.TypeFor[severity]()},
		{reflect.TypeFor[advisor.Verdict](), reflect.TypeFor[verdict]()},
		{reflect.TypeFor[advisor.Effort](), reflect.TypeFor[effort]()},
		{reflect.TypeFor[advisor.Goal](), reflect.TypeFor[goal]()},
		{reflect.TypeFor[advisor.Metric](), reflect.TypeFor[metric]()},
		{reflect.TypeFor[trainer.TensorKind](), reflect.TypeFor[tensor]()},
		{reflect.TypeFor[features.Form](), reflect.TypeFor[form]()},
		{reflect.TypeFor[trainer.LayerSet](), reflect.TypeFor[position]()},
		{reflect.TypeFor[analysis.Target](), reflect.TypeFor[target]()},
	} {
		r.RegisterTypeAlias(pair[0], pair[1])
	}
	return r
}

// refusals are the statuses that what guards all operations may answer with: of the host and of a busy service, and
// where something is changed also of the origin, the body and the storage.
func refusals(reads bool) []int {
	if reads {
		return []int{http.StatusMisdirectedRequest, http.StatusServiceUnavailable}
	}
	return []int{http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType,
		http.StatusMisdirectedRequest, http.StatusServiceUnavailable, http.StatusInsufficientStorage}
}

// descriptions are of members whose names do not say it all, by schema and member.
var descriptions = map[string]map[string]string{
	"EpochRecord": {
		"norm_batches": "training batches that the statistics of batch norm were measured on, anew, for this evaluation: " +
			"so in the first epochs; left out where the running statistics were taken, as Keras and PyTorch do, and without " +
			"batch norm",
	},
}

// describe finishes the document: what guards every operation may refuse with, what members mean, and what Huma has no
// way to say: that a member with a schema of its own may be null.
func describe(document *huma.OpenAPI) {
	refused := &huma.Response{
		Description: "any other error",
		Content: map[string]*huma.MediaType{
			problemType: {Schema: huma.SchemaFromType(document.Components.Schemas, reflect.TypeFor[Problem]())},
		},
	}
	for path, item := range document.Paths {
		for _, operation := range []*huma.Operation{item.Get, item.Post, item.Delete} {
			if operation == nil {
				continue
			}
			operation.Responses["default"] = refused
			for _, status := range refusals(operation == item.Get) {
				code := strconv.Itoa(status)
				if operation.Responses[code] == nil {
					operation.Responses[code] = &huma.Response{Description: http.StatusText(status), Content: refused.Content}
				}
			}
		}
		if strings.HasSuffix(path, "/events") {
			item.Get.Responses["204"] = &huma.Response{Description: "everything has been sent: do not come again"}
		}
		if item.Get != nil {
			item.Get.Responses["304"] = &huma.Response{Description: "it is what If-None-Match names"}
		}
	}
	registry := document.Components.Schemas
	for name, schema := range registry.Map() {
		for member, text := range descriptions[name] {
			if p := schema.Properties[member]; p != nil {
				p.Description = text
			}
		}
		of := registry.TypeFromRef("#/components/schemas/" + name)
		if of == nil || of.Kind() != reflect.Struct {
			continue
		}
		for _, f := range reflect.VisibleFields(of) {
			member, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			property := schema.Properties[member]
			if property == nil || property.Ref == "" || f.Type.Kind() != reflect.Pointer ||
				strings.Contains(options, "omitempty") {
				continue
			}
			schema.Properties[member] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: property.Ref}, {Type: "null"}}}
		}
	}
}
