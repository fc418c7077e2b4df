package predict

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"probewise/forest"
)

// Datasets names the data sets that have past runs, in order.
func (p *Predictor) Datasets(ctx context.Context) ([]string, error) {
	counts, err := p.Past.Keys(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("count the past runs: %w", err)
	}
	names := map[string]bool{}
	for k := range counts {
		names[k.Dataset] = true
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// leftOut collects what a table has no figures of, by reason.
type leftOut []struct {
	names  string
	reason string
}

func (l *leftOut) add(name string, err error) {
	reason := forest.Reason(err)
	if n := len(*l); n > 0 && (*l)[n-1].reason == reason {
		(*l)[n-1].names += ", " + name
		return
	}
	*l = append(*l, struct{ names, reason string }{name, reason})
}

// String is "a, b: the reason; c: another".
func (l leftOut) String() string {
	s := ""
	for i, of := range l {
		if i > 0 {
			s += "; "
		}
		s += of.names + ": " + of.reason
	}
	return s
}
