package pastruns

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"probewise/advisor"
	"probewise/advisor/corpus"
)

// Source has past runs.
type Source interface {
	Of(ctx context.Context, k advisor.Key) ([]advisor.PastRun, error)
	// Keys counts the past runs of a data set by key; "": of all data sets.
	Keys(ctx context.Context, dataset string) (map[advisor.Key]int, error)
	// Elsewhere has the runs of other data sets that came with the program.
	Elsewhere(ctx context.Context, dataset string) (map[advisor.Key][]advisor.PastRun, error)
}

// Store has the user's full runs.
type Store interface {
	PastRuns(ctx context.Context, k advisor.Key) ([]advisor.PastRun, error)
	ListRuns(ctx context.Context, f advisor.RunFilter) ([]advisor.Run, error)
}

// Joined is the Source of the program: the runs shipped with it, the user's shards and the user's full runs.
type Joined struct {
	Store  Store
	Folder string // of the user's shards
}

// shards returns the runs that are in files.
func (j Joined) shards() ([]corpus.Entry, error) {
	shipped, err := corpus.Shipped()
	if err != nil {
		return nil, fmt.Errorf("read the shipped past runs: %w", err)
	}
	own, err := corpus.Read(os.DirFS(j.Folder))
	if err != nil {
		return nil, fmt.Errorf("read the past runs in %s: %w", j.Folder, err)
	}
	return append(slices.Clip(shipped), own...), nil
}

// Of implements Source.
func (j Joined) Of(ctx context.Context, k advisor.Key) ([]advisor.PastRun, error) {
	entries, err := j.shards()
	if err != nil {
		return nil, err
	}
	trained, err := j.Store.PastRuns(ctx, k)
	if err != nil {
		return nil, err
	}
	return append(corpus.Of(entries, k), trained...), nil
}

// Elsewhere implements Source.
func (j Joined) Elsewhere(_ context.Context, dataset string) (map[advisor.Key][]advisor.PastRun, error) {
	return Shipped(dataset)
}

// Shipped are the runs of other data sets that came with the program, those of pairs included.
func Shipped(dataset string) (map[advisor.Key][]advisor.PastRun, error) {
	shipped, err := corpus.Shipped()
	if err != nil {
		return nil, fmt.Errorf("read the shipped past runs: %w", err)
	}
	pairs, err := corpus.ShippedPairs()
	if err != nil {
		return nil, fmt.Errorf("read the shipped pairs: %w", err)
	}
	all := map[advisor.Key][]advisor.PastRun{}
	for _, e := range slices.Concat(shipped, pairs) {
		if e.Key.Dataset != dataset {
			all[e.Key] = append(all[e.Key], e.PastRun)
		}
	}
	return all, nil
}

// Keys implements Source.
func (j Joined) Keys(ctx context.Context, dataset string) (map[advisor.Key]int, error) {
	entries, err := j.shards()
	if err != nil {
		return nil, err
	}
	trained, err := j.Store.ListRuns(ctx, advisor.RunFilter{Kind: advisor.Full, State: advisor.Succeeded})
	if err != nil {
		return nil, err
	}
	keys := map[advisor.Key]int{}
	for _, e := range entries {
		if dataset == "" || e.Key.Dataset == dataset {
			keys[e.Key]++
		}
	}
	for _, r := range trained {
		if dataset == "" || r.Dataset == dataset {
			keys[r.Key()]++
		}
	}
	return keys, nil
}

// Largest is the data set's key with the most past runs.
func Largest(ctx context.Context, s Source, dataset string) (best advisor.Key, found bool, err error) {
	counts, err := s.Keys(ctx, dataset)
	if err != nil {
		return best, false, fmt.Errorf("count the past runs of %s: %w", dataset, err)
	}
	best, found = largest(counts)
	return best, found, nil
}

// largest is the key with the greatest count, the first by name among equals.
func largest(counts map[advisor.Key]int) (best advisor.Key, found bool) {
	for k, n := range counts {
		if !found || n > counts[best] || n == counts[best] && k.String() < best.String() {
			best, found = k, true
		}
	}
	return best, found
}

// Datasets names the data sets that have past runs, in order.
func Datasets(ctx context.Context, s Source) ([]string, error) {
	counts, err := s.Keys(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("count the past runs: %w", err)
	}
	names := map[string]bool{}
	for k := range counts {
		names[k.Dataset] = true
	}
	return slices.Sorted(maps.Keys(names)), nil
}
