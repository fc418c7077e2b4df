package forest

import (
	"fmt"
	"slices"
	"strings"
)

// Member names one way to predict. Which of them a model listens to, and how much, cross-validation decides for each
// table (blend.go).
type Member int

// The members. Boosted and PlainForest are fitted to the residual of a ridge on the linear columns, ExtraTrees to that
// of Ridge; Ridge and Kernel see all columns themselves.
const (
	Boosted     Member = iota // the library's trees, boosted
	PlainForest               // random forest with mean residuals on its leaves
	ExtraTrees                // extra trees on ranks
	Ridge                     // ridge alone
	Kernel                    // Gaussian process
	numMembers
)

var memberNames = [numMembers]string{"boosted", "forest", "extra", "ridge", "kernel"}

func (a Member) String() string {
	if a < 0 || a >= numMembers {
		return fmt.Sprintf("member %d", int(a))
	}
	return memberNames[a]
}

// Members lists the names that Options.Only takes, one or several joined by "+".
func Members() []string { return slices.Clone(memberNames[:]) }

// active says which members are fitted.
func (o Options) active() (active [numMembers]bool) {
	for a, name := range memberNames {
		active[a] = o.Only == "" || slices.Contains(strings.Split(o.Only, "+"), name)
	}
	return active
}

func (o Options) checkOnly() error {
	if o.Only == "" {
		return nil
	}
	for name := range strings.SplitSeq(o.Only, "+") {
		if !slices.Contains(memberNames[:], name) {
			return fmt.Errorf("%w: member %q, want one of %s", ErrBadOptions, name, strings.Join(memberNames[:], ", "))
		}
	}
	return nil
}
