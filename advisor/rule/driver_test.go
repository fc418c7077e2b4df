package rule

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

func rulesOf(diagnoses []advisor.Diagnosis) []string {
	var names []string
	for _, d := range diagnoses {
		names = append(names, d.Rule)
	}
	return slices.Compact(names)
}

func TestAllRulesAreDescribed(t *testing.T) {
	named := map[string]bool{}
	for _, r := range All() {
		if named[r.Name] || !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(r.Name) {
			t.Errorf("%q: want a kebab-case name that no other rule has", r.Name)
		}
		named[r.Name] = true
		if r.Finds == "" || r.Source == "" || r.Proposes == "" || r.Run == nil {
			t.Errorf("%s is not described: %+v", r.Name, r)
		}
		if n := utf8.RuneCountInString(r.Title); n == 0 || n > 60 || strings.HasSuffix(r.Title, ".") {
			t.Errorf("%s: %d letters of %q, want 1 to 60 without a full stop", r.Name, n, r.Title)
		}
		if bad := regexp.MustCompile(`%!|[A-Z]{5,}|\.md`).FindString(r.Doc()); bad != "" {
			t.Errorf("%s: %q in %q", r.Name, bad, r.Doc())
		}
	}
}

func TestExamples(t *testing.T) {
	for file, want := range map[string][]string{
		"flawed.json": {"under-capacity", "bottleneck", "flat-filters", "too-many-dense", "unregularised-higher-layers",
			"ascending-dense"},
		"flawed-cifar10.json": {"flat-filters", "too-many-dense", "unregularised-higher-layers", "ascending-dense"},
	} {
		diagnoses, proposals := strict(t).Examine(probed(t, example(t, file)))
		if got := rulesOf(diagnoses); !slices.Equal(got, want) || len(proposals) < 6 {
			t.Errorf("%s: got %v and %d proposals, want %v", file, got, len(proposals), want)
		}
	}
	for _, file := range []string{"paper.json", "small-cnn.json"} {
		diagnoses, _ := strict(t).Examine(probed(t, example(t, file)))
		for _, d := range diagnoses {
			// The paper itself advises against two techniques on a layer, and against wide dense layers.
			if d.Severity == advisor.High || d.Rule != "stacked-regularisers" && d.Rule != "wide-dense" {
				t.Errorf("%s: %s %s: %s", file, d.Severity, d.Rule, d.Message)
			}
		}
	}
}

// TestFlawedIsRepaired applies all proposals that are no setting of a knob, ladders first, and looks at the outcome.
func TestFlawedIsRepaired(t *testing.T) {
	a := example(t, "flawed.json")
	_, proposals := strict(t).Examine(probed(t, a))
	revised := a
	for _, theme := range []advisor.Theme{advisor.Reshape, advisor.Regularise, advisor.Stabilise} {
		for _, p := range proposals {
			if p.Theme == theme && p.Setting == "" {
				p.Revise(&revised)
			}
		}
	}
	got := strings.Join(changes(a, revised), ", ")
	// 59,850 parameters before, 56,802 with 120 and 64 units, 60,458 with 128 (and conv3 as it was).
	want := "conv3.Filters 4→8, dense1.Units 16→64, +dropout1 after dense1, dense2.L2 0→0.0003, -dense3, -dense4"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if diagnoses, _ := strict(t).Examine(probed(t, revised)); len(diagnoses) > 0 {
		t.Errorf("still: %+v", diagnoses)
	}
}

