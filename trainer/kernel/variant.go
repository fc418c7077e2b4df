package kernel

import (
	"fmt"
	"os"
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

// choose picks the wanted variant, or the last (fastest) of those that run here.
func choose(wanted string, here []variant) (variant, error) {
	switch v := variant(wanted); v {
	case "":
		return here[len(here)-1], nil
	case portable, avx2, avx512:
		for _, have := range here {
			if have == v {
				return v, nil
			}
		}
		return "", fmt.Errorf("kernel: %s=%s does not run on this processor or build, only %v", environment, wanted, here)
	}
	return "", fmt.Errorf("kernel: %s=%q: want portable, avx2 or avx512", environment, wanted)
}

func variants() []variant { return []variant{portable} }
