package rule

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
)

const (
	hiddenGap   = 0.1 // of accuracy over mean recall
	unevenShare = 2.0 // times an even share of the images, that the largest class has at least
)

var unevenClasses = Rule{
	Name:  "uneven-classes",
	Group: Health,
	Title: "Accuracy hides the small classes",
	Finds: fmt.Sprintf("The largest class has at least %g times an even share of the validation images, and after a "+
		"whole epoch validation accuracy is above the mean recall of the classes by %g or more. It names the class with the "+
		"lowest recall.", unevenShare, hiddenGap),
	Source: "Brodersen et al. 2010, balanced accuracy. On data sets with classes of one size, as the shipped ones, the " +
		"two hardly differ.",
	Proposes: "Weights for the classes.",
	Run: func(p *Pass) {
		last, ok := p.last()
		s := last.ValidationByClass
		if !ok || last.Epoch < 1 || s == nil || p.Outcome.Diverged ||
			s.Chance()*float64(len(s.Images)) < unevenShare ||
			!(float64(last.ValidationAccuracy)-float64(s.BalancedAccuracy) >= hiddenGap) {
			return
		}
		worst, lowest := -1, 2.0
		for class, n := range s.Images {
			if recall := float64(s.Correct[class]) / float64(n); n > 0 && recall < lowest {
				worst, lowest = class, recall
			}
		}
		gap := float64(last.ValidationAccuracy) - float64(s.BalancedAccuracy)
		d := measured("", "hidden_gap", gap, hiddenGap, last.Epoch, advisor.Medium)
		largest := slices.Index(s.Images, slices.Max(s.Images))
		d = explain(d, above, fmt.Sprintf("%s %% of the validation images are of %s; validation accuracy is %s, the mean "+
			"recall of the classes %s; of %s, %d of %d are right", figure.Measured(100*s.Chance()), p.classes([]int{largest}),
			figure.Measured(last.ValidationAccuracy), figure.Measured(s.BalancedAccuracy), p.classes([]int{worst}),
			s.Correct[worst], s.Images[worst]))
		p.Report(d)
		p.proposeSettings(d, "Rare classes should be told.", "class-weights balanced_root", "class-weights balanced")
	},
}
