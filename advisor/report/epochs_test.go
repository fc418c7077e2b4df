package report

import (
	"strings"
	"testing"

	"probewise/advisor/report/reporttest"
	"probewise/trainer"
)

// TestNormalised: the curve says up to where it was evaluated otherwise than Keras does.
func TestNormalised(t *testing.T) {
	run, records := reporttest.Trained(t)
	text := func() string {
		var b strings.Builder
		if err := RunText(&b, run, records, Options{Width: 200}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := Normalised(records); got != "" || strings.Contains(text(), "measured anew") {
		t.Errorf("without batch norm: %q", got)
	}
	for i, r := range records {
		if r.Epoch <= 5 {
			records[i].NormBatches = 16
		}
	}
	const want = "Evaluated up to epoch 5 with batch norm's statistics measured anew, on 16 training batches: " +
		"the running statistics of a young net still hold their start."
	if got := Normalised(records); got != want || !strings.Contains(strings.Join(strings.Fields(text()), " "), want) {
		t.Errorf("got %q, want %q, in\n%s", got, want, text())
	}
	if got := Normalised([]trainer.EpochRecord{{NormBatches: 1}}); !strings.Contains(got, "up to epoch 0") ||
		!strings.Contains(got, "on 1 training batch:") {
		t.Errorf("got %q", got)
	}
}
