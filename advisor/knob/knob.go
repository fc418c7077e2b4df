package knob

import (
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/trainer"
)

//go:generate go test -run ^TestKnobsPage$ -update .

// Knob is one thing that may be changed.
type Knob struct {
	Name  string // kebab-case, stable: "learning-rate"
	Title string // what it is called for people
	Does  string // what it does
	Range string // legal range and sizes
	Costs string // what a change costs: compute, parameters, memory
	When  string // when it is sensible
	Theme advisor.Theme
	// Asked says that rules and people alone ask for its settings: an architecture does not tell whether one is sensible.
	Asked bool
	// Settings returns the changes for one architecture, in a stable order. Some may be illegal, change nothing or equal
	// another: the function Settings drops those.
	Settings func(a trainer.Architecture) []Setting

	// differs says whether what the knob stands for differs between two architectures; nil: nothing of its own.
	differs func(base, revised trainer.Architecture) bool
}

// Setting is one change of a knob, made for one architecture.
type Setting struct {
	Knob  string
	Name  string // stable across architectures: "learning-rate ×3", "batch-norm all"
	Title string // imperative, with this net's layers and values: "Raise the learning rate from 0.001 to 0.003"
	Theme advisor.Theme
	// Revise changes the architecture and never the layers that it shares with others. It finds layers by name; layers
	// that are gone, or already as wanted, are left alone.
	Revise func(*trainer.Architecture)
}

// All returns the knobs: training, regularisation, shape, whole recipes and nets.
func All() []Knob {
	return []Knob{
		learningRate, optimizer, momentum, schedule, warmUpKnob, batchSize, clipping, classWeights,
		l1, l2, weightDecay, convDropout, denseDropout, batchNorm,
		flip, crop,
		filters, denseWidth, denseLayers, convLayers, pools, strides, kernelSize, padding, head,
		activation, initializer, shortcuts,
		recipe, standardKnob,
	}
}

// Named returns the knob of the name.
func Named(name string) (Knob, bool) {
	for _, k := range All() {
		if k.Name == name {
			return k, true
		}
	}
	return Knob{}, false
}

// SettingNamed returns the architecture's setting of the name, whose first word is the knob's. It may be illegal,
// change nothing or cost too much.
func SettingNamed(a trainer.Architecture, name string) (Setting, bool) {
	kind, _, _ := strings.Cut(name, " ")
	k, ok := Named(kind)
	if !ok {
		return Setting{}, false
	}
	all := k.Settings(a)
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return all[i], true
}

// Affordable says whether the edit makes training at most maxGrowth times as expensive.
func Affordable(a trainer.Architecture, e Edit) bool {
	return float64(After(a, e).Cost().TrainingFLOPs) <= maxGrowth*float64(a.Cost().TrainingFLOPs)
}

// maxGrowth bounds the training FLOPs of a setting, as a multiple of those before: a candidate that takes longer would
// use up a search's budget alone, and wins by its size more than by the change.
const maxGrowth = 4

// affordable returns the first of the sizes whose edit keeps to maxGrowth, else the last.
func affordable(a trainer.Architecture, sizes []int, edit func(size int) Edit) int {
	most := maxGrowth * float64(a.Cost().TrainingFLOPs)
	for _, size := range sizes {
		if float64(After(a, edit(size)).Cost().TrainingFLOPs) <= most {
			return size
		}
	}
	return sizes[len(sizes)-1]
}

// Settings returns all legal settings of the architecture that change something and differ from each other (by
// architecture ID), within the constraints and at most maxGrowth times as expensive to train; none of knobs that are
// Asked for.
func Settings(a trainer.Architecture, c Constraints) []Setting {
	seen := map[string]bool{a.ID(): true}
	most := maxGrowth * float64(a.Cost().TrainingFLOPs)
	var all []Setting
	for _, k := range All() {
		if k.Asked || slices.Contains(c.Forbid, k.Name) {
			continue
		}
		for _, s := range k.Settings(a) {
			revised := a
			s.Revise(&revised)
			revised, err := trainer.Validate(revised, trainer.Limits{})
			if err != nil || float64(revised.Cost().TrainingFLOPs) > most || !c.Allows(a, revised) {
				continue
			}
			if id := revised.ID(); !seen[id] {
				seen[id] = true
				all = append(all, s)
			}
		}
	}
	return all
}

// list gathers the settings of one knob.
type list struct {
	knob  string
	theme advisor.Theme
	all   []Setting
}

// add appends a setting; its name is the knob's and the size.
func (l *list) add(size, title string, edits ...Edit) {
	l.all = append(l.all, Setting{
		Knob:   l.knob,
		Name:   l.knob + " " + size,
		Title:  title,
		Theme:  l.theme,
		Revise: apart(Together(edits...)),
	})
}

// settings makes a knob's function out of one that fills a list.
func settings(knob string, theme advisor.Theme, fill func(a trainer.Architecture, l *list)) func(
	trainer.Architecture) []Setting {
	return func(a trainer.Architecture) []Setting {
		l := list{knob: knob, theme: theme}
		fill(a.Clone(), &l)
		return l.all
	}
}
