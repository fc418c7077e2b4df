package corpus

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"probewise/advisor/knob"
	"probewise/trainer"
)

// Edits of a base that DrawPairs draws.
const (
	singles  = 4 // one setting of a knob each, the first two of them of those that matter most
	packages = 2 // of two or three settings each
)

// DrawPairs draws a base and its edits: what a change is worth is learnt from such pairs. A third of the bases are
// as Sample draws them, a fifth have a recipe on top, so that some are sound, and the others one or two faults that
// users' nets have and Sample does not draw. Edits are settings of knobs, drawn evenly over knobs and then over their
// settings. Every second base is also trained again with another seed, which tells what chance alone does. Bases and
// edits of one index have one seed. A base that is given is not drawn again: the catalogue of knobs, of which recipes
// are part, may have grown since.
func DrawPairs(space Space, seed uint64, index int, given *trainer.Architecture) ([]Draft, error) {
	sampled, err := Sample(space, seed, index)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, uint64(index)|1<<32)) // Sample has another stream
	base := drawBase(r, sampled)
	base.Name = fmt.Sprintf("base-%d-%d", seed, index)
	if given != nil {
		base = *given
	}
	drafts := []Draft{{Architecture: base}}
	settings := knob.Settings(base, knob.Constraints{})
	for edit := 1; edit <= singles+packages; edit++ {
		draft, err := drawEdit(r, settings, edit, drafts)
		if err != nil {
			return nil, fmt.Errorf("edit %d of base %d: %w", edit, index, err)
		}
		drafts = append(drafts, draft)
	}
	if index%2 == 0 {
		again := base.Clone()
		again.Training.Seed += anotherSeed
		drafts = append(drafts, Draft{Edit: len(drafts), Settings: []string{}, Architecture: again})
	}
	return drafts, nil
}

func drawBase(r *rand.Rand, sampled trainer.Architecture) trainer.Architecture {
	switch share := r.Float64(); {
	case share < 0.35:
		return sampled
	case share < 0.55:
		recipes := slices.DeleteFunc(knob.Settings(sampled, knob.Constraints{}),
			func(s knob.Setting) bool { return s.Knob != "recipe" && s.Knob != "standard-net" })
		if len(recipes) == 0 {
			return sampled
		}
		return revised(sampled, pick(r, recipes...))
	}
	for range 100 {
		a := sampled.Clone()
		for range 1 + r.IntN(2) {
			faults[r.IntN(len(faults))](r, &a)
		}
		if a, err := trainer.Validate(a, trainer.Limits{}); err == nil {
			return a
		}
	}
	return sampled
}

// drawEdit draws an edit of the first draft, the base, that differs from the drafts so far.
func drawEdit(r *rand.Rand, settings []knob.Setting, edit int, drafts []Draft) (Draft, error) {
	base := drafts[0].Architecture
	for range 500 {
		n := 1
		if edit > singles {
			n = 2 + r.IntN(2)
		}
		a := base.Clone()
		var names, knobs []string
		for i := range n {
			s, ok := drawSetting(r, settings, first[edit*(1-min(i, 1))], knobs)
			if !ok {
				break
			}
			a = revised(a, s)
			names, knobs = append(names, s.Name), append(knobs, s.Knob)
		}
		a, err := trainer.Validate(a, trainer.Limits{})
		if err != nil || len(names) < n {
			continue
		}
		same := func(d Draft) bool { return d.Architecture.ID() == a.ID() }
		if !slices.ContainsFunc(drafts, same) && a.Cost().TrainingFLOPs <= maxGrowth*base.Cost().TrainingFLOPs {
			a.Name = fmt.Sprintf("%s-edit-%d", base.Name, edit)
			return Draft{Edit: edit, Settings: names, Architecture: a}, nil
		}
	}
	return Draft{}, fmt.Errorf("no other legal edit of %s found", base.Name)
}

// maxGrowth bounds the training FLOPs of an edit, as a multiple of its base's: the search seldom affords more.
const maxGrowth = 4

// first are the knobs of the first two edits: what a search tries first has to be known best.
var first = map[int][]string{1: {"learning-rate"}, 2: {"recipe", "standard-net", "batch-norm", "optimizer"}}

// drawSetting draws a knob that is not among those used, of the preferred ones if there are any, and one of its
// settings.
func drawSetting(r *rand.Rand, settings []knob.Setting, preferred, used []string) (knob.Setting, bool) {
	var names []string
	for _, s := range settings {
		if !slices.Contains(names, s.Knob) && !slices.Contains(used, s.Knob) {
			names = append(names, s.Knob)
		}
	}
	if len(names) == 0 {
		return knob.Setting{}, false
	}
	liked := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !slices.Contains(preferred, n) })
	if len(liked) > 0 {
		names = liked
	}
	name := pick(r, names...)
	of := slices.DeleteFunc(slices.Clone(settings), func(s knob.Setting) bool { return s.Knob != name })
	return pick(r, of...), true
}

func revised(a trainer.Architecture, s knob.Setting) trainer.Architecture {
	a = a.Clone()
	s.Revise(&a)
	return a
}
