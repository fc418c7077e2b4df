package graph

import (
	"fmt"
	"math"

	"probewise/trainer"
)

// scores are the loss and the number of correct rows of a batch, and of an evaluation its logits, in one buffer so that
// reading them is one copy.
type scores struct {
	backend trainer.Backend
	all     trainer.Buffer
	read    []float32
	classes int // 0: without logits
}

// newScores allocates them for a network that is yet to be compiled.
func newScores(b trainer.Backend, at buffers, net *network) (*scores, error) {
	sizes, classes := []int{1, 1}, 0
	if net.grads == nil { // an evaluation
		classes = net.logits.Shape()[1]
		sizes = append(sizes, net.rows*classes)
	}
	joined, err := together(b, sizes)
	if err != nil {
		return nil, fmt.Errorf("allocate the loss: %w", err)
	}
	at[net.loss], at[net.correct] = joined.parts[0], joined.parts[1]
	if classes > 0 {
		at[net.logits] = joined.parts[2]
	}
	return &scores{b, joined.whole, make([]float32, joined.whole.Len()), classes}, nil
}

// latest are those of the batch that has just been computed.
func (s *scores) latest() (loss, correct float32, err error) {
	err = s.backend.Download(s.read, s.all)
	return s.read[0], s.read[aligned(1)], err
}

// logits (rows, classes) are those of the batch that latest has read.
func (s *scores) logits() []float32 { return s.read[2*aligned(1):] }

// tally sums losses and correct rows over batches.
type tally struct {
	losses, hits float64
	rows         int
	// of an evaluation: how many images each class has, and the confusion matrix (classes, classes), true and predicted
	images, confusion []int
}

func (t *tally) add(s *scores, rows int) error {
	loss, correct, err := s.latest()
	if err != nil {
		return err
	}
	t.losses += float64(loss) * float64(rows)
	t.hits += float64(correct)
	t.rows += rows
	return nil
}

// addClasses adds the batch that add has added, with its labels.
func (t *tally) addClasses(s *scores, labels []uint16) {
	if t.images == nil {
		t.images, t.confusion = make([]int, s.classes), make([]int, s.classes*s.classes)
	}
	logits := s.logits()
	for i, label := range labels {
		t.images[label]++
		if class := largest(logits[i*s.classes : (i+1)*s.classes]); class >= 0 {
			t.confusion[int(label)*s.classes+class]++
		}
	}
}

// largest is the first largest logit, as trainer.CorrectOp finds it; -1 where one is NaN.
func largest(logits []float32) int {
	at := 0
	for i, v := range logits {
		if v != v {
			return -1
		}
		if v > logits[at] {
			at = i
		}
	}
	return at
}

func (t tally) finite() bool { return !math.IsNaN(t.losses) && !math.IsInf(t.losses, 0) }

// loss is the mean; missing where there are no rows (0/0 is NaN).
func (t tally) loss() trainer.Number     { return trainer.Number(t.losses / float64(t.rows)) }
func (t tally) accuracy() trainer.Number { return trainer.Number(t.hits / float64(t.rows)) }

// byClass is nil where nothing was evaluated.
func (t tally) byClass() *trainer.ClassScores {
	if t.images == nil {
		return nil
	}
	return trainer.NewClassScores(t.confusion, t.images)
}

// confused is byClass with the names of the classes and the confusion matrix.
func (t tally) confused(names []string) *trainer.ClassScores {
	s := t.byClass()
	if s != nil {
		s.Keep(t.confusion, names)
	}
	return s
}