func TestOrder(t *testing.T) {
	a := parse(t, plainLayers, `"optimizer":{"type":"sgd","learning_rate":0.01}`)
	dead := func(_ float64, l *trainer.LayerStatistics) { l.DeadUnits = 0.6 }
	c := probed(t, a, of("dense1", dead), of("conv1", whole(activationVariance, 1, 1, 6)),
		of("conv2", whole(activationVariance, 1, 1, 90)), of("dense1", whole(activationVariance, 1, 1, 60)))
	diagnoses, proposals := strict(t).Examine(c)
	var got []string
	for _, d := range diagnoses {
		got = append(got, d.Rule+" "+d.Layer+" "+string(d.Severity))
	}
	want := []string{
		"plain-sgd  medium",       // a cause
		"dead-relu dense1 medium", // health of training, though others are as severe
		"high-activation-variance conv2 medium",
		"high-activation-variance conv1 low",
		"unregularised-higher-layers conv2 low", // among the first two layers
		"high-activation-variance dense1 low",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	var order []string
	for _, p := range proposals {
		order = append(order, p.Rule)
	}
	if got := slices.Compact(order); !slices.Equal(got,
		[]string{"plain-sgd", "dead-relu", "high-activation-variance", "unregularised-higher-layers"}) {
		t.Errorf("proposals come in the order %v", got)
	}
}

// TestBrokenRunsSilenceShape: architecture rules still speak, those of the statistics' shape do not.
func TestBrokenRunsSilenceShape(t *testing.T) {
	a := parse(t, plainLayers, "")
	bent := of("dense1", whole(weightVariance, 0.02, 0.022, 0.03))
	for name, c := range map[string]struct {
		change change
		rules  []string
	}{
		"sound": {func(*trainer.EpochRecord) {}, []string{"parabolic-layer", "unregularised-higher-layers"}},
		"diverged": {at(3, func(r *trainer.EpochRecord) { r.TrainLoss = trainer.Missing }),
			[]string{"diverged", "unregularised-higher-layers"}},
		"at chance": {func(r *trainer.EpochRecord) { r.TrainAccuracy, r.ValidationAccuracy = 0.1, 0.1 },
			[]string{"at-chance", "unregularised-higher-layers"}},
	} {
		diagnoses, _ := strict(t).Examine(probed(t, a, bent, c.change))
		if got := rulesOf(diagnoses); !slices.Equal(got, c.rules) {
			t.Errorf("%s: got %v, want %v", name, got, c.rules)
		}
	}
}

func TestExamineIsDeterministicAndReadsOnly(t *testing.T) {
	for _, f := range fixtures(t) {
		before, err := json.Marshal(f.of.Architecture)
		if err != nil {
			t.Fatal(err)
		}
		first, proposals := strict(t).Examine(f.of)
		var titles []string
		for _, p := range proposals {
			titles = append(titles, describe(f.of.Architecture, p))
		}
		for range 2 {
			again, more := strict(t).Examine(f.of)
			var same []string
			for _, p := range more {
				same = append(same, describe(f.of.Architecture, p))
			}
			x, _ := json.Marshal(first)
			y, _ := json.Marshal(again)
			if string(x) != string(y) || !slices.Equal(titles, same) {
				t.Errorf("%s/%s: another answer the second time", f.rule, f.name)
			}
		}
		if after, _ := json.Marshal(f.of.Architecture); string(after) != string(before) {
			t.Errorf("%s/%s: the architecture was changed", f.rule, f.name)
		}
	}
}

func TestMistakesOfRulesAreReported(t *testing.T) {
	a := parse(t, plainLayers, "")
	good := explain(measured("conv1", "weight_variance", 2, 1, 3, advisor.High), above, "it is wide")
	good.Percentile = 97.25
	good = explain(good, above, "it is wide")
	for name, spoil := range map[string]func(*advisor.Diagnosis){
		"":                        func(*advisor.Diagnosis) {},
		`unknown severity "dire"`: func(d *advisor.Diagnosis) { d.Severity = "dire" },
		"no statistic":            func(d *advisor.Diagnosis) { d.Statistic = "" },
		`no layer "conv9"`:        func(d *advisor.Diagnosis) { d.Layer = "conv9" },
		"no threshold":            func(d *advisor.Diagnosis) { d.Threshold = trainer.Missing },
		`lacks "conv2"`:           func(d *advisor.Diagnosis) { d.Layer = "conv2" },
		`lacks "weight_max_abs"`:  func(d *advisor.Diagnosis) { d.Statistic = "weight_max_abs" },
		`lacks "7.5"`:             func(d *advisor.Diagnosis) { d.Value = 7.5 },
		`lacks "0.125"`:           func(d *advisor.Diagnosis) { d.Threshold = 0.125 },
		`lacks "percentile 12"`:   func(d *advisor.Diagnosis) { d.Percentile = 12 },
		`lacks "epoch 2.25"`:      func(d *advisor.Diagnosis) { d.Epoch = 2.25 },
		`lacks "not finite"`:      func(d *advisor.Diagnosis) { d.Value = trainer.Missing },
	} {
		d := good
		spoil(&d)
		r := Rule{Name: "made-up", Run: func(p *Pass) { p.Report(d) }}
		if got := mistake(t, Driver{Rules: []Rule{r}}, probed(t, a)); (name == "") != (got == "") ||
			!strings.Contains(got, name) {
			t.Errorf("got %q, want %q", got, name)
		}
	}
	r := Rule{Name: "made-up", Run: func(p *Pass) {
		p.Propose(advisor.Proposal{Title: "Flip", Theme: advisor.Regularise, Revise: knob.Flip})
	}}
	if got := mistake(t, Driver{Rules: []Rule{r}}, probed(t, a)); !strings.Contains(got, "no theme, title or reason") {
		t.Errorf("got %q", got)
	}
}

// mistake returns what the driver says of a rule's only report, which it must leave out; "" where it says nothing.
func mistake(t *testing.T, d Driver, c advisor.Case) string {
	t.Helper()
	var said []error
	d.Incomplete = func(err error) { said = append(said, err) }
	diagnoses, proposals := d.Examine(c)
	if len(said) == 0 {
		return ""
	}
	if len(diagnoses)+len(proposals) > 0 {
		t.Errorf("what is incomplete is reported: %v, %v", diagnoses, proposals)
	}
	return errors.Join(said...).Error()
}

func TestMessage(t *testing.T) {
	d := measured("dense1", "weight_variance", 0.02149, 0.00832, 3, advisor.High)
	d.Percentile = 97.3
	got := explain(d, above, "it is wide").Message
	want := "dense1: weight_variance 0.0215 is above 0.00832, percentile 97.3 of past runs, at epoch 3: it is wide."
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	got = explain(structural("", "dense_layers", 1024, 3, advisor.Low), above, "many").Message
	if want := "The whole net: dense_layers 1024 is above 3: many."; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestProposalsAreDroppedWhereIdleOrIllegal: what changes nothing, or shrinks a shape to zero, is no proposal.
func TestProposalsAreDroppedWhereIdleOrIllegal(t *testing.T) {
	p := newPass(untrained(t, parse(t, plainLayers, "")), "made-up")
	p.Propose(advisor.Proposal{Title: "idle", Revise: knob.RateAtMost(1)})
	p.Propose(advisor.Proposal{Title: "illegal",
		Revise: func(a *trainer.Architecture) { a.Layers[0].Kernel = [2]int{99, 99} }})
	p.Propose(advisor.Proposal{Title: "fine", Revise: knob.RateAtMost(1e-4)})
	if len(p.proposals) != 1 || p.proposals[0].Title != "fine" {
		t.Errorf("got %+v", p.proposals)
	}
}

// everything is a reference that knows all quantities.
type everything struct{}

func (everything) Values(advisor.Quantity) []float64 { return evenly(1) }
func (everything) Runs() int                         { return 57 }

// TestWildProbes: whatever the numbers, Examine answers without a panic.
func TestWildProbes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := []trainer.Number{0, 1e-12, 1e-3, 0.1, 0.5, 1, 3, 1e6, 1e300, trainer.Missing, -1}
	wild := func() trainer.Number { return values[random.IntN(len(values))] }
	fill := func(v reflect.Value) {
		for i := range v.NumField() {
			if v.Field(i).Type() == reflect.TypeFor[trainer.Number]() {
				v.Field(i).Set(reflect.ValueOf(wild()))
			}
		}
	}
	for _, a := range []trainer.Architecture{parse(t, plainLayers, ""), parse(t, saturating, ""),
		parse(t, `{"type":"flatten"},{"type":"dense","units":10}`, "")} {
		for range 100 {
			c := probed(t, a, func(r *trainer.EpochRecord) {
				fill(reflect.ValueOf(r).Elem())
				for i := range r.Layers {
					l := &r.Layers[i]
					l.DeadUnits = wild()
					fill(reflect.ValueOf(&l.Weights).Elem())
					fill(reflect.ValueOf(&l.Gradients).Elem())
					fill(reflect.ValueOf(&l.Activations).Elem())
				}
			})
			if random.IntN(2) == 0 {
				c.Reference = everything{}
			}
			if got := mistake(t, Driver{}, stopped(c, float64(random.IntN(13))/4)); got != "" {
				t.Fatal(got)
			}
		}
	}
}
