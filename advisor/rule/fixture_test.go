package rule

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// fixture is a case that a rule must report, or must not where want is nil.
type fixture struct {
	rule string
	name string
	of   advisor.Case
	want []want
	// proposals are "title | changes", with changes as changes() writes them.
	proposals []string
}

// want is an expected diagnosis. NaN stands for null.
type want struct {
	layer, statistic                    string
	value, threshold, percentile, epoch float64
	severity                            advisor.Severity
}

var null = math.NaN()

func fixtures(t *testing.T) []fixture {
	t.Helper()
	return slices.Concat(
		rateTooHighFixtures(t),
		softmaxTwiceFixtures(t),
		saturatedFixtures(t),
		linearActivationsFixtures(t),
		overRegularisedFixtures(t),
		bottleneckFixtures(t),
		globalPoolingTooEarlyFixtures(t),
		tooManyPoolsFixtures(t),
		kernelTooSmallFixtures(t),
		batchTooLargeFixtures(t),
		plainSGDFixtures(t),
		learnsTooSlowlyFixtures(t),
		underCapacityFixtures(t),
		validationApartFixtures(t),
		divergedFixtures(t),
		vanishingGradientFixtures(t),
		explodingGradientFixtures(t),
		deadReLUFixtures(t),
		atChanceFixtures(t),
		classNeverPredictedFixtures(t),
		unevenClassesFixtures(t),
		parabolicLayerFixtures(t),
		highActivationVarianceFixtures(t),
		overfitFixtures(t),
		unregularisedHigherLayersFixtures(t),
		laggingBatchNormFixtures(t),
		stackedRegularisersFixtures(t),
		flatFiltersFixtures(t),
		ascendingDenseFixtures(t),
		tooManyDenseFixtures(t),
		wideDenseFixtures(t),
	)
}

// parse reads an architecture of 28×28×1 images and 10 classes; layers is the inside of the JSON list, training the
// inside of the JSON object.
func parse(t *testing.T, layers, training string) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse(fmt.Appendf(nil,
		`{"version": 1, "input": [28, 28, 1], "classes": 10, "layers": [%s], "training": {%s}}`, layers, training),
		trainer.ParseOptions{})
	if err != nil {
		t.Fatalf("%s: %v", layers, err)
	}
	return p.Architecture
}

