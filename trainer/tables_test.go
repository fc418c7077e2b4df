package trainer

import "testing"

// TestLayerKinds: what the table says of a type of layer is what the layer does with an image and with features.
func TestLayerKinds(t *testing.T) {
	const unlike = 5 // a number of channels that no input has
	one := [2]int{1, 1}
	for _, k := range layerKinds[:len(layerKinds)-1] { // a residual block gives what its body gives
		l := Layer{Type: k.name, Filters: unlike, Units: unlike, Kernel: one, Stride: one, Size: one, Pad: one}
		for _, in := range []Shape{{C: 3, H: 4, W: 4}, {C: 3, H: 1, W: 1, Flat: true}} {
			out, m := l.output(in)
			fits := k.takes == anyForm || (k.takes == flatForm) == in.Flat
			if fits != (m == nil) {
				t.Errorf("%s of %s: %+v, but it takes form %d", k.name, in, m, k.takes)
			}
			if m != nil {
				continue
			}
			if flat := k.gives == flatForm || k.gives == anyForm && in.Flat; out.Flat != flat {
				t.Errorf("%s of %s gives %s, the table says flat: %v", k.name, in, out, flat)
			}
			if k.outputs == sameOutputs && out.C != in.C ||
				(k.outputs == "filters" || k.outputs == "units") != (out.C == unlike) {
				t.Errorf("%s of %s has %d outputs, the table says %q", k.name, in, out.C, k.outputs)
			}
		}
	}
}
