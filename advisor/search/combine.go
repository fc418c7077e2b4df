package search

import (
	"reflect"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/trainer"
	"probewise/trainer/patch"
)

// parts is how many of the best are combined: each two of them, and all.
const parts = 3

// combinations are new entries, each of several of the best: of those that promise something and do not clash. What a
// rule proposes is combined with the best one also where it promises nothing by itself yet: the cause that it takes
// away may show only later. What is foretold of a combination before it is tried is the sum of its parts', where all
// but the best part count half, and none below 0: effects overlap, and the best were chosen.
func (s *searcher) combinations(ordered []*Entry, base advisor.ProbeResult, seed uint64) (all, cured []*Entry) {
	var best []*Entry
	for _, e := range ordered {
		if s.score(e) > 0 && len(best) < parts && !slices.ContainsFunc(best, func(b *Entry) bool {
			return clash(base.Architecture, b, e)
		}) {
			best = append(best, e)
		}
	}
	var groups [][]*Entry
	if len(best) == parts {
		groups = append(groups, best)
	}
	for i := range best {
		for j := range i {
			groups = append(groups, []*Entry{best[j], best[i]})
		}
	}
	plain := len(groups)
	if cure := s.cure(ordered, best, base.Architecture); cure != nil {
		groups = append(groups, []*Entry{best[0], cure})
	}
	for i, group := range groups {
		c, ok := combined(base.Architecture, group)
		if !ok {
			continue
		}
		e := s.enter(c, base, seed)
		if e == nil {
			continue
		}
		for k, part := range group {
			weight := 0.5
			if k == 0 {
				weight = 1
			}
			e.Foretold.Mean += weight * max(part.Foretold.Mean, 0)
		}
		if i < plain {
			all = append(all, e)
		} else {
			cured = append(cured, e)
		}
	}
	return all, cured
}

// cure is the best of what rules propose that is not among the best anyway and does not clash with the first of them;
// nil where there is none, or it is foretold to cost.
func (s *searcher) cure(ordered, best []*Entry, base trainer.Architecture) *Entry {
	if len(best) == 0 {
		return nil
	}
	for _, e := range ordered {
		if len(e.Rules) > 0 && !known(best, e) && s.hope(e) > 0 && !clash(base, best[0], e) {
			return e
		}
	}
	return nil
}

// clash says whether two entries cannot both be had: they turn a knob in common, set a training setting of the base to
// different values, as a recipe and a rate do, or one changes a layer whose name the other gives to another one.
func clash(of trainer.Architecture, a, b *Entry) bool {
	if renames(of, a.Architecture, b.Architecture) || renames(of, b.Architecture, a.Architecture) {
		return true
	}
	base := of.Training
	for _, s := range a.Settings {
		if slices.ContainsFunc(b.Settings, func(t Setting) bool { return t.Knob == s.Knob }) {
			return true
		}
	}
	was, is, other := settingsOf(base), settingsOf(a.Architecture.Training), settingsOf(b.Architecture.Training)
	for i := range was {
		if is[i] != was[i] && other[i] != was[i] && is[i] != other[i] {
			return true
		}
	}
	return false
}

// renames says whether a layer that differs between base and b is another one in a: of another type, or the output.
func renames(base, a, b trainer.Architecture) bool {
	was, is, other := byName(base), byName(a), byName(b)
	for name, l := range was {
		now, there := is[name]
		another := there && (now.Type != l.Type || (output(a) == name) != (output(base) == name))
		if another && !reflect.DeepEqual(other[name], l) {
			return true
		}
	}
	return false
}

func byName(a trainer.Architecture) map[string]trainer.Layer {
	all := map[string]trainer.Layer{}
	for l := range a.All() {
		all[l.Name] = *l
	}
	return all
}

// output is the name of the last layer with weights.
func output(a trainer.Architecture) string {
	name := ""
	for _, l := range a.Layers {
		if l.HasWeights() {
			name = l.Name
		}
	}
	return name
}

