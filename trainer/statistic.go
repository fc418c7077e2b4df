package trainer

import (
	"fmt"
	"slices"
	"strconv"
)

// TensorKind says which of a layer's tensors a statistic is of.
type TensorKind string

// The kinds, in the order of the catalogue. They are the members of LayerStatistics in JSON.
const (
	OfWeights     TensorKind = "weights"
	OfGradients   TensorKind = "gradients"
	OfActivations TensorKind = "activations"
)

// TensorKinds lists them.
func TensorKinds() []TensorKind { return []TensorKind{OfWeights, OfGradients, OfActivations} }

// singular is the kind in a statistic's name.
var singular = map[TensorKind]string{OfWeights: "weight", OfGradients: "gradient", OfActivations: "activation"}

// Of returns the layer's summary of the tensor.
func (l *LayerStatistics) Of(k TensorKind) *Statistics {
	switch k {
	case OfWeights:
		return &l.Weights
	case OfGradients:
		return &l.Gradients
	case OfActivations:
		return &l.Activations
	}
	panic(fmt.Sprintf("no tensor %q", k))
}

// Scale says which values a statistic takes.
type Scale int

// The scales.
const (
	LinearScale Scale = iota // of both signs
	LogScale                 // from 0, over many powers of ten
	ShareScale               // 0…Statistic.Most
)

// Statistic is one of the numbers that a record has of each layer, or that follows from them. What stores, rounds,
// shows, judges or learns from statistics reads them from the Catalogue: a new one is a row here, in summaries where
// every tensor has it and in ofLayer where one has. CONTRIBUTING.md lists what else it takes.
type Statistic struct {
	Of        TensorKind
	Name      string  // JSON member and database column: "l2_norm"
	OfLayer   bool    // a member of LayerStatistics, not of a tensor's Statistics: its name says what it is of
	Title     string  // for people, below the tensor's name: "L2 norm"
	Short     string  // heading of a narrow column, at most five letters
	Threshold float64 // that the share is below of; 0: none
	Scale     Scale
	Most      float64 // the greatest value on ShareScale
	// Feature is the name in the tables of the four methods and in the feature vector; "" stands for in neither. It is
	// not FullName: kept forests and relations are found by a hash of these names, and model cards show them in JSON,
	// so that gradient_norm, weight_max and weight_update_ratio stay as they were first named.
	Feature string
	// InVector says that the feature vector has it as well. A change asks for another features.Version.
	InVector bool

	place  func(*LayerStatistics) *Number // nil where derived
	derive func(*LayerStatistics) Number
}

// FullName is unique in the catalogue: "gradient_l2_norm", "dead_units". Rules and diagnoses use it.
func (s *Statistic) FullName() string {
	if s.OfLayer {
		return s.Name
	}
	return singular[s.Of] + "_" + s.Name
}

// At returns the statistic of a layer, Missing where it was not measured.
func (s *Statistic) At(l *LayerStatistics) Number {
	if s.place == nil {
		return s.derive(l)
	}
	return *s.place(l)
}

// Recorded says whether records hold the statistic, so that it has a Place. Others are derived from those.
func (s *Statistic) Recorded() bool { return s.place != nil }

// Place returns where a layer's record holds the statistic. It panics where it is not recorded.
func (s *Statistic) Place(l *LayerStatistics) *Number { return s.place(l) }

// Catalogue returns all statistics: weights, gradients, activations. Callers must not change the list.
func Catalogue() []*Statistic { return catalogue }

// StatisticNamed returns the statistic of the full name. It panics where there is none: names are the programmer's.
func StatisticNamed(full string) *Statistic {
	i := slices.IndexFunc(catalogue, func(s *Statistic) bool { return s.FullName() == full })
	if i < 0 {
		panic(fmt.Sprintf("no statistic %q", full))
	}
	return catalogue[i]
}

// summary is a statistic that each tensor's Statistics have.
type summary struct {
	name, title, short string
	scale              Scale
	threshold          map[TensorKind]float64
	feature            string                      // below the tensor's name
	features, vector   []TensorKind                // tensors that have it as a Feature, and InVector
	place              func(s *Statistics) *Number // nil where derived
	derive             func(s *Statistics) Number
}

// Weights are in no vector: what the layers put out and send back predicts better (docs: go run ./bench/forms).
var (
	every   = TensorKinds()
	outputs = []TensorKind{OfGradients, OfActivations}
)

var thresholds = map[TensorKind]float64{
	OfWeights: SmallWeight, OfGradients: SmallGradient, OfActivations: SmallActivation,
}

