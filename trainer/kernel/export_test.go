package kernel

import "math"

// Variants lists what runs on this processor.
func Variants() []string {
	var names []string
	for _, v := range variants() {
		names = append(names, string(v))
	}
	return names
}

// NewVariant starts a backend with the named matrix products.
func NewVariant(threads int, name string) (*CPU, error) {
	v, err := choose(name, variants())
	if err != nil {
		return nil, err
	}
	return newCPU(threads, v)
}

// All tests run on scratch memory full of NaN.
func init() {
	spoil = func(x []float32) {
		for i := range x {
			x[i] = float32(math.NaN())
		}
	}
}
