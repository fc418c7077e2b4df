package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/gain"
	"probewise/advisor/pastruns"
	"probewise/advisor/predict"
	"probewise/advisor/process"
	"probewise/advisor/rule"
	"probewise/advisor/service"
	"probewise/db"
	"probewise/forest"
	"probewise/forest/childprocess"
	"probewise/jobs"
	"probewise/trainer/dataset"
	"probewise/trainer/graph"
)

// program is what commands work with, everything wired: the one place that knows all packages.
type program struct {
	db        *db.DB
	library   *dataset.Library
	past      pastruns.Source
	predictor *predict.Predictor
	analyst   *analysis.Analyst
	service   service.Service
}

// open opens the data folder, puts jobs whose worker is gone back into the queue and removes what killed processes left
// of weights.
func (a *app) open(ctx context.Context) (*program, error) {
	store, err := a.openStore(ctx)
	if err != nil {
		return nil, err
	}
	_, err = store.Recover(ctx, time.Now(), process.Gone)
	if err == nil {
		err = store.SweepWeights(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	past := pastruns.Joined{Store: store, Folder: a.corpusDir()}
	forests := &pastruns.Forests{Fitter: childprocess.Fitter{}, Folder: filepath.Join(a.DataDir, "forests")}
	s := &program{
		db:        store,
		library:   dataset.Open(a.DataDir),
		past:      past,
		predictor: &predict.Predictor{Past: past, Forests: forests},
		analyst:   &analysis.Analyst{Past: past, Forests: forests, Runs: store},
	}
	side := 0 // as many trainings side by side as there are cores
	if _, own := a.opener(); own {
		side = 1 // they would share the device
	}
	s.service = service.Service{
		Store:     store,
		Datasets:  s.library,
		Trainer:   a.newTrainer(),
		Predictor: s.predictor,
		Judge:     &gain.Judge{Pairs: a.pairs().Pairs, Forests: forests},
		Version:   version(),
		Rules:     rule.Driver{Incomplete: func(err error) { fmt.Fprintln(a.errOut, "left out of the answer:", err) }},

		SideBySide: side,
	}
	return s, nil
}

func (a *app) openStore(ctx context.Context) (*db.DB, error) {
	if err := os.MkdirAll(a.DataDir, 0o755); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	return db.Open(ctx, filepath.Join(a.DataDir, "probewise.db"))
}

func (s *program) close() error { return s.db.Close() }

// newTrainer trains on the device that was chosen, within the memory limit.
func (a *app) newTrainer() graph.Trainer {
	open, own := a.opener()
	return graph.Trainer{Open: open, Memory: &graph.MemoryLimit{Bytes: a.memory, Elsewhere: own}}
}

// work does the job. Where another process is at work on it, it waits until that one is done or gone.
func (s *program) work(ctx context.Context, kind advisor.JobKind, id string, watch advisor.Watcher) error {
	w := jobs.NewWorker(s.db, s.service)
	if watch != nil {
		w.Watch = func(_ advisor.Lease, e advisor.Event) { watch(e) }
	}
	err := w.Do(ctx, kind, id)
	if err == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	return &exitError{exitUnevaluated, err}
}

// prober gives the gate its evidence.
func (s *program) prober(watch advisor.Watcher) service.Prober {
	return service.Prober{
		Service: s.service,
		Work:    func(ctx context.Context, run string) error { return s.work(ctx, advisor.JobRun, run, watch) },
	}
}

// pairs are what changes were worth: those that come with the program, and the user's.
func (a *app) pairs() gain.Joined { return gain.Joined{Folder: a.pairsDir()} }

func (a *app) pairsDir() string { return filepath.Join(a.DataDir, "pairs") }

func (a *app) corpusDir() string { return filepath.Join(a.DataDir, "corpus") }

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
	keys := slices.SortedFunc(maps.Keys(counts),
		func(x, y advisor.Key) int { return strings.Compare(x.String(), y.String()) })
	for _, k := range keys {
		if err := visit(s, k); err != nil {
			return err
		}
	}
	return nil
}

// table is what the forest of a key and probe length is fitted on.
func (s *program) table(ctx context.Context, k advisor.Key, epochs float64) (forest.Table, error) {
	past, err := pastruns.Read(ctx, s.past, k)
	if err != nil {
		return forest.Table{}, err
	}
	t, err := past.Table(ctx, epochs)
	if err != nil {
		return t, err
	}
	t, _, err = s.predictor.Forests.Extended(ctx, past, t, epochs)
	return t, err
}
