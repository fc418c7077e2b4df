package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/db"
)

// pastRuns joins the runs shipped with the program, the user's shards and the user's full runs. It implements
// predict.PastRuns.
type pastRuns struct {
	store  *db.DB
	folder string // of the user's shards
}

func (a *app) corpusDir() string { return filepath.Join(a.DataDir, "corpus") }

// shards returns the runs that are in files.
func (p pastRuns) shards() ([]corpus.Entry, error) {
	shipped, err := corpus.Shipped()
	if err != nil {
		return nil, fmt.Errorf("read the shipped past runs: %w", err)
	}
	own, err := corpus.Read(os.DirFS(p.folder))
	if err != nil {
		return nil, fmt.Errorf("read the past runs in %s: %w", p.folder, err)
	}
	return append(slices.Clip(shipped), own...), nil
}

// Of returns the past runs of a key.
func (p pastRuns) Of(ctx context.Context, k advisor.Key) ([]advisor.PastRun, error) {
	entries, err := p.shards()
	if err != nil {
		return nil, err
	}
	trained, err := p.store.PastRuns(ctx, k)
	if err != nil {
		return nil, err
	}
	return append(corpus.Of(entries, k), trained...), nil
}

// Keys returns the keys of a data set that have past runs, with their number; "": of all data sets.
func (p pastRuns) Keys(ctx context.Context, dataset string) (map[advisor.Key]int, error) {
	entries, err := p.shards()
	if err != nil {
		return nil, err
	}
	trained, err := p.store.ListRuns(ctx, advisor.RunFilter{Kind: advisor.Full, State: advisor.Succeeded})
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

// noPastRuns is the error of a command that has nothing to work on.
func noPastRuns(dataset string) error {
	return fmt.Errorf("no past runs for %s; make some: probewise corpus build --dataset %s", dataset, dataset)
}

// eachKey opens the data folder and visits the keys of a data set that have past runs, in order.
func (a *app) eachKey(ctx context.Context, dataset string, visit func(*program, advisor.Key) error) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }()
	counts, err := s.past.Keys(ctx, dataset)
	if err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(x, y advisor.Key) int { return strings.Compare(x.String(), y.String()) })
	for _, k := range keys {
		if err := visit(s, k); err != nil {
			return err
		}
	}
	return nil
}
