package trainer

import "testing"

// TestUpdates counts by hand: a tenth of the images, rounded, is for validation, and the last batch of an epoch may be
// small.
func TestUpdates(t *testing.T) {
	for _, c := range []struct{ images, epochs, batch, training, updates int }{
		{10_000, 15, 64, 9000, 15 * 141},
		{10_000, 1, 9000, 9000, 1},
		{10_000, 2, 8999, 9000, 4},
		{10_000, 3, 65_536, 9000, 3},
		{24, 1, 1, 22, 22},
		{5, 1, 2, 4, 2},
		{0, 0, 32, 0, 0},
	} {
		b := Budget{Images: c.images, Epochs: c.epochs}
		if b.Training() != c.training || b.Updates(c.batch) != c.updates {
			t.Errorf("%+v: %d images to train on and %d updates, want %d and %d", b, b.Training(), b.Updates(c.batch),
				c.training, c.updates)
		}
	}
}
