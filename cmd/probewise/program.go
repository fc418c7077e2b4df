package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"probewise/advisor"
	"probewise/advisor/predict"
	"probewise/advisor/process"
	"probewise/advisor/rule"
	"probewise/advisor/service"
	"probewise/db"
	"probewise/forest"
	"probewise/jobs"
	"probewise/trainer/dataset"
	"probewise/trainer/graph"
)

// program is what commands work with, everything wired: the one place that knows all packages.
type program struct {
	db        *db.DB
	library   *dataset.Library
	past      pastRuns
	predictor *predict.Predictor
	service   service.Service
}

// open opens the data folder and puts jobs whose worker is gone back into the queue.
func (a *app) open(ctx context.Context) (*program, error) {
	store, err := a.openStore(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := store.Recover(ctx, time.Now(), process.Gone); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	s := &program{db: store, library: dataset.Open(a.DataDir), past: pastRuns{store, a.corpusDir()}}
	s.predictor = &predict.Predictor{Past: s.past, Fit: fitInChild, Score: scoreInChild, Climb: climbInChild, Relate: relateInChild, Folder: filepath.Join(a.DataDir, "forests")}
	s.service = service.Service{
		Store: store, Datasets: s.library, Trainer: a.newTrainer(0), Predictor: s.predictor, Rules: rule.Driver{}, Version: version(),
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

// newTrainer trains on the device that was chosen, a CPU with the given number of threads (0: all), within the memory limit.
func (a *app) newTrainer(threads int) graph.Trainer {
	open, own := a.opener(threads)
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
		Predictable: func(ctx context.Context, k advisor.Key, epochs int) error {
			_, err := s.predictor.Table(ctx, k, float64(epochs))
			return err
		},
		Work: func(ctx context.Context, run string) error { return s.work(ctx, advisor.JobRun, run, watch) },
	}
}

// fitInChild fits a forest in a child process of the same binary: the library behind it draws from the process's
// global random source and its panics cannot be recovered.
func fitInChild(ctx context.Context, t forest.Table, o forest.Options) (*forest.Model, error) {
	response, err := child(ctx, forest.Request{Table: t, Options: o})
	if err != nil {
		return nil, err
	}
	return response.Model, nil
}

// scoreInChild cross-validates a forest there.
func scoreInChild(ctx context.Context, t forest.Table, o forest.Options, repeats int) (forest.Score, error) {
	response, err := child(ctx, forest.Request{Table: t, Options: o, Repeats: repeats})
	return response.Score, err
}

// climbInChild compares groups of features there.
func climbInChild(ctx context.Context, t forest.Table, rungs []forest.AblationStep, l forest.AblationOptions) ([]forest.AblationScore, error) {
	// Half of the folds take half of the time of a ladder's many fits.
	response, err := child(ctx, forest.Request{Table: t, Rungs: rungs, Ladder: l, Options: forest.Options{Folds: 5}})
	return response.Rungs, err
}

// relateInChild relates columns to targets there.
func relateInChild(ctx context.Context, t forest.Table) (forest.Related, error) {
	response, err := child(ctx, forest.Request{Table: t, Relate: true, Options: forest.Options{Seed: 1}})
	return response.Related, err
}

// childArgument makes the binary serve one forest request instead of reading a command line.
const childArgument = "forest-child"

func child(ctx context.Context, r forest.Request) (forest.Response, error) {
	binary, err := os.Executable()
	if err != nil {
		return forest.Response{}, fmt.Errorf("find the program for the forest's child process: %w", err)
	}
	var in, out, complaints bytes.Buffer
	if err := r.Encode(&in); err != nil {
		return forest.Response{}, err
	}
	command := exec.CommandContext(ctx, binary, childArgument)
	command.Stdin, command.Stdout, command.Stderr = &in, &out, &complaints
	if err := command.Run(); err != nil {
		return forest.Response{}, fmt.Errorf("the forest's child process: %w: %s", err, lastLine(complaints.Bytes()))
	}
	return forest.DecodeResponse(&out)
}

// serveChild is the child's side.
func serveChild(in io.Reader, out, errOut io.Writer) int {
	if err := forest.ServeChild(in, out); err != nil {
		fmt.Fprintln(errOut, err)
		return exitUnevaluated
	}
	return exitOK
}

func lastLine(text []byte) []byte {
	text = bytes.TrimSpace(text)
	return text[bytes.LastIndexByte(text, '\n')+1:]
}
