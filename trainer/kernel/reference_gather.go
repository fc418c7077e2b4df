package kernel

import (
	"fmt"

	"probewise/trainer"
)

// gatherImages takes an image that is not there for an error, which a device that computes on its own cannot: there the
// label is −1.
func gatherImages[T float](o trainer.GatherOp, pixels, labels, picks, x, y []T) error {
	size := o.C * o.H * o.W
	packed := (size + trainer.PixelsPerValue - 1) / trainer.PixelsPerValue
	for n := range o.N {
		pick := picks[4*n : 4*n+4]
		image, mirrored, down, right := int(pick[0]), pick[1] != 0, int(pick[2]), int(pick[3])
		if image < 0 || image >= o.Images {
			return fmt.Errorf("kernel: %s: row %d picks image %d of %d", trainer.OpTitle(o), n, image, o.Images)
		}
		y[n] = labels[image]
		for i := range size {
			plane, h, w := i/(o.H*o.W), i/o.W%o.H-down, i%o.W-right
			x[n*size+i] = 0
			if h < 0 || h >= o.H || w < 0 || w >= o.W {
				continue
			}
			if mirrored {
				w = o.W - 1 - w
			}
			from := (plane*o.H+h)*o.W + w
			value := int(pixels[image*packed+from/trainer.PixelsPerValue])
			x[n*size+i] = T(value>>(8*(from%trainer.PixelsPerValue))&0xFF) / 255
		}
	}
	return nil
}
