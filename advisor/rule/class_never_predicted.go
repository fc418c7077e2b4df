package rule

import (
	"fmt"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

const (
	minClassImages = 5    // validation images from which on a class counts
	rareClass      = 0.5  // of an even share of the images, below which a class is rare
	manyClasses    = 0.25 // share of the classes from which on it is severe
)

var classNeverPredicted = Rule{
	Name:  "class-never-predicted",
	Group: Health,
	Title: "The net never predicts a class",
	Finds: fmt.Sprintf("After a whole epoch, no validation image is taken for a class that at least %d of them belong "+
		"to. Severe from %g of the classes on. It says whether the class is rare: below %g of an even share of the images.",
		minClassImages, manyClasses, rareClass),
	Source: "A net that knows nothing of a class of n images among N and answers by chance leaves it out with " +
		"probability (1 − n/N)^N, below .01 for five.",
	Proposes: "Weights for the classes where it is rare; else what the causes of slow or broken training propose.",
	Run: func(p *Pass) {
		last, ok := p.last()
		s := last.ValidationByClass
		if !ok || last.Epoch < 1 || s == nil || p.Outcome.Diverged {
			return
		}
		var missing []int
		images, rare := 0, false
		for class, n := range s.Images {
			if n >= minClassImages && s.Predicted[class] == 0 {
				missing, images = append(missing, class), max(images, n)
				rare = rare || float64(n) < rareClass*float64(s.Total())/float64(len(s.Images))
			}
		}
		if len(missing) == 0 {
			return
		}
		severity := advisor.Medium
		if float64(len(missing)) >= manyClasses*float64(len(s.Images)) {
			severity = advisor.High
		}
		d := measured("", "never_predicted_classes", float64(len(missing)), 0, last.Epoch, severity)
		why := "the net has not learnt to tell them yet, or their labels do not fit the images"
		if rare {
			why = "rare classes hardly count in the loss"
		}
		d = explain(d, above, fmt.Sprintf("no validation image is taken for %s (up to %s); %s", p.classes(missing),
			figure.Counted(images, "image"), why))
		p.Report(d)
		if rare {
			p.proposeSettings(d, "Rare classes should be told.", "class-weights balanced_root", "class-weights balanced")
		}
	},
}

// classes names classes, the first few of them.
func (p *Pass) classes(some []int) string {
	names := p.Outcome.ValidationByClass
	if names == nil {
		names = &trainer.ClassScores{}
	}
	var words []string
	for _, class := range some[:min(len(some), 3)] {
		words = append(words, names.Name(class))
	}
	if more := len(some) - len(words); more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	return "class " + strings.Join(slices.Compact(words), ", ")
}
