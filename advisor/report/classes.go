package report

import (
	"cmp"
	"fmt"
	"slices"

	"probewise/advisor/figure"
	"probewise/trainer"
)

// mostClasses is how many classes a table has: of more, those that are told worst.
const mostClasses = 20

// Classes are the scores by class of a run and the images that they are of: the test images, or of a run that was not
// tested the validation images. nil: none were counted.
func Classes(o trainer.Outcome) (of string, s *trainer.ClassScores) {
	if o.TestByClass != nil {
		return "test images", o.TestByClass
	}
	return "validation images", o.ValidationByClass
}

// ClassHeads are the heads of what ClassRows gives.
var ClassHeads = []string{"Class", "Images", "Recall", "Precision", "F1", "Most often taken for"}

// ClassRows has a row for each class, in the order of the data set; of more than a table has room for, those with the
// lowest recall.
func ClassRows(s trainer.ClassScores) [][]string {
	order := make([]int, len(s.Images))
	for i := range order {
		order[i] = i
	}
	if len(order) > mostClasses {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(recall(s, a), recall(s, b)) })
		order = order[:mostClasses]
	}
	var rows [][]string
	for _, class := range order {
		images, predicted, right := s.Images[class], s.Predicted[class], float64(s.Correct[class])
		rows = append(rows, []string{s.Name(class), figure.Count(images), figure.Share(right / float64(images)),
			figure.Share(right / float64(predicted)), figure.Share(2 * right / float64(images+predicted)),
			mistaken(s, class)})
	}
	return rows
}

// recall is above 1 where the class has no images.
func recall(s trainer.ClassScores, class int) float64 {
	if s.Images[class] == 0 {
		return 2
	}
	return float64(s.Correct[class]) / float64(s.Images[class])
}

// mistaken is the wrong class that most images of a class are taken for.
func mistaken(s trainer.ClassScores, class int) string {
	if s.Confusion == nil {
		return ""
	}
	most, other := 0, 0
	for i, n := range s.Confusion[class] {
		if i != class && n > most {
			most, other = n, i
		}
	}
	if most == 0 {
		return "–"
	}
	return fmt.Sprintf("%s (%s)", s.Name(other), figure.Count(most))
}

// ClassNote says what the table has not.
func ClassNote(s trainer.ClassScores) string {
	note := fmt.Sprintf("Balanced accuracy (mean recall) %s, macro F1 %s; always answering the largest class gives "+
		"accuracy %s.", figure.Share(s.BalancedAccuracy), figure.Share(s.MacroF1), figure.Share(s.Chance()))
	if n := len(s.Images); n > mostClasses {
		note += fmt.Sprintf(" The table has the %d of %d classes that are told worst.", mostClasses, n)
	}
	return note
}

// Balanced compares accuracy with the mean recall of the classes at a record; "" where they hardly differ.
func Balanced(records []trainer.EpochRecord) string {
	if len(records) == 0 {
		return ""
	}
	last := records[len(records)-1]
	s := last.ValidationByClass
	if s == nil || !(max(last.ValidationAccuracy-s.BalancedAccuracy, s.BalancedAccuracy-last.ValidationAccuracy) >= 0.02) {
		return ""
	}
	return fmt.Sprintf("At the end, balanced accuracy (the mean recall of the classes) is %s and macro F1 %s on the "+
		"validation images; always answering the largest class gives accuracy %s.", figure.Share(s.BalancedAccuracy),
		figure.Share(s.MacroF1), figure.Share(s.Chance()))
}
