package trainer

import "strconv"

// MaxConfusion is the largest number of classes of which a confusion matrix is kept.
const MaxConfusion = 100

// ClassScores says how well each class is told from the others. A class is its number in the data set.
type ClassScores struct {
	// BalancedAccuracy is the mean recall of the classes that have images: 1/classes for a net that answers one class
	// always, however many images that has.
	BalancedAccuracy Number `json:"balanced_accuracy"`
	// MacroF1 is the mean over classes, of those that have images or are predicted, of the harmonic mean of precision and
	// recall; 0 for a class of which no image is right.
	MacroF1   Number `json:"macro_f1"`
	Images    []int  `json:"images"`    // of the class
	Predicted []int  `json:"predicted"` // images that the net takes for the class
	Correct   []int  `json:"correct"`   // both
	// Names are the classes', and Confusion has a row for each true class and a column for each predicted one. Only
	// outcomes have both; a confusion matrix is kept of at most MaxConfusion classes.
	Names     []string `json:"names,omitempty"`
	Confusion [][]int  `json:"confusion,omitempty"`
}

// NewClassScores counts a confusion matrix, (classes, classes) in row-major order: true, predicted. images may be more
// than a row's sum: where the net's answer was NaN, no class was predicted.
func NewClassScores(confusion, images []int) *ClassScores {
	classes := len(images)
	s := &ClassScores{Images: images, Predicted: make([]int, classes), Correct: make([]int, classes)}
	for i := range classes {
		for j := range classes {
			s.Predicted[j] += confusion[i*classes+j]
		}
		s.Correct[i] = confusion[i*classes+i]
	}
	var recall, f1, withImages, either float64
	for i := range classes {
		if s.Images[i] > 0 {
			recall += float64(s.Correct[i]) / float64(s.Images[i])
			withImages++
		}
		if both := s.Images[i] + s.Predicted[i]; both > 0 {
			f1 += 2 * float64(s.Correct[i]) / float64(both)
			either++
		}
	}
	s.BalancedAccuracy, s.MacroF1 = Number(recall/withImages), Number(f1/either) // NaN without images
	return s
}

// Keep adds the names of the classes, and the confusion matrix that the scores were counted from where it is small
// enough.
func (s *ClassScores) Keep(confusion []int, names []string) {
	s.Names = names
	classes := len(s.Images)
	if classes > MaxConfusion {
		return
	}
	s.Confusion = make([][]int, classes)
	for i := range classes {
		s.Confusion[i] = confusion[i*classes : (i+1)*classes : (i+1)*classes]
	}
}

// Name is what a class is called: its number where that is all that is known.
func (s *ClassScores) Name(class int) string {
	if class < len(s.Names) {
		return s.Names[class]
	}
	return strconv.Itoa(class)
}

// Total is the number of images.
func (s *ClassScores) Total() int {
	total := 0
	for _, n := range s.Images {
		total += n
	}
	return total
}

// Chance is the accuracy of always answering the class with the most images.
func (s *ClassScores) Chance() float64 {
	most := 0
	for _, n := range s.Images {
		most = max(most, n)
	}
	return float64(most) / float64(s.Total())
}