// summaries are the catalogue's rows for each tensor.
var summaries = []summary{
	{name: "mean", title: "mean", short: "mean", place: func(s *Statistics) *Number { return &s.Mean }},
	{
		name:     "variance",
		title:    "variance",
		short:    "var",
		scale:    LogScale,
		feature:  "variance",
		features: every,
		vector:   outputs,
		place:    func(s *Statistics) *Number { return &s.Variance },
	},
	{
		name:     "max_abs",
		title:    "max |x|",
		short:    "max",
		scale:    LogScale,
		feature:  "max",
		features: every,
		vector:   outputs,
		place:    func(s *Statistics) *Number { return &s.MaxAbs },
	},
	{
		name:      "share_below",
		title:     "share below",
		short:     "<",
		scale:     ShareScale,
		threshold: thresholds,
		feature:   "share_below",
		features:  every,
		vector:    outputs,
		place:     func(s *Statistics) *Number { return &s.ShareBelow },
	},
	{
		name:     "share_zero",
		title:    "share of zeros",
		short:    "=0",
		scale:    ShareScale,
		feature:  "share_zero",
		features: []TensorKind{OfActivations},
		vector:   []TensorKind{OfActivations},
		place:    func(s *Statistics) *Number { return &s.ShareZero },
	},
	{
		name:     "l2_norm",
		title:    "L2 norm",
		short:    "L2",
		scale:    LogScale,
		feature:  "norm",
		features: []TensorKind{OfGradients},
		vector:   []TensorKind{OfGradients},
		place:    func(s *Statistics) *Number { return &s.L2Norm },
	},
	{
		name:     "kurtosis",
		title:    "kurtosis",
		short:    "kurt",
		scale:    LogScale,
		feature:  "kurtosis",
		features: every,
		vector:   outputs,
		place:    func(s *Statistics) *Number { return &s.Kurtosis },
	},
	{name: "q01", title: "1st percentile", short: "q01", place: func(s *Statistics) *Number { return &s.Q01 }},
	{name: "q50", title: "median", short: "q50", place: func(s *Statistics) *Number { return &s.Q50 }},
	{name: "q99", title: "99th percentile", short: "q99", place: func(s *Statistics) *Number { return &s.Q99 }},
	{
		name:     "spread",
		title:    "span, 1st to 99th percentile",
		short:    "span",
		scale:    LogScale,
		feature:  "spread",
		features: []TensorKind{OfWeights},
		derive:   func(s *Statistics) Number { return s.Q99 - s.Q01 },
	},
}

// ofLayer are the catalogue's rows that one tensor alone has.
var ofLayer = []Statistic{
	{
		Of:      OfWeights,
		Name:    "update_ratio",
		Title:   "update ratio",
		Short:   "upd",
		Scale:   LogScale,
		Feature: "weight_update_ratio",
		place:   func(l *LayerStatistics) *Number { return &l.UpdateRatio },
	},
	{
		Of:       OfGradients,
		Name:     "gradient_noise",
		Title:    "noise",
		Short:    "noise",
		Scale:    ShareScale,
		Most:     2,
		Feature:  "gradient_noise",
		InVector: true,
		place:    func(l *LayerStatistics) *Number { return &l.GradientNoise },
	},
	{
		Of:       OfActivations,
		Name:     "dead_units",
		Title:    "dead units",
		Short:    "dead",
		Scale:    ShareScale,
		Most:     1,
		Feature:  "dead_units",
		InVector: true,
		place:    func(l *LayerStatistics) *Number { return &l.DeadUnits },
	},
}

var catalogue = func() []*Statistic {
	var all []*Statistic
	for _, kind := range TensorKinds() {
		for _, s := range summaries {
			all = append(all, s.of(kind))
		}
		for _, s := range ofLayer {
			if s.OfLayer = true; s.Of == kind {
				all = append(all, &s)
			}
		}
	}
	return all
}()

// of is the row for a tensor.
func (s summary) of(kind TensorKind) *Statistic {
	row := &Statistic{Of: kind, Name: s.name, Title: s.title, Short: s.short, Scale: s.scale, Threshold: s.threshold[kind]}
	if row.Threshold > 0 {
		row.Title += " " + strconv.FormatFloat(row.Threshold, 'g', -1, 64)
	}
	if s.scale == ShareScale {
		row.Most = 1
	}
	if slices.Contains(s.features, kind) {
		row.Feature, row.InVector = singular[kind]+"_"+s.feature, slices.Contains(s.vector, kind)
	}
	if s.place != nil {
		row.place = func(l *LayerStatistics) *Number { return s.place(l.Of(kind)) }
	} else {
		row.derive = func(l *LayerStatistics) Number { return s.derive(l.Of(kind)) }
	}
	return row
}

// reset leaves nothing measured.
func (s *Statistics) reset() {
	*s = Statistics{}
	for _, row := range summaries {
		if row.place != nil {
			*row.place(s) = Missing
		}
	}
}

// reset leaves nothing measured.
func (l *LayerStatistics) reset() {
	*l = LayerStatistics{}
	for _, s := range catalogue {
		if s.Recorded() {
			*s.Place(l) = Missing
		}
	}
}
