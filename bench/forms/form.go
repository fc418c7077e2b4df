package main

import (
	"slices"
	"strings"

	"probewise/advisor/features"
	"probewise/trainer"
)

// A form makes columns of the records of a probe; nil means the statistics of the feature vector as it is.
type form struct {
	name    string
	columns func([]trainer.EpochRecord) (names []string, values []float64)
}

var (
	everywhere = []trainer.LayerSet{trainer.AllLayers}
	ends       = []trainer.LayerSet{trainer.FirstTwo, trainer.LastTwo}
	thirds     = []trainer.LayerSet{trainer.FirstTwo, trainer.MiddleLayers, trainer.LastTwo}
	kinds      = []trainer.LayerSet{trainer.ConvLayers, trainer.DenseLayers}
	level      = []features.Form{features.Level}
)

var forms = []form{
	{"as in the feature vector", nil},
	{"level, all layers", aggregates("", everywhere, level)},
	{"level, lower and higher", aggregates("", ends, level)},
	{"level, lower, middle, higher", aggregates("", thirds, level)},
	{"level, conv and dense", aggregates("", kinds, level)},
	{"level and change, all layers", aggregates("", everywhere, []features.Form{features.Level, features.Change})},
	{"level and slope, all layers", aggregates("", everywhere, []features.Form{features.Level, features.Slope})},
	{"change, all layers", aggregates("", everywhere, []features.Form{features.Change})},
	{"all forms, all layers", aggregates("", everywhere, features.Forms())},
	{"all forms, all positions", aggregates("", trainer.LayerSets(), features.Forms())},
	{"level, weights", aggregates("weight_", everywhere, level)},
	{"level, gradients", aggregates("gradient_", everywhere, level)},
	{"level, activations, dead units", aggregates("activation_,dead_", everywhere, level)},
	{"level, gradients and activations", aggregates("gradient_,activation_,dead_", everywhere, level)},
	{"level, update ratio", aggregates("weight_update", trainer.LayerSets(), level)},
	{"level, dead and zero", aggregates("dead_,activation_share_zero", trainer.LayerSets(), level)},
	{"extremes over layers", extremes("")},
	{"extremes, gradients and activations", extremes("gradient_,activation_,dead_")},
	{"level and extremes, gradients and activations",
		both(aggregates("gradient_,activation_,dead_", everywhere, level), extremes("gradient_,activation_,dead_"))},
	{"contrast, higher − lower", contrast},
}

// starting gives the statistics whose names start with one of the prefixes.
func starting(prefixes string) (chosen []*trainer.Statistic) {
	for _, s := range features.Statistics() {
		if slices.ContainsFunc(strings.Split(prefixes, ","), func(p string) bool { return strings.HasPrefix(s.Feature, p) }) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

func both(a, b func([]trainer.EpochRecord) ([]string, []float64)) func([]trainer.EpochRecord) ([]string, []float64) {
	return func(records []trainer.EpochRecord) ([]string, []float64) {
		names, values := a(records)
		more, others := b(records)
		return append(names, more...), append(values, others...)
	}
}

func aggregates(prefixes string, positions []trainer.LayerSet,
	kinds []features.Form) func([]trainer.EpochRecord) ([]string, []float64) {
	return func(records []trainer.EpochRecord) (names []string, values []float64) {
		for _, s := range starting(prefixes) {
			for _, p := range positions {
				for _, f := range kinds {
					names = append(names, strings.Join([]string{s.Feature, string(p), string(f)}, " "))
					values = append(values, features.Aggregate(records, s, p, f))
				}
			}
		}
		return names, values
	}
}

// extremes are the least and greatest of each statistic over the layers, at the end of the probe.
func extremes(prefixes string) func([]trainer.EpochRecord) ([]string, []float64) {
	return func(records []trainer.EpochRecord) (names []string, values []float64) {
		var layers []trainer.LayerStatistics
		if n := len(records); n > 0 {
			layers = records[n-1].Layers
		}
		for _, s := range starting(prefixes) {
			low, high := features.Extremes(layers, s)
			names, values = append(names, s.Feature+" least", s.Feature+" greatest"), append(values, low, high)
		}
		return names, values
	}
}

// contrast is the level in the last two layers minus that in the first two.
func contrast(records []trainer.EpochRecord) (names []string, values []float64) {
	for _, s := range features.Statistics() {
		names = append(names, s.Feature+" contrast")
		values = append(values,
			features.Aggregate(records, s, trainer.LastTwo, features.Level)-
				features.Aggregate(records, s, trainer.FirstTwo, features.Level))
	}
	return names, values
}
