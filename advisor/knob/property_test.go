package knob_test

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"probewise/advisor/corpus"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// net is an architecture with its settings.
type net struct {
	name     string
	of       trainer.Architecture
	settings []knob.Setting
}

var sampled struct {
	once sync.Once
	nets []net
}

// everyNet are the written nets and sampledNets sampled ones, in the order of their names.
func everyNet(t *testing.T) []net {
	t.Helper()
	sampled.once.Do(func() {
		all := knob.Nets(t)
		for i := range sampledNets {
			space := corpus.Space{Input: [3]int{28, 28, 1}, Classes: 10, Epochs: 15, MultiplyAdds: 4e6, MaxParameters: 2e6}
			if i%2 == 1 {
				space.Input = [3]int{32, 32, 3}
			}
			a, err := corpus.Sample(space, 14, i)
			if err != nil {
				t.Fatal(err)
			}
			all[a.Name] = a
		}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			sampled.nets = append(sampled.nets, net{name, all[name], knob.Settings(all[name], knob.Constraints{})})
		}
	})
	return sampled.nets
}

// TestSettingsAreLegal: what Settings returns is legal, in the form that the parser gives it, made twice the same, made
// again no other, and never made in the layers of the architecture that it is for.
func TestSettingsAreLegal(t *testing.T) {
	total := 0
	for _, n := range everyNet(t) {
		name, a := n.name, n.of
		before, id := string(a.Canonical()), a.ID()
		seen := map[string]string{}
		names := map[string]bool{}
		settings, again := n.settings, knob.Settings(a, knob.Constraints{})
		if len(settings) < 15 || len(again) != len(settings) {
			t.Errorf("%s: %d settings, then %d", name, len(settings), len(again))
		}
		for i, s := range settings {
			revised, other, twice := a, a, a
			s.Revise(&revised)
			again[i].Revise(&other)
			s.Revise(&twice)
			s.Revise(&twice)
			valid, err := trainer.Validate(revised, trainer.Limits{})
			switch {
			case err != nil:
				t.Errorf("%s: %s: %v", name, s.Name, err)
			case !reflect.DeepEqual(valid, revised):
				t.Errorf("%s: %s: the parser reads\n%s\nnot\n%s", name, s.Name, valid.Canonical(), revised.Canonical())
			case !reflect.DeepEqual(other, revised) || again[i].Name != s.Name || again[i].Title != s.Title:
				t.Errorf("%s: %s becomes %s the second time", name, s.Title, again[i].Title)
			case !reflect.DeepEqual(twice, revised):
				t.Errorf("%s: %s made twice:\n%s\nonce:\n%s", name, s.Name, twice.Canonical(), revised.Canonical())
			case revised.ID() == id || seen[revised.ID()] != "" || names[s.Name]:
				t.Errorf("%s: %s changes nothing, equals %s or has a name twice", name, s.Name, seen[revised.ID()])
			case revised.Cost().TrainingFLOPs > 4*a.Cost().TrainingFLOPs:
				t.Errorf("%s: %s is more than 4 times as expensive", name, s.Name)
			case string(a.Canonical()) != before:
				t.Fatalf("%s: %s changed the architecture that it is for", name, s.Name)
			case len(strangers(a, s.Title)) > 0:
				t.Errorf("%s: %s: no layers %v: %s", name, s.Name, strangers(a, s.Title), s.Title)
			case s.Title == "" || s.Theme == "" || !strings.HasPrefix(s.Name, s.Knob+" "):
				t.Errorf("%s: incomplete: %+v", name, s)
			}
			seen[revised.ID()], names[s.Name] = s.Name, true
		}
		total += len(settings)
	}
	if total < 30*sampledNets {
		t.Errorf("only %d settings", total)
	}
}

// numbered are the names that layers have by default.
var numbered = regexp.MustCompile(`\b(?:[a-z]+_)*[a-z]+\d+\b`)

// strangers are the layers that a title names and the architecture does not have.
func strangers(a trainer.Architecture, title string) []string {
	return slices.DeleteFunc(numbered.FindAllString(title, -1), func(name string) bool { return knob.Has(a, name) })
}

