package report

import (
	"fmt"
	"strings"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// header describes what is advised on or trained.
func (p *page) header(kind string, a trainer.Architecture, key advisor.Key) {
	p.heading(kind + ": " + Name(a))
	p.facts(Describe(a, key))
}

func (p *page) facts(all []Fact) {
	for _, f := range all {
		p.entry(f.Word, f.Text)
	}
}

// Layers names the layers with what tells them apart; the activation only where it is not relu.
func Layers(a trainer.Architecture) string { return chainLine(a.Layers) }

func chainLine(layers []trainer.Layer) string {
	words := make([]string, len(layers))
	for i, l := range layers {
		words[i] = layerWord(l)
	}
	return strings.Join(words, " → ")
}

func layerWord(l trainer.Layer) string {
	var with []string
	word := strings.ReplaceAll(string(l.Type), "_", " ")
	switch l.Type {
	case trainer.Conv:
		word = fmt.Sprintf("%s %d", l.Name, l.Filters)
		with = append(with, sides(l.Kernel))
	case trainer.Dense:
		word = fmt.Sprintf("%s %d", l.Name, l.Units)
	case trainer.MaxPool, trainer.AvgPool:
		word += " " + sides(l.Size)
	case trainer.ZeroPad:
		word += " " + sides(l.Pad)
	case trainer.Dropout, trainer.SpatialDropout:
		word += " " + figure.Setting(l.Rate)
	case trainer.Activate:
		word = string(l.Activation)
	case trainer.Residual:
		word = l.Name + " [" + chainLine(l.Body) + "]"
		if len(l.Shortcut) > 0 {
			word += " + [" + chainLine(l.Shortcut) + "]"
		} else {
			word += " + its input"
		}
	}
	if l.HasWeights() {
		with = append(with, traits(l)...)
	}
	if len(with) > 0 {
		word += " (" + strings.Join(with, ", ") + ")"
	}
	return word
}

// traits of a layer with weights, beyond its size.
func traits(l trainer.Layer) []string {
	var t []string
	if l.Type == trainer.Conv && l.Stride != [2]int{1, 1} {
		t = append(t, "stride "+sides(l.Stride))
	}
	if l.BatchNorm {
		t = append(t, "batch norm")
	}
	if l.L1 > 0 {
		t = append(t, "L1 "+figure.Setting(l.L1))
	}
	if l.L2 > 0 {
		t = append(t, "L2 "+figure.Setting(l.L2))
	}
	if l.Activation != trainer.ReLU {
		t = append(t, string(l.Activation))
	}
	return t
}

func trainingLine(t trainer.Training) string {
	words := []string{fmt.Sprintf("%s, learning rate %s", t.Optimizer.Type, figure.Setting(t.Optimizer.LearningRate))}
	if t.Schedule.Type != trainer.Constant {
		words = append(words, string(t.Schedule.Type)+" schedule")
	}
	if t.Schedule.Warmup > 0 {
		words = append(words, figure.Setting(t.Schedule.Warmup)+" epochs of warm-up")
	}
	if t.ClipNorm > 0 {
		words = append(words, "gradients clipped at norm "+figure.Setting(t.ClipNorm))
	}
	words = append(words, fmt.Sprintf("batches of %d", t.BatchSize))
	if t.ClassWeights.Weighted() {
		words = append(words, "class weights "+figure.Words(string(t.ClassWeights)))
	}
	if t.Augment.Flip {
		words = append(words, "flipped images")
	}
	if t.Augment.Crop > 0 {
		words = append(words, fmt.Sprintf("images shifted by up to %d pixels", t.Augment.Crop))
	}
	return strings.Join(append(words, fmt.Sprintf("seed %d", t.Seed)), ", ")
}

func sides(s [2]int) string { return fmt.Sprintf("%d×%d", s[0], s[1]) }
