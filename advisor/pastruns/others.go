package pastruns

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/forest"
	"probewise/trainer"
)

// Vector is what a prediction of the key's full run looks at, after a probe of so many epochs (ArchitectureOnly: none).
func Vector(k advisor.Key, r advisor.ProbeResult, epochs float64) features.Vector {
	v := features.Architecture(r.Architecture)
	if epochs != ArchitectureOnly {
		v = features.Probe(r.Architecture, r.Records, r.Outcome, epochs)
	}
	v.AddKey(r.Architecture, k)
	return v
}

// Siblings are the tables of other images and epochs of the data set, each with as many runs as it has.
func (s *Snapshot) Siblings(ctx context.Context, epochs float64, without ...string) ([]forest.Table, error) {
	counts, err := s.source.Keys(ctx, s.Key.Dataset)
	if err != nil {
		return nil, fmt.Errorf("count the past runs of %s: %w", s.Key.Dataset, err)
	}
	var tables []forest.Table
	for _, k := range sorted(counts) {
		if k == s.Key || k.Dataset != s.Key.Dataset {
			continue
		}
		other, err := Read(ctx, s.source, k)
		if err != nil {
			return nil, err
		}
		if t := other.Rows(epochs, without...); len(t.Y) > 0 {
			tables = append(tables, t)
		}
	}
	return tables, nil
}

// Elsewhere are the tables of other data sets with enough runs, as sources of a transfer: of those that came with the
// program, so that what a user trains on one data set moves no answer about another.
func (s *Snapshot) Elsewhere(ctx context.Context, epochs float64) ([]forest.Source, error) {
	all, err := s.source.Elsewhere(ctx, s.Key.Dataset)
	if err != nil {
		return nil, fmt.Errorf("read the past runs of other data sets: %w", err)
	}
	var sources []forest.Source
	for _, k := range sorted(all) {
		runs := newSnapshot(s.source, k, all[k])
		tables := []forest.Table{runs.Rows(epochs)}
		for _, shorter := range shortened(k.Epochs) {
			tables = append(tables, runs.shortened(shorter, epochs))
		}
		for _, t := range tables {
			if len(t.Y) >= forest.MinPastRuns {
				sources = append(sources, forest.Source{Table: t, Family: k.Dataset})
			}
		}
	}
	return sources, nil
}

// elsewhere names the column of what other data sets let expect.
const elsewhere = "elsewhere"

// Extended is the table of a key's own runs with what other data sets let expect of each as one more column, and what
// adds it to a query; the table as it is, and nothing that is added, where no other data set tells anything.
func (f *Forests) Extended(ctx context.Context, s *Snapshot, own forest.Table, epochs float64) (forest.Table,
	func(x []float64) []float64, error) {
	transfer, err := f.Transfer(ctx, s, epochs)
	if err != nil || transfer == nil {
		return own, func(x []float64) []float64 { return x }, err
	}
	add := func(x []float64) []float64 { return append(slices.Clone(x), transfer.Value(x)) }
	own.Names, own.Linear = append(slices.Clone(own.Names), elsewhere), append(slices.Clone(own.Linear), true)
	rows := make([][]float64, len(own.X))
	for i, x := range own.X {
		rows[i] = add(x)
	}
	own.X = rows
	return own, add, nil
}

// Design picks the architectures, by their places in the list, whose full runs tell most of a key that has none: spread
// evenly over what other data sets let expect of each before any training; the first ones where those tell nothing.
func (f *Forests) Design(ctx context.Context, s *Snapshot, all []trainer.Architecture, n int) ([]int, error) {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	transfer, err := f.Transfer(ctx, s, ArchitectureOnly)
	if err != nil {
		return nil, err
	}
	if transfer == nil || n >= len(all) {
		return order[:min(n, len(all))], nil
	}
	expected := make([]float64, len(all))
	for i, a := range all {
		expected[i] = transfer.Value(Vector(s.Key, advisor.ProbeResult{Architecture: a}, ArchitectureOnly).Values)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(expected[a], expected[b]) })
	picked := make([]int, n)
	for i := range picked {
		picked[i] = order[(2*i+1)*len(order)/(2*n)]
	}
	slices.Sort(picked)
	return picked, nil
}

// MinForest is the number of a key's runs from which on a forest of its own predicts, and a level before.
const MinForest = 30

// shortened are the lengths, in epochs, at which runs of a longer one stand in for full runs: they tell what a length
// does. Records are kept of five epochs.
func shortened(epochs int) []int {
	return slices.DeleteFunc([]int{3, 5}, func(e int) bool { return 2*e > epochs })
}

// shortened is the table of the runs as if they had ended after so many epochs, which is so where the learning rate
// does not depend on the length.
func (s *Snapshot) shortened(epochs int, probe float64) forest.Table {
	var t forest.Table
	if probe >= float64(epochs) {
		return t
	}
	k := s.Key
	k.Epochs = epochs
	for i, r := range s.Runs {
		schedule := r.Architecture.Training.Schedule
		if schedule.Type != trainer.Constant {
			continue
		}
		for _, record := range r.Records {
			reached := record.TestAccuracy
			if !reached.Known() {
				reached = record.ValidationAccuracy
			}
			if record.Epoch == float64(epochs) && reached.Known() {
				addRow(&t, r, s.Groups[i], k, probe, float64(reached))
			}
		}
	}
	return t
}

// sorted are the keys in order.
func sorted[V any](keys map[advisor.Key]V) []advisor.Key {
	return slices.SortedFunc(maps.Keys(keys), func(a, b advisor.Key) int {
		return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), a.Images-b.Images, a.Epochs-b.Epochs)
	})
}

// Level is fitted where a key has few runs of its own or none, on them, on those of the data set at other lengths, and
// on what other data sets tell; nil where there is nothing to fit on.
func (f *Forests) Level(ctx context.Context, s *Snapshot, own forest.Table, epochs float64,
	without ...string) (*forest.Level, error) {
	siblings, err := s.Siblings(ctx, epochs, without...)
	if err != nil {
		return nil, err
	}
	transfer, err := f.Transfer(ctx, s, epochs)
	if err != nil {
		return nil, err
	}
	if transfer == nil && len(own.Y) == 0 && len(siblings) == 0 {
		return nil, nil
	}
	l, err := forest.FitLevel(own, siblings, transfer, forest.Options{Seed: 1})
	if err != nil {
		return nil, fmt.Errorf("fit the level of %s at %g epochs: %w", s.Key, epochs, err)
	}
	return l, nil
}
