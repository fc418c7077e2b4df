package forest

import (
	"errors"
	"fmt"
	"testing"
)

func TestReasonsNameNoPackage(t *testing.T) {
	few := fmt.Errorf("%w: 3, want at least 20", ErrTooFewRuns)
	for want, err := range map[string]error{
		"too few past runs: 3, want at least 20": fmt.Errorf("relate without fold 2: %w", few),
		"bad table":                              ErrBadTable,
		"no space left":                          errors.New("no space left"),
	} {
		if got := Reason(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
