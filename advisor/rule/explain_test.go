package rule

import (
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// TestCausesExplainSymptoms: what follows from a cause is told with it, at the higher severity, and its proposals come
// last.
func TestCausesExplainSymptoms(t *testing.T) {
	a := parse(t, plainLayers, `"optimizer":{"type":"adam","learning_rate":0.1}`)
	dead := func(_ float64, l *trainer.LayerStatistics) { l.DeadUnits = 0.95 }
	diagnoses, proposals := strict(t).Examine(probed(t, a, of("conv2", dead),
		func(r *trainer.EpochRecord) { r.TrainAccuracy, r.ValidationAccuracy = 0.1, 0.1 }))
	want := []string{"rate-too-high", "unregularised-higher-layers"}
	if got := rulesOf(diagnoses); !slices.Equal(got, want) || diagnoses[0].Severity != advisor.High {
		t.Fatalf("got %v, %s, want %v with the first high", got, diagnoses[0].Severity, want)
	}
	for _, part := range []string{"relative_rate 100 is not below 3 at epoch 3", "dead_units 0.95 is above 0.5",
		"validation_accuracy 0.1 is not above 0.119"} {
		if !strings.Contains(diagnoses[0].Message, part) {
			t.Errorf("%q lacks %q", diagnoses[0].Message, part)
		}
	}
	var order []string
	for _, p := range proposals {
		order = append(order, p.Rule)
	}
	if got, want := slices.Compact(order), []string{"rate-too-high", "unregularised-higher-layers", "dead-relu",
		"at-chance"}; !slices.Equal(got, want) {
		t.Errorf("proposals come in the order %v, want %v", got, want)
	}
}

// TestExplanationsNameRules: a rule explains others that there are, and never itself.
func TestExplanationsNameRules(t *testing.T) {
	var names []string
	for _, r := range All() {
		names = append(names, r.Name)
	}
	for _, r := range All() {
		for _, name := range r.Explains {
			if !slices.Contains(names, name) || name == r.Name {
				t.Errorf("%s explains %s", r.Name, name)
			}
		}
	}
}
