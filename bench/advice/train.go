package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"

	"probewise/advisor/figure"
	"probewise/advisor/pastruns"
	"probewise/advisor/ratetest"
	"probewise/forest/childprocess"
	"probewise/trainer"
	"probewise/trainer/dataset"
	"probewise/trainer/graph"
	"probewise/trainer/kernel"
)

// A training in full.
const (
	images = 10_000
	epochs = 15
)

// proofSeeds are the seeds of trainings in full, before and after. Nothing else is ever trained with them.
var proofSeeds = []uint64{577215664, 1618033988}

// baseArm stands for a net as it is.
const baseArm = "base"

// Training is a training in full that has ended.
type Training struct {
	Net            string          `json:"net"` // its file
	Arm            string          `json:"arm"` // whose revision of it; base: the net as it is
	Seed           uint64          `json:"seed"`
	ArchitectureID string          `json:"architecture_id"`
	DatasetID      string          `json:"dataset_id"`
	TestImages     int             `json:"test_images"`
	FLOPs          float64         `json:"flops"`
	Outcome        trainer.Outcome `json:"outcome"`
}

// accuracy is the test accuracy, or the chance level where the run diverged.
func (t Training) accuracy(classes int) float64 {
	if t.Outcome.Diverged || !t.Outcome.TestAccuracy.Known() {
		return 1 / float64(classes)
	}
	return float64(t.Outcome.TestAccuracy)
}

// task is a training that is to be made.
type task struct {
	net          string
	arm          string
	architecture trainer.Architecture
}

func (t task) key(seed uint64, data *trainer.Dataset) string {
	return fmt.Sprint(t.net, " ", seed, " ", seedlessID(t.architecture), " ", data.ID, " ", data.Test.Len())
}

func (t Training) key() string {
	return fmt.Sprint(t.Net, " ", t.Seed, " ", t.ArchitectureID, " ", t.DatasetID, " ", t.TestImages)
}

// seedlessID recognises the same net with the same settings, whatever the seed.
func seedlessID(a trainer.Architecture) string {
	a.Training.Seed = 0
	return a.ID()
}

// lab is where nets are trained.
type lab struct {
	fitting, proof *trainer.Dataset // what searches may see, and what trainings in full are judged on
	trainer        starter
	jobs           int
	progress       io.Writer
	pairs          string // folder of pairs that are used beside the shipped ones
	forests        *pastruns.Forests
}

// starter starts training sessions, and sweeps the learning rate.
type starter interface {
	ratetest.Trainer
	Start(ctx context.Context, s trainer.Spec) (trainer.Session, error)
}

// openLab loads the data set from the data folder.
func openLab(ctx context.Context, folder, name string, jobs int, progress io.Writer) (*lab, error) {
	if jobs < 1 {
		return nil, fmt.Errorf("-jobs %d: must be at least 1", jobs)
	}
	data, err := dataset.Open(folder).Load(ctx, name)
	if err != nil {
		return nil, err
	}
	lowPriority()
	return &lab{
		fitting:  dataset.TestHalf(data, dataset.Fitting),
		proof:    dataset.TestHalf(data, dataset.Proof),
		trainer:  graph.Trainer{Open: func(int) (trainer.Backend, error) { return kernel.New(1) }},
		jobs:     jobs,
		progress: progress,
		pairs:    filepath.Join(folder, "pairs"),
		forests:  &pastruns.Forests{Fitter: childprocess.Fitter{}, Folder: filepath.Join(folder, "forests")},
	}, nil
}

// full is what a net is trained on in full.
func full() trainer.Budget { return trainer.Budget{Images: images, Epochs: epochs} }

// flops are the floating-point operations of training for so many epochs; evaluations are not counted.
func flops(a trainer.Architecture, epochs float64) float64 {
	return float64(a.Cost().TrainingFLOPs) * (images - images/10) * epochs
}

// trainAll makes the trainings with each of the seeds that the file does not hold, and appends each as it ends.
func (l *lab) trainAll(ctx context.Context, tasks []task, seeds []uint64, file string) error {
	have, err := readLines[Training](file)
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, t := range have {
		done[t.key()] = true
	}
	type one struct {
		task
		seed uint64
	}
	var missing []one
	for _, t := range tasks {
		for _, seed := range seeds {
			if key := t.key(seed, l.proof); !done[key] {
				missing, done[key] = append(missing, one{t, seed}), true
			}
		}
	}
	// The longest first: what runs alone at the end is then short.
	slices.SortStableFunc(missing, func(x, y one) int {
		return cmp.Compare(flops(y.architecture, epochs), flops(x.architecture, epochs))
	})
	out, err := appendLines(file)
	if err != nil {
		return err
	}
	ended := 0
	return errors.Join(each(ctx, l.jobs, missing, func(ctx context.Context, m one) error {
		t, err := l.train(ctx, m.task, m.seed)
		if err != nil {
			return fmt.Errorf("%s: %w", m.net, err)
		}
		if err := out.add(t); err != nil {
			return err
		}
		out.mu.Lock()
		defer out.mu.Unlock()
		ended++
		fmt.Fprintf(l.progress, "%d of %d: %s (%s, seed %d) %s in %s\n", ended, len(missing), m.net, m.arm, m.seed,
			figure.Share(trainer.Number(t.accuracy(len(l.proof.Classes)))), figure.Duration(t.Outcome.Seconds))
		return nil
	}), out.close())
}

func (l *lab) train(ctx context.Context, t task, seed uint64) (Training, error) {
	session, err := l.trainer.Start(ctx,
		trainer.Spec{Architecture: t.architecture, Data: l.proof, Budget: full(), Seed: seed})
	if err != nil {
		return Training{}, err
	}
	outcome, err := session.TrainTo(ctx, epochs, unobserved{})
	if err := errors.Join(err, session.Close()); err != nil {
		return Training{}, err
	}
	return Training{
		Net:            t.net,
		Arm:            t.arm,
		Seed:           seed,
		ArchitectureID: seedlessID(t.architecture),
		DatasetID:      l.proof.ID,
		TestImages:     l.proof.Test.Len(),
		FLOPs:          flops(t.architecture, float64(outcome.Epochs)),
		Outcome:        outcome,
	}, nil
}

// unobserved is an observer that nothing is told.
type unobserved struct{}

func (unobserved) Progress(trainer.Progress)                         {}
func (unobserved) Record(context.Context, trainer.EpochRecord) error { return nil }

// each does the work for all values, jobs at a time, and stops at the first error.
func each[T any](ctx context.Context, jobs int, values []T, work func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan T)
	var group sync.WaitGroup
	for range jobs {
		group.Go(func() {
			for v := range next {
				if err := ctx.Err(); err != nil {
					continue
				}
				if err := work(ctx, v); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, v := range values {
		select {
		case next <- v:
		case <-ctx.Done():
		}
	}
	close(next)
	group.Wait()
	return context.Cause(ctx)
}
