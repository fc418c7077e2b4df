package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// told sets how many validation images each class has, and how many of them are right; the wrong ones are taken for the
// first class, of which all are right.
func told(images, correct []int) change {
	return func(r *trainer.EpochRecord) {
		n := len(images)
		confusion := make([]int, n*n)
		total, right := 0, 0
		for class := range images {
			confusion[class*n+class] += correct[class]
			confusion[class*n] += images[class] - correct[class]
			total, right = total+images[class], right+confusion[class*n+class]
		}
		r.ValidationByClass = trainer.NewClassScores(confusion, images)
		if r.Epoch > 0 {
			r.ValidationAccuracy = trainer.Number(right) / trainer.Number(total)
		}
	}
}

const weighted, moreWeighted = "class-weights balanced_root", "class-weights balanced"

func classNeverPredictedFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	even := []int{100, 100, 100, 100, 100, 100, 100, 100, 100, 100}
	rare := []int{150, 130, 130, 130, 130, 130, 100, 50, 40, 10}
	without := func(images []int, missing int) []int {
		right := make([]int, len(images))
		for class, n := range images {
			if class < len(images)-missing {
				right[class] = n * 4 / 5
			}
		}
		return right
	}
	few := []int{200, 200, 200, 200, 100, 50, 20, 16, 10, 4}
	return []fixture{
		{"class-never-predicted", "one of even classes", probed(t, plain, told(even, without(even, 1))),
			[]want{{"", "never_predicted_classes", 1, 0, null, 3, advisor.Medium}}, nil},
		{"class-never-predicted", "three of them", probed(t, plain, told(even, without(even, 3))),
			[]want{{"", "never_predicted_classes", 3, 0, null, 3, advisor.High}}, nil},
		{"class-never-predicted", "a rare one", probed(t, plain, told(rare, without(rare, 1))),
			[]want{{"", "never_predicted_classes", 1, 0, null, 3, advisor.Medium}}, []string{weighted, moreWeighted}},
		{"class-never-predicted", "all are told", probed(t, plain, told(rare, without(rare, 0))), nil, nil},
		{"class-never-predicted", "too few images to tell", probed(t, plain, told(few, without(few, 1))), nil, nil},
		{"class-never-predicted", "before the first epoch ends",
			stopped(probed(t, plain, told(even, without(even, 1))), 0.75), nil, nil},
		{"class-never-predicted", "records of older versions", probed(t, plain), nil, nil},
	}
}
