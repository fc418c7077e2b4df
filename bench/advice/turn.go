package main

import (
	"cmp"
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// knobsOf are the knobs that have settings for the net.
func knobsOf(a trainer.Architecture) (knobs []knobAnswer) {
	for _, s := range knob.Settings(a, knob.Constraints{}) {
		if len(knobs) == 0 || knobs[len(knobs)-1].Name != s.Knob {
			knobs = append(knobs, knobAnswer{Name: s.Knob})
		}
		last := &knobs[len(knobs)-1]
		last.Settings = append(last.Settings, s.Name)
	}
	return knobs
}

// mostGrowth is how many times as expensive to train a net may become, whatever is combined; single settings have the
// same bound.
const mostGrowth = 4

// turned is the net with all the settings, made in the order of their themes.
func turned(a trainer.Architecture, names []string) (trainer.Architecture, error) {
	all := knob.Settings(a, knob.Constraints{})
	var chosen []knob.Setting
	for _, name := range names {
		i := slices.IndexFunc(all, func(s knob.Setting) bool { return s.Name == name })
		if i < 0 {
			return a, fmt.Errorf("the net has no setting %q", name)
		}
		chosen = append(chosen, all[i])
	}
	themes := advisor.Themes()
	slices.SortStableFunc(chosen, func(x, y knob.Setting) int {
		return cmp.Compare(slices.Index(themes, x.Theme), slices.Index(themes, y.Theme))
	})
	revised := a
	for _, s := range chosen {
		s.Revise(&revised)
	}
	revised, err := trainer.Validate(revised, trainer.Limits{})
	if err != nil {
		return a, err
	}
	if flops(revised, 1) > mostGrowth*flops(a, 1) {
		return a, fmt.Errorf("more than %d times as expensive to train", mostGrowth)
	}
	return revised, nil
}
