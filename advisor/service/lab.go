package service

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"probewise/advisor"
	"probewise/advisor/search"
	"probewise/trainer"
)

// lab trains what a search tries, as runs that serve the advice. Runs that an earlier attempt finished are not trained
// again.
type lab struct {
	Service
	lease   advisor.Lease
	probe   advisor.Run
	data    *trainer.Dataset
	watch   advisor.Watcher
	phase   string
	earlier map[trialKey]advisor.Run // finished runs of an earlier attempt

	mu   sync.Mutex // of what follows, and of the watcher
	open map[*search.Trial]*training
}

// trialKey tells the runs of one advice apart.
type trialKey struct {
	architecture string
	seed         uint64
}

// newLab looks up what an earlier attempt at the advice has finished.
func (s Service) newLab(ctx context.Context, l advisor.Lease, probe advisor.Run, watch advisor.Watcher) (*lab, error) {
	data, err := s.Datasets.Load(ctx, probe.Dataset)
	if err != nil {
		return nil, fmt.Errorf("load data set %s: %w", probe.Dataset, err)
	}
	b := &lab{
		Service: s,
		lease:   l,
		probe:   probe,
		data:    data,
		phase:   "search",
		earlier: map[trialKey]advisor.Run{},
		open:    map[*search.Trial]*training{},
	}
	b.watch = func(e advisor.Event) {
		b.mu.Lock()
		defer b.mu.Unlock()
		watch(e)
	}
	runs, err := s.Store.ListRuns(ctx, advisor.RunFilter{Advice: probe.Advice, State: advisor.Succeeded})
	for _, r := range runs {
		b.earlier[trialKey{r.ArchitectureID, r.Seed}] = r
	}
	return b, err
}

// close ends what is still open when a search ends early.
func (b *lab) close() (err error) {
	for _, t := range b.open {
		err = errors.Join(err, t.close())
	}
	return err
}

// side is how many trainings stand side by side: as many as the processor has cores, each on one, is faster than one
// after the other on all of them; on a GPU they would share one device.
func (b *lab) side(trials int) (side, threads int) {
	most := b.SideBySide
	if most == 0 {
		most = runtime.GOMAXPROCS(0)
	}
	side = max(min(most, trials), 1)
	return side, max(runtime.GOMAXPROCS(0)/side, 1)
}

// Train implements search.Lab. What does not fit into the memory beside the others is tried again alone.
func (b *lab) Train(ctx context.Context, trials []*search.Trial) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	side, threads := b.side(len(trials))
	next := make(chan *search.Trial)
	var group sync.WaitGroup
	var alone []*search.Trial
	for range side {
		group.Go(func() {
			for t := range next {
				if err := b.train(ctx, t, threads); isTooLarge(err) {
					b.mu.Lock()
					alone = append(alone, t)
					b.mu.Unlock()
				} else if err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, t := range trials {
		select {
		case next <- t:
		case <-ctx.Done():
		}
	}
	close(next)
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for _, t := range alone {
		if err := b.trainAlone(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func isTooLarge(err error) bool {
	var tooLarge *trainer.MemoryError
	return errors.As(err, &tooLarge)
}

// trainAlone closes the sessions of all other trials, which begin anew when they are trained on.
func (b *lab) trainAlone(ctx context.Context, t *search.Trial) error {
	for other, open := range b.open {
		delete(b.open, other)
		if err := open.close(); err != nil {
			return err
		}
	}
	err := b.train(ctx, t, 0)
	if !isTooLarge(err) {
		return err
	}
	t.TooLarge = true
	return b.Store.FinishRun(ctx, b.lease, t.Run, advisor.Failed, nil, err.Error())
}

// train takes a trial to its moment.
func (b *lab) train(ctx context.Context, t *search.Trial, threads int) error {
	if b.kept(ctx, t) {
		return nil
	}
	training, err := b.session(ctx, t, threads)
	if err == nil {
		err = training.trainTo(ctx, t.Moment)
	}
	if err != nil {
		if isTooLarge(err) && training != nil { // a device may refuse memory that is asked for late
			b.mu.Lock()
			delete(b.open, t)
			b.mu.Unlock()
			err = errors.Join(err, training.close())
		}
		return err
	}
	t.Result = training.result
	t.Result.Epochs = b.probe.StopAfter
	return nil
}

// kept fills in what an earlier attempt has trained at least to the moment.
func (b *lab) kept(ctx context.Context, t *search.Trial) bool {
	r, there := b.earlier[trialKey{t.Architecture.ID(), t.Seed}]
	if !there || r.Outcome == nil {
		return false
	}
	records, err := b.Store.Records(ctx, r.ID)
	if err != nil || len(records) == 0 || records[len(records)-1].Epoch < t.Moment && !r.Outcome.Diverged {
		return false
	}
	t.Run = r.ID
	t.Result = advisor.ProbeResult{
		Architecture: t.Architecture,
		Epochs:       b.probe.StopAfter,
		Records:      records,
		Outcome:      *r.Outcome,
	}
	return true
}

// session returns the trial's open session, or begins one.
func (b *lab) session(ctx context.Context, t *search.Trial, threads int) (*training, error) {
	b.mu.Lock()
	open := b.open[t]
	b.mu.Unlock()
	if open != nil {
		return open, nil
	}
	r := b.runOf(t)
	if t.Run == "" {
		t.Run = r.ID
		if err := b.Store.AddChildRun(ctx, b.lease, r); err != nil {
			return nil, err
		}
	} else {
		r.ID = t.Run
		if err := b.Store.StartRun(ctx, b.lease, r.ID); err != nil {
			return nil, err
		}
	}
	open, err := b.begin(ctx, b.lease, r, b.data, b.phase, threads, b.watch)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open[t] = open
	return open, nil
}

func (b *lab) runOf(t *search.Trial) advisor.Run {
	r := b.probe
	started := now()
	r.ID, r.State, r.Outcome, r.Error = newID(), advisor.Running, nil, ""
	r.Architecture, r.ArchitectureID, r.Seed = t.Architecture, t.Architecture.ID(), t.Seed
	r.Created, r.Started, r.Finished, r.Version = started, &started, nil, b.Version
	return r
}

// Drop implements search.Lab.
func (b *lab) Drop(ctx context.Context, trials []*search.Trial) error {
	for _, t := range trials {
		open := b.open[t]
		if open == nil {
			continue
		}
		delete(b.open, t)
		if err := errors.Join(open.finish(ctx), open.close()); err != nil {
			return err
		}
	}
	return nil
}
