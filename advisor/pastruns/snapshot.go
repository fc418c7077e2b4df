package pastruns

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/forest"
	"probewise/trainer"
)

// ArchitectureOnly is the probe length of a table, or a prediction, without a probe.
const ArchitectureOnly = -1

// Snapshot is the past runs of a key at one moment. It never changes, and is safe for concurrent use.
type Snapshot struct {
	Key       advisor.Key
	Runs      []advisor.PastRun
	Groups    []string // of the runs: their architecture, whatever the seed
	source    Source
	names     map[string]bool     // of the runs: architecture, seed, data set
	traits    map[string][]string // groups that have them
	reference *reference
}

// Read takes a snapshot of a key's past runs.
func Read(ctx context.Context, source Source, k advisor.Key) (*Snapshot, error) {
	runs, err := source.Of(ctx, k)
	if err != nil {
		return nil, fmt.Errorf("read the past runs of %s: %w", k, err)
	}
	return newSnapshot(source, k, runs), nil
}

func newSnapshot(source Source, k advisor.Key, runs []advisor.PastRun) *Snapshot {
	s := &Snapshot{Key: k, source: source, names: map[string]bool{}, traits: map[string][]string{}}
	for _, r := range runs {
		group := features.GroupOf(r.Architecture)
		if name := fmt.Sprint(group, r.Seed, r.DatasetID); !s.names[name] { // the same run again tells nothing new
			s.names[name] = true
			s.Runs, s.Groups = append(s.Runs, r), append(s.Groups, group)
			for _, trait := range features.Traits(r.Architecture) {
				s.traits[trait] = append(s.traits[trait], group)
			}
		}
	}
	s.reference = newReference(s.Runs)
	return s
}

// SameRuns says whether both hold the same runs.
func (s *Snapshot) SameRuns(other *Snapshot) bool { return maps.Equal(s.names, other.names) }

// Reference returns the runs' statistics.
func (s *Snapshot) Reference() advisor.Reference { return s.reference }

// First is the snapshot of the first n runs; all of them if n is 0 or more than there are.
func (s *Snapshot) First(n int) *Snapshot {
	if n <= 0 || n >= len(s.Runs) {
		return s
	}
	return newSnapshot(s.source, s.Key, s.Runs[:n])
}

// LeavingOut is the snapshot without the runs of an architecture.
func (s *Snapshot) LeavingOut(group string) *Snapshot {
	var rest []advisor.PastRun
	for i, g := range s.Groups {
		if g != group {
			rest = append(rest, s.Runs[i])
		}
	}
	return newSnapshot(s.source, s.Key, rest)
}

// Unseen warns of what none of the past runs has that a prediction about the architecture rests on: all but those of
// the given groups and its own.
func (s *Snapshot) Unseen(a trainer.Architecture, without ...string) []string {
	left := append([]string{features.GroupOf(a)}, without...)
	traits := slices.DeleteFunc(features.Traits(a), func(trait string) bool {
		return slices.ContainsFunc(s.traits[trait], func(group string) bool { return !slices.Contains(left, group) })
	})
	if len(traits) == 0 {
		return []string{}
	}
	return []string{fmt.Sprintf("no past run has %s: what that does is not in this prediction",
		strings.Join(traits, ", "))}
}

// Table is what a forest is fitted on that predicts from probes of so many epochs, or from the architecture alone. The
// runs of the given groups are left out, so that no prediction rests on the answer. The error is
// *advisor.NoPredictionError where too few runs are left.
func (s *Snapshot) Table(ctx context.Context, epochs float64, without ...string) (forest.Table, error) {
	t := s.Rows(epochs, without...)
	if len(t.Y) < forest.MinPastRuns {
		return t, s.tooFew(ctx, epochs, len(t.Y))
	}
	return t, nil
}

// Rows is the table of the runs, however few they are.
func (s *Snapshot) Rows(epochs float64, without ...string) forest.Table {
	var t forest.Table
	for i, r := range s.Runs {
		if !slices.Contains(without, s.Groups[i]) {
			addRow(&t, r, s.Groups[i], s.Key, epochs, features.Target(r))
		}
	}
	return t
}

// addRow adds a run whose full length is the key's and whose target is given, where it has records of the probe.
func addRow(t *forest.Table, r advisor.PastRun, group string, k advisor.Key, epochs, target float64) {
	if epochs != ArchitectureOnly && !features.HasRecordsUntil(r, epochs) {
		return
	}
	v := Vector(k, advisor.ProbeResult{Architecture: r.Architecture, Records: r.Records, Outcome: r.Outcome}, epochs)
	if epochs != ArchitectureOnly {
		t.Current, t.Reached = features.CurrentAccuracy, features.ReachedAccuracy
	}
	t.Names, t.Linear = v.Names, v.Linear
	t.X = append(t.X, v.Values)
	t.Y = append(t.Y, target)
	t.Groups = append(t.Groups, group)
}

// tooFew says how many past runs there are, how many it takes, and which full run could be predicted instead.
func (s *Snapshot) tooFew(ctx context.Context, epochs float64, runs int) error {
	k := s.Key
	reason := fmt.Sprintf("%d past runs of (%s)", runs, k)
	if epochs != ArchitectureOnly {
		reason += fmt.Sprintf(" with records of %g epochs", epochs)
	}
	reason += fmt.Sprintf("; a prediction needs %d", forest.MinPastRuns)
	counts, err := s.source.Keys(ctx, k.Dataset)
	if err != nil {
		return fmt.Errorf("count the past runs of %s: %w", k.Dataset, err)
	}
	best, _ := largest(counts)
	if best != k && counts[best] >= forest.MinPastRuns {
		reason += fmt.Sprintf("; there are %d of (%s)", counts[best], best)
	}
	return &advisor.NoPredictionError{Reason: reason}
}