// settingsOf are the training settings that changes set, each to a value.
func settingsOf(t trainer.Training) []any {
	return []any{t.Optimizer.Type, t.Optimizer.LearningRate, t.Optimizer.Momentum, t.Optimizer.WeightDecay,
		t.Schedule.Type, t.Schedule.Warmup, t.ClipNorm, t.BatchSize, t.Augment.Flip, t.Augment.Crop}
}

// combined applies the settings of all, one after the other. Those that change nothing beside the others are left out:
// where a stage is taken out, its pool need not become a stride.
func combined(base trainer.Architecture, group []*Entry) (Candidate, bool) {
	var all []Setting
	var of []*Entry // whose setting it is
	for _, e := range group {
		for _, s := range e.Settings {
			all, of = append(all, s), append(of, e)
		}
	}
	a, err := apply(base, all)
	if err != nil {
		return Candidate{}, false
	}
	for i := len(all) - 1; i >= 0; i-- {
		if rest, err := Without(base, all, i); err == nil && rest.ID() == a.ID() {
			all, of = slices.Delete(all, i, i+1), slices.Delete(of, i, i+1)
		}
	}
	c := Candidate{Settings: all, Architecture: a}
	var titles, reasons []string
	before := base
	for _, e := range group {
		var works []string
		var settings []Setting
		for i, s := range all {
			if of[i] == e {
				works, settings = append(works, s.Title), append(settings, s)
			}
		}
		if len(works) == 0 {
			continue
		}
		if len(works) == len(e.Settings) {
			works = []string{e.Title}
		}
		after, err := apply(before, settings)
		if err != nil {
			return Candidate{}, false
		}
		titles = append(titles, titlesFor(works, base, before, after)...)
		before = after
		if !slices.Contains(reasons, e.Reason) {
			reasons = append(reasons, e.Reason)
		}
		for _, r := range e.Rules {
			if !slices.Contains(c.Rules, r) {
				c.Rules = append(c.Rules, r)
			}
		}
	}
	c.Title, c.Reason = strings.Join(titles, "; "), strings.Join(reasons, " ")
	return c, true
}

// titlesFor keeps titles that were written for the base where they hold for the net before as well. Where they name
// layers that it has no more, they give way to what changes.
func titlesFor(titles []string, base, before, after trainer.Architecture) []string {
	gone := map[string]bool{}
	for l := range base.All() {
		gone[l.Name] = true
	}
	for l := range before.All() {
		delete(gone, l.Name)
	}
	words := strings.FieldsFunc(strings.Join(titles, " "), func(r rune) bool { return strings.ContainsRune(" ,:;", r) })
	if !slices.ContainsFunc(words, func(w string) bool { return gone[w] }) {
		return titles
	}
	edits, err := patch.Diff(before, after)
	if err != nil {
		return titles
	}
	changes, err := patch.Describe(before, edits)
	if err != nil {
		return titles
	}
	return changes
}

// apply returns the net after the settings.
func apply(base trainer.Architecture, settings []Setting) (trainer.Architecture, error) {
	a := base.Clone()
	for _, s := range settings {
		s.Revise(&a)
	}
	return trainer.Validate(a, trainer.Limits{})
}

// Path is what leads from the net to the entry: the winners of earlier rounds, the first of them first, and the entry.
func (e *Entry) Path() []*Entry {
	if e.from == nil {
		return []*Entry{e}
	}
	return append(e.from.Path(), e)
}

// AllSettings are those that lead from the net to the entry, the settings of earlier rounds first.
func (e *Entry) AllSettings() []Setting {
	var all []Setting
	for _, part := range e.Path() {
		all = append(all, part.Settings...)
	}
	return all
}

// Without applies all settings but one to a net. The error says that the result is not valid.
func Without(net trainer.Architecture, settings []Setting, left int) (trainer.Architecture, error) {
	return apply(net, slices.Delete(slices.Clone(settings), left, left+1))
}