// example reads an architecture of the examples folder.
func example(t *testing.T, name string) trainer.Architecture {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	p, err := trainer.Parse(data, trainer.ParseOptions{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p.Architecture
}

// untrained is the case of an architecture without a probe.
func untrained(t *testing.T, a trainer.Architecture) advisor.Case {
	t.Helper()
	shapes, err := a.Shapes()
	if err != nil {
		t.Fatal(err)
	}
	return advisor.Case{Architecture: a, Shapes: shapes, Cost: a.Cost(), Reference: past{}}
}

// change alters one record of a probe.
type change func(*trainer.EpochRecord)

// probed is the case of a sound probe of three epochs, altered by the changes: statistics as calm nets have them on
// images between 0 and 1, growing ever more slowly.
func probed(t *testing.T, a trainer.Architecture, changes ...change) advisor.Case {
	t.Helper()
	c := untrained(t, a)
	for quarter := range 13 {
		epoch := float64(quarter) / 4
		calm := trainer.Number(math.Sqrt(epoch)) // decelerates
		r := trainer.EpochRecord{
			Epoch:              epoch,
			LearningRate:       trainer.Number(a.Training.Optimizer.LearningRate),
			TrainLoss:          2.3 - 1*calm,
			TrainAccuracy:      0.1 + 0.4*calm,
			ValidationLoss:     2.3 - 0.9*calm,
			ValidationAccuracy: 0.1 + 0.39*calm,
			TestLoss:           trainer.Missing,
			TestAccuracy:       trainer.Missing,
		}
		if epoch == 0 {
			r.TrainLoss, r.TrainAccuracy = trainer.Missing, trainer.Missing
		}
		for l := range a.All() {
			if l.HasWeights() {
				r.Layers = append(r.Layers, trainer.LayerStatistics{
					Layer:       l.Name,
					Type:        l.Type,
					DeadUnits:   0.05,
					UpdateRatio: 0.003,
					Weights:     trainer.Statistics{Variance: 0.02 + 0.004*calm, MaxAbs: 0.3 + 0.1*calm, L2Norm: 4 + 0.5*calm},
					Gradients:   trainer.Statistics{Mean: 1e-5, Variance: 1e-4 - 1e-5*calm, MaxAbs: 0.1, L2Norm: 0.5},
					Activations: trainer.Statistics{Mean: 0.5, Variance: 0.4 + 0.2*calm, MaxAbs: 4 + 1*calm, ShareZero: 0.5},
				})
			}
		}
		for _, change := range changes {
			change(&r)
		}
		c.Records = append(c.Records, r)
	}
	c.Outcome = trainer.Outcome{Epochs: 3}
	return c
}

// of alters the statistics of a layer.
func of(layer string, alter func(epoch float64, l *trainer.LayerStatistics)) change {
	return func(r *trainer.EpochRecord) {
		for i := range r.Layers {
			if r.Layers[i].Layer == layer {
				alter(r.Epoch, &r.Layers[i])
			}
		}
	}
}

// at alters the record of an epoch.
func at(epoch float64, alter change) change {
	return func(r *trainer.EpochRecord) {
		if r.Epoch == epoch {
			alter(r)
		}
	}
}

// stopped is the case after the records up to the epoch.
func stopped(c advisor.Case, epoch float64) advisor.Case {
	c.Records = slices.DeleteFunc(slices.Clone(c.Records), func(r trainer.EpochRecord) bool { return r.Epoch > epoch })
	return c
}

// changes lists what differs: "-dense3", "+dropout1 after dense1", "conv1.Filters 8→16", "Training.ClipNorm 0→1".
func changes(before, after trainer.Architecture) []string {
	var all []string
	index := map[string]trainer.Layer{}
	for l := range before.All() {
		index[l.Name] = own(*l)
	}
	previous := "the input"
	kept := map[string]bool{}
	for l := range after.All() {
		kept[l.Name] = true
		if old, known := index[l.Name]; known {
			all = append(all, differences(l.Name, reflect.ValueOf(old), reflect.ValueOf(own(*l)))...)
		} else {
			all = append(all, fmt.Sprintf("+%s after %s", l.Name, previous))
		}
		previous = l.Name
	}
	for l := range before.All() {
		if !kept[l.Name] {
			all = append(all, "-"+l.Name)
		}
	}
	return append(all, differences("Training", reflect.ValueOf(before.Training), reflect.ValueOf(after.Training))...)
}

// own is the layer without those inside it, which are looked at one by one.
func own(l trainer.Layer) trainer.Layer {
	l.Body, l.Shortcut = nil, nil
	return l
}

func differences(path string, before, after reflect.Value) []string {
	if before.Kind() != reflect.Struct {
		if reflect.DeepEqual(before.Interface(), after.Interface()) {
			return nil
		}
		return []string{fmt.Sprintf("%s %v→%v", path, before, after)}
	}
	var all []string
	for i := range before.NumField() {
		all = append(all, differences(path+"."+before.Type().Field(i).Name, before.Field(i), after.Field(i))...)
	}
	return all
}

// describe writes a proposal as fixtures expect it: a setting of a knob by its name, whose changes are tested there.
func describe(a trainer.Architecture, p advisor.Proposal) string {
	if p.Setting != "" {
		return p.Setting
	}
	revised := a
	p.Revise(&revised)
	return p.Title + " | " + strings.Join(changes(a, revised), ", ")
}

func same(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(b))
}

// strict runs the rules, or all of them, and fails the test where one reports something incomplete.
func strict(t testing.TB, rules ...Rule) Driver {
	t.Helper()
	return Driver{Rules: rules, Incomplete: func(err error) { t.Error(err) }}
}

func TestRules(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.rule+"/"+f.name, func(t *testing.T) {
			var only []Rule
			for _, r := range All() {
				if r.Name == f.rule {
					only = append(only, r)
				}
			}
			diagnoses, proposals := strict(t, only...).Examine(f.of)
			if len(diagnoses) != len(f.want) {
				t.Fatalf("got %d diagnoses, want %d: %+v", len(diagnoses), len(f.want), diagnoses)
			}
			for i, w := range f.want {
				d := diagnoses[i]
				if d.Rule != f.rule || d.Layer != w.layer || d.Statistic != w.statistic || d.Severity != w.severity ||
					!same(float64(d.Value), w.value) || !same(float64(d.Threshold), w.threshold) ||
					!same(float64(d.Percentile), w.percentile) || !same(float64(d.Epoch), w.epoch) {
					t.Errorf("got  %+v\nwant %+v", d, w)
				}
			}
			var got []string
			for _, p := range proposals {
				got = append(got, describe(f.of.Architecture, p))
			}
			if !slices.Equal(got, f.proposals) {
				t.Errorf("proposals:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(f.proposals, "\n"))
			}
		})
	}
}

// TestFixturesCoverRules wants two cases that fire and two that stay quiet of every rule.
func TestFixturesCoverRules(t *testing.T) {
	fire, quiet := map[string]int{}, map[string]int{}
	for _, f := range fixtures(t) {
		if f.want == nil {
			quiet[f.rule]++
		} else {
			fire[f.rule]++
		}
	}
	for _, r := range All() {
		if fire[r.Name] < 2 || quiet[r.Name] < 2 {
			t.Errorf("%s: %d fixtures fire and %d stay quiet, want at least 2 and 2", r.Name, fire[r.Name], quiet[r.Name])
		}
		delete(fire, r.Name)
		delete(quiet, r.Name)
	}
	if len(fire)+len(quiet) > 0 {
		t.Errorf("fixtures of unknown rules: %v %v", fire, quiet)
	}
}

const (
	plainLayers = `{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"max_pool"},
		{"type":"conv","filters":16,"kernel":3,"activation":"relu"},{"type":"max_pool"},{"type":"flatten"},
		{"type":"dense","units":64,"activation":"relu"},{"type":"dense","units":10,"activation":"softmax"}`
	// saturating has an activation as a layer of its own.
	saturating = `{"type":"conv","filters":8,"kernel":3,"activation":"sigmoid"},{"type":"max_pool"},{"type":"flatten"},
		{"type":"dense","units":64,"initializer":"glorot_normal"},{"type":"activation","activation":"tanh"},
		{"type":"dense","units":32,"activation":"sigmoid","l2":0.001},{"type":"dense","units":10,"activation":"softmax"}`
)
