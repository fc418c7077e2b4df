package service

import (
	"context"
	"errors"
	"fmt"
	"io"

	"probewise/advisor"
	"probewise/trainer"
	"probewise/trainer/safetensors"
)

// training is a run in the hands of a worker: what it records is stored as it comes.
type training struct {
	writer  RunWriter
	ends    Finisher
	lease   advisor.Lease
	run     advisor.Run
	classes []string
	phase   string
	watch   advisor.Watcher
	session trainer.Session
	result  advisor.ProbeResult
}

// begin starts a run's session with so many threads; 0: all.
func (s Service) begin(ctx context.Context, l advisor.Lease, r advisor.Run, data *trainer.Dataset, phase string,
	threads int, watch advisor.Watcher) (*training, error) {
	if data.ID != r.DatasetID {
		return nil, fmt.Errorf("data set %s has changed since run %s was asked for", r.Dataset, r.ID)
	}
	watch(advisor.Event{Type: advisor.EventState, State: advisor.Running, Phase: phase, Run: r.ID})
	session, err := s.Trainer.Start(ctx,
		trainer.Spec{
			Architecture: r.Architecture,
			Data:         data,
			Budget:       r.Budget,
			Seed:         r.Seed,
			Threads:      threads,
			KeepBest:     r.Kind == advisor.Full,
			Untested:     r.Kind == advisor.Probe,
		})
	if err != nil {
		return nil, err
	}
	return &training{
		writer:  s.Store,
		ends:    s.Store,
		lease:   l,
		classes: data.Classes,
		run:     r,
		phase:   phase,
		watch:   watch,
		session: session,
		result:  advisor.ProbeResult{Architecture: r.Architecture},
	}, nil
}

func (t *training) close() error { return t.session.Close() }

// trainTo trains to the moment, in epochs.
func (t *training) trainTo(ctx context.Context, moment float64) error {
	outcome, err := t.session.TrainTo(ctx, moment, &recorder{training: t, last: moment})
	if err != nil {
		return err
	}
	t.result.Outcome, t.result.Epochs = outcome, int(moment)
	return nil
}

// finish stores the weights of the best epoch, where there is one, and the outcome.
func (t *training) finish(ctx context.Context) error {
	if best := t.result.Outcome.Best; best != nil {
		err := t.writer.KeepWeights(ctx, t.lease, t.run.ID, best.Epoch, func(w io.Writer) error {
			return safetensors.Write(w, t.session.BestWeights(), describe(t.run, t.classes, *best))
		})
		if err != nil {
			return err
		}
	}
	return t.ends.FinishRun(ctx, t.lease, t.run.ID, advisor.Succeeded, &t.result.Outcome, "")
}

// recorder is a training as a trainer.Observer.
type recorder struct {
	*training
	last float64 // epoch of this stretch
}

// Progress implements trainer.Observer: the share of this stretch, not of the full run.
func (r *recorder) Progress(p trainer.Progress) {
	p.Batches = int(float64(p.Batches/r.run.Budget.Epochs) * r.last)
	r.watch(advisor.Event{Type: advisor.EventProgress, Phase: r.phase, Run: r.run.ID, Progress: &p})
}

// Record implements trainer.Observer.
func (r *recorder) Record(ctx context.Context, e trainer.EpochRecord) error {
	r.result.Records = append(r.result.Records, e)
	if err := r.writer.AppendRecord(ctx, r.lease, r.run.ID, e); err != nil {
		return err
	}
	// who hears of it finds the record stored
	r.watch(advisor.Event{Type: advisor.EventEpoch, Phase: r.phase, Run: r.run.ID, Record: &e})
	return nil
}

// train does a run of its own, full or probe.
func (s Service) train(ctx context.Context, l advisor.Lease, watch advisor.Watcher) error {
	r, err := s.Store.Run(ctx, l.ID)
	if err != nil {
		return err
	}
	data, err := s.Datasets.Load(ctx, r.Dataset)
	if err != nil {
		return s.fail(ctx, l, r, fmt.Errorf("load data set %s: %w", r.Dataset, err))
	}
	t, err := s.begin(ctx, l, r, data, "train", 0, watch)
	if err != nil {
		return s.fail(ctx, l, r, err)
	}
	if err = t.trainTo(ctx, float64(r.StopAfter)); err == nil {
		err = t.finish(ctx)
	}
	if err != nil {
		err = s.fail(ctx, l, r, err)
	}
	if err := errors.Join(err, t.close()); err != nil {
		return fmt.Errorf("run %s: %w", r.ID, err)
	}
	watch(advisor.Event{Type: advisor.EventDone, State: advisor.Succeeded, Run: r.ID})
	return nil
}
