package advisor

import (
	"slices"
	"strings"
)

// Metric is what advice is to raise.
type Metric string

// The metrics. All are shares of test images in full training, estimated on validation images.
const (
	Accuracy         Metric = "accuracy"          // share of the images that are right
	BalancedAccuracy Metric = "balanced_accuracy" // mean recall of the classes
	MacroF1          Metric = "macro_f1"          // mean F1 of the classes
)

// Metrics lists them.
func Metrics() []Metric { return []Metric{Accuracy, BalancedAccuracy, MacroF1} }

// Words is the metric as people read it.
func (m Metric) Words() string {
	switch m {
	case "":
		m = Accuracy
	case MacroF1:
		return "macro F1"
	}
	return strings.ReplaceAll(string(m), "_", " ")
}

// Other says whether it is another one than accuracy over all images, which predictions are of.
func (m Metric) Other() bool { return m != "" && m != Accuracy }

// View is the probe with the metric in place of its validation accuracies, as far as its records know it.
func (m Metric) View(r ProbeResult) ProbeResult {
	if !m.Other() {
		return r
	}
	r.Records = slices.Clone(r.Records)
	for i := range r.Records {
		switch s := r.Records[i].ValidationByClass; {
		case s == nil: // of an older version
		case m == MacroF1:
			r.Records[i].ValidationAccuracy = s.MacroF1
		default:
			r.Records[i].ValidationAccuracy = s.BalancedAccuracy
		}
	}
	return r
}
