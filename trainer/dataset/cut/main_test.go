package main

import (
	"bytes"
	"strings"
	"testing"

	"probewise/trainer"
)

// two classes of 1×1 images: values 0 … 9 are of class 0, 10 … 19 of class 1, each there twice.
func twice() *trainer.Dataset {
	d := &trainer.Dataset{Height: 1, Width: 1, Channels: 1, Classes: []string{"low", "high"}}
	for i := range 40 {
		d.Train.Pixels = append(d.Train.Pixels, byte(i/2))
		d.Train.Labels = append(d.Train.Labels, uint16(i/20))
	}
	return d
}

func TestDrawIsBalancedAndTakesNoImageTwice(t *testing.T) {
	d, taken := twice(), map[string]bool{}
	seen := map[byte]bool{}
	for _, n := range []int{6, 4} {
		images, err := draw(d, d.Train, n, taken)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range images.Pixels {
			if images.Labels[i] != uint16(i%2) || p/10 != byte(i%2) {
				t.Errorf("image %d has label %d and value %d", i, images.Labels[i], p)
			}
			seen[p] = true
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d different images, want 20", len(seen))
	}
	if _, err := draw(d, d.Train, 1, taken); err == nil || !strings.Contains(err.Error(), `"low" has only 0`) {
		t.Errorf("nothing left: got %v", err)
	}
}

func TestRunNamesWhatIsMissing(t *testing.T) {
	for want, args := range map[string][]string{
		"--from":         nil,
		"holds no files": {"--from", t.TempDir()},
	} {
		var out bytes.Buffer
		if err := run(t.Context(), args, &out, &out); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", args, err, want)
		}
	}
}