// TestPairsCompose: any two settings can be made one after the other; what is illegal then is said to be so.
func TestPairsCompose(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 2))
	legal, all := 0, 0
	for _, n := range everyNet(t) {
		name, a, settings := n.name, n.of, n.settings
		for _, first := range settings {
			second := settings[r.IntN(len(settings))]
			revised := a
			first.Revise(&revised)
			once := string(revised.Canonical())
			both := revised
			second.Revise(&both)
			if string(revised.Canonical()) != once {
				t.Fatalf("%s: %s after %s changed shared layers", name, second.Name, first.Name)
			}
			if all++; knob.Legal(both) {
				legal++
			}
		}
	}
	if float64(legal) < 0.97*float64(all) {
		t.Errorf("only %d of %d pairs are legal", legal, all)
	}
}

// TestConstraintsHold: bounds, frozen layers and forbidden knobs.
func TestConstraintsHold(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 3))
	for _, n := range everyNet(t) {
		name, a := n.name, n.of
		cost := a.Cost()
		var layers []string
		for l := range a.All() {
			layers = append(layers, l.Name)
		}
		frozen := layers[r.IntN(len(layers))]
		knobs := knob.All()
		forbidden := knobs[r.IntN(len(knobs))].Name
		c := knob.Constraints{
			MaxParameters: cost.Parameters - cost.Parameters/10, MaxMemory: 2 * cost.PeakMemory,
			MaxTrainingFLOPs: cost.TrainingFLOPs, Frozen: []string{frozen}, Forbid: []string{forbidden},
		}
		if err := c.Check(a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, s := range knob.Settings(a, c) {
			revised := a
			s.Revise(&revised)
			now := revised.Cost()
			if now.Parameters > cost.Parameters || now.PeakMemory > 2*cost.PeakMemory || now.TrainingFLOPs > cost.TrainingFLOPs {
				t.Errorf("%s: %s breaks a bound: %+v, before %+v", name, s.Name, now, cost)
			}
			if s.Knob == forbidden {
				t.Errorf("%s: %s is forbidden", name, s.Name)
			}
			var was, is trainer.Layer
			for l := range a.All() {
				if l.Name == frozen {
					was = *l
				}
			}
			for l := range revised.All() {
				if l.Name == frozen {
					is = *l
				}
			}
			if !reflect.DeepEqual(was, is) {
				t.Errorf("%s: %s changes %s: %+v to %+v", name, s.Name, frozen, was, is)
			}
		}
	}
}

// asked counts the settings of a knob that is not drawn, which forbidding the knob must take away.
func asked(t *testing.T, k knob.Knob, a trainer.Architecture) (n int) {
	t.Helper()
	for _, s := range k.Settings(a) {
		revised := a
		if s.Revise(&revised); revised.ID() == a.ID() {
			continue
		}
		n++
		if (knob.Constraints{Forbid: []string{k.Name}}).Allows(a, revised) {
			t.Errorf("%s changes nothing that %s stands for", s.Name, k.Name)
		}
	}
	return n
}

// TestCatalogue: each knob has all its texts and a name of its own, is found by it, and has a setting on some net that
// is its own: forbidding the knob takes it away.
func TestCatalogue(t *testing.T) {
	offered := map[string]int{}
	for _, n := range everyNet(t) {
		for _, s := range n.settings {
			offered[s.Knob]++
			revised := n.of
			s.Revise(&revised)
			parts := s.Knob != "recipe" && s.Knob != "standard-net"
			if parts && (knob.Constraints{Forbid: []string{s.Knob}}).Allows(n.of, revised) {
				t.Errorf("%s changes nothing that %s stands for", s.Name, s.Knob)
			}
		}
	}
	seen := map[string]bool{}
	for _, k := range knob.All() {
		found, ok := knob.Named(k.Name)
		if seen[k.Name] || !ok || found.Title != k.Title {
			t.Errorf("%s is not found by its name", k.Name)
		}
		seen[k.Name] = true
		for _, text := range []string{k.Title, k.Does, k.Range, k.Costs, k.When, string(k.Theme)} {
			if text == "" || strings.Contains(text, "%!") {
				t.Errorf("%s: text %q", k.Name, text)
			}
		}
		if k.Asked {
			offered[k.Name] += asked(t, k, everyNet(t)[0].of)
		}
		if offered[k.Name] == 0 {
			t.Errorf("%s has no setting on any net", k.Name)
		}
	}
	if _, ok := knob.Named("no-such"); ok {
		t.Error("an unknown knob was found")
	}
}
