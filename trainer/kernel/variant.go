package kernel

import (
	"fmt"
	"os"
	"slices"
)

// variant is an implementation of the matrix products.
type variant string

const (
	portable variant = "portable" // gonum's BLAS
	avx2     variant = "avx2"
	avx512   variant = "avx512"
)

// environment names the variable that forces a variant.
const environment = "PROBEWISE_KERNEL"

// Variant names the matrix products that New picks: portable, avx2 or avx512. Results of different variants differ in
// their last bits. The error is that of New.
func Variant() (string, error) {
	v, err := chosenVariant()
	return string(v), err
}

func chosenVariant() (variant, error) { return choose(os.Getenv(environment), variants()) }

// variants lists those that run here, slowest first.
func variants() []variant {
	here := []variant{portable}
	for _, e := range assembled() {
		here = append(here, e.variant)
	}
	return here
}

// choose picks the wanted variant, or the fastest of those that run here.
func choose(wanted string, here []variant) (variant, error) {
	switch v := variant(wanted); v {
	case "":
		return here[len(here)-1], nil
	case portable, avx2, avx512:
		if !slices.Contains(here, v) {
			return "", fmt.Errorf("kernel: %s=%s does not run on this processor or build, only %v",
				environment, wanted, here)
		}
		return v, nil
	}
	return "", fmt.Errorf("kernel: %s=%q: want portable, avx2 or avx512", environment, wanted)
}

// engineOf gives the variant's assembly, nil for the portable one.
func engineOf(v variant) *engine {
	for _, e := range assembled() {
		if e.variant == v {
			return e
		}
	}
	return nil
}
