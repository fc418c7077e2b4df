//go:build slow

package graph

import (
	"fmt"
	"math"
	"testing"

	"probewise/trainer"
	"probewise/trainer/dataset"
	"probewise/trainer/kernel"
)

// TestFullTrainingThatLags: what Keras would say of nets whose running statistics full training does not reach, 1,800
// images for 15 epochs in ever larger batches. The thresholds of advisor/rule's lagging-batch-norm rest on it; -v shows
// the figures of docs/training.md.
func TestFullTrainingThatLags(t *testing.T) {
	data, err := dataset.Open(t.TempDir()).Load(t.Context(), dataset.Sample)
	if err != nil {
		t.Fatal(err)
	}
	const epochs = 15
	for _, batch := range []int{64, 128, 256, 512} {
		p, err := trainer.Parse(fmt.Appendf(nil, `{"version":1,"input":[28,28,1],"classes":10,"layers":[
			{"type":"conv","filters":8,"kernel":3,"batch_norm":true,"activation":"relu"},{"type":"max_pool"},
			{"type":"conv","filters":16,"kernel":3,"batch_norm":true,"activation":"relu"},{"type":"max_pool"},
			{"type":"flatten"},{"type":"dense","units":64,"batch_norm":true,"activation":"relu"},
			{"type":"dense","units":10,"activation":"softmax"}],
			"training":{"batch_size":%d,"optimizer":{"type":"adam","learning_rate":0.003}}}`, batch), trainer.ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		budget := trainer.Budget{Images: 2000, Epochs: epochs}
		s, err := Trainer{Open: func(int) (trainer.Backend, error) { return kernel.New(0) }}.Start(t.Context(),
			trainer.Spec{Architecture: p.Architecture, Data: data, Budget: budget, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		l := &lagging{s: s.(*session)}
		if _, err := s.TrainTo(t.Context(), epochs, l); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		last, running := l.records[len(l.records)-1], l.accuracies[len(l.accuracies)-1]
		left := math.Pow(0.99, float64(budget.Updates(batch)))
		t.Logf("batches of %d: %.3f of the start left; train accuracy %.3f, validation accuracy %.3f, by running "+
			"statistics %.3f", batch, left, last.TrainAccuracy, last.ValidationAccuracy, running)
		worse := last.ValidationAccuracy - running
		if last.ValidationAccuracy < 0.75 || left > 0.1 && worse < 0.1 || left < 0.02 && worse > 0.05 {
			t.Errorf("batches of %d: running statistics lose %.3f with %.3f of their start left", batch, worse, left)
		}
	}
}
