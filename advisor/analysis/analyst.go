package analysis

import (
	"context"
	"errors"

	"probewise/advisor/pastruns"
	"probewise/forest"
)

// Analyst looks at past runs. It is safe for concurrent use.
type Analyst struct {
	Past    pastruns.Source
	Forests *pastruns.Forests
	Runs    Runs // those of the store, with what was predicted of them
}

// Datasets names the data sets that have past runs, in order.
func (a *Analyst) Datasets(ctx context.Context) ([]string, error) {
	return pastruns.Datasets(ctx, a.Past)
}

// snapshot is what a query is about: the past runs of the data set's largest key.
func (a *Analyst) snapshot(ctx context.Context, q StatisticsQuery) (s *pastruns.Snapshot, found bool, err error) {
	key, found, err := pastruns.Largest(ctx, a.Past, q.Dataset)
	if err != nil || !found {
		return nil, false, err
	}
	if s, err = pastruns.Read(ctx, a.Past, key); err != nil {
		return nil, false, err
	}
	return s.First(q.Runs), true, nil
}

// tooLittle says whether the runs are too few, or too much alike.
func tooLittle(err error) bool {
	return errors.Is(err, forest.ErrTooFewRuns) || errors.Is(err, forest.ErrTooFewGroups) ||
		errors.Is(err, forest.ErrEqualTargets)
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
