package pastruns_test

import (
	"testing"

	"probewise/advisor"
	"probewise/advisor/pastruns"
	"probewise/advisor/pastruns/pastrunstest"
	"probewise/trainer"
)

func TestReference(t *testing.T) {
	past := pastrunstest.Runs(t, 3)
	s, err := pastruns.Read(t.Context(), pastrunstest.Source{pastrunstest.Key: past}, pastrunstest.Key)
	if err != nil {
		t.Fatal(err)
	}
	r := s.Reference()
	q := advisor.Quantity{Statistic: trainer.StatisticNamed("weight_variance"), Third: trainer.ConvLower, Epoch: 2}
	values := r.Values(q)
	if r.Runs() != 3 || len(values) != 3 || values[0] > values[1] || values[1] > values[2] {
		t.Fatalf("%d runs, values %v", r.Runs(), values)
	}
	found := 0
	for _, run := range past {
		for _, v := range values {
			if v == float64(run.Records[2].Layers[0].Weights.Variance) {
				found++
			}
		}
	}
	if found != 3 {
		t.Errorf("values %v are not those of the runs", values)
	}
	q.Third = trainer.DenseHigher
	if len(r.Values(q)) != 0 {
		t.Errorf("values in a third that no run has: %v", r.Values(q))
	}
}
