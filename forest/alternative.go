package forest

import (
	"fmt"
	"slices"
	"strings"
)

// Alternative names one way to predict. Which of them a model listens to, and
// how much, cross-validation decides for each table (blend.go).
type Alternative int

// The alternatives. Boosted and PlainForest are fitted to the residual of a
// ridge on the linear columns, ExtraTrees to that of Ridge; Ridge and Kernel see
// all columns themselves.
const (
	Boosted     Alternative = iota // the library's trees, boosted
	PlainForest                    // random forest with mean residuals on its leaves
	ExtraTrees                     // extra trees on ranks
	Ridge                          // ridge alone
	Kernel                         // Gaussian process
	numAlternatives
)

var alternativeNames = [numAlternatives]string{"boosted", "forest", "extra", "ridge", "kernel"}

func (a Alternative) String() string {
	if a < 0 || a >= numAlternatives {
		return fmt.Sprintf("alternative %d", int(a))
	}
	return alternativeNames[a]
}

// Alternatives lists the names that Options.Only takes.
func Alternatives() []string { return slices.Clone(alternativeNames[:]) }

// active says which alternatives are fitted.
func (o Options) active() (active [numAlternatives]bool) {
	for a, name := range alternativeNames {
		active[a] = o.Only == "" || o.Only == name
	}
	return active
}

func (o Options) checkOnly() error {
	if o.Only != "" && !slices.Contains(alternativeNames[:], o.Only) {
		return fmt.Errorf("%w: alternative %q, want one of %s", ErrBadOptions, o.Only, strings.Join(alternativeNames[:], ", "))
	}
	return nil
}
