package report

import (
	"fmt"
	"strconv"
	"strings"

	"probewise/advisor"
	"probewise/trainer"
)

// header describes what is advised on or trained.
func (p *page) header(kind string, a trainer.Architecture, key advisor.Key) {
	name := a.Name
	if name == "" {
		name = "architecture " + a.ID()[:12]
	}
	p.heading(kind + ": " + name)
	p.entry("Layers", layersLine(a))
	p.entry("Training", trainingLine(a.Training))
	cost := a.Cost()
	p.entry("Cost", fmt.Sprintf("%s parameters; %s multiply-adds an image forward, %s in training",
		grouped(cost.Parameters), grouped(cost.MultiplyAdds), amount(float64(cost.TrainingFLOPs), "FLOPs")))
	p.entry("Data", fmt.Sprintf("%s; full run: %s", key.Dataset, length(key.Images, key.Epochs)))
}

// length of a full run.
func length(images, epochs int) string {
	return fmt.Sprintf("%s images × %s", grouped(int64(images)), counted(epochs, "epoch"))
}

// layersLine names the layers with what tells them apart; the activation only where it is not relu.
func layersLine(a trainer.Architecture) string { return chainLine(a.Layers) }

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
		word += " " + brief(l.Rate)
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
		t = append(t, "L1 "+brief(l.L1))
	}
	if l.L2 > 0 {
		t = append(t, "L2 "+brief(l.L2))
	}
	if l.Activation != trainer.ReLU {
		t = append(t, string(l.Activation))
	}
	return t
}

func trainingLine(t trainer.Training) string {
	words := []string{fmt.Sprintf("%s, learning rate %s", t.Optimizer.Type, brief(t.Optimizer.LearningRate))}
	if t.Schedule.Type != trainer.Constant {
		words = append(words, string(t.Schedule.Type)+" schedule")
	}
	if t.ClipNorm > 0 {
		words = append(words, "gradients clipped at norm "+brief(t.ClipNorm))
	}
	words = append(words, fmt.Sprintf("batches of %d", t.BatchSize))
	if t.Augment.Flip {
		words = append(words, "flipped images")
	}
	if t.Augment.Crop > 0 {
		words = append(words, fmt.Sprintf("images shifted by up to %d pixels", t.Augment.Crop))
	}
	return strings.Join(append(words, fmt.Sprintf("seed %d", t.Seed)), ", ")
}

func sides(s [2]int) string { return fmt.Sprintf("%d×%d", s[0], s[1]) }

// brief writes a setting as people do: 0.25, 1e-04.
func brief(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
