package service

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
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
	for _, r := range slices.Backward(runs) { // of those of one trial, the newest has been trained furthest
		b.earlier[trialKey{r.ArchitectureID, r.Seed}] = r
	}
	return b, err
}

// close gives up what is still open when a search ends early. The runs stay unfinished: they end with the advice.
func (b *lab) close() (err error) {
	for _, t := range b.open {
		err = errors.Join(err, t.close())
	}
	clear(b.open)
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
	tooLarge, err := b.trainBeside(ctx, trials)
	if err != nil {
		return err
	}
	for _, t := range trials {
		if !tooLarge[t] {
			continue
		}
		if err := b.trainAlone(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// trainBeside trains trials side by side, and says which of them the memory does not allow.
func (b *lab) trainBeside(ctx context.Context, trials []*search.Trial) (tooLarge map[*search.Trial]bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	side, threads := b.side(len(trials))
	next := make(chan *search.Trial)
	tooLarge = map[*search.Trial]bool{}
	var group sync.WaitGroup
	for range side {
		group.Go(func() {
			for t := range next {
				if err := b.train(ctx, t, threads); isTooLarge(err) {
					b.mu.Lock()
					tooLarge[t] = true
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
	return tooLarge, context.Cause(ctx)
}

func isTooLarge(err error) bool {
	var tooLarge *trainer.MemoryError
	return errors.As(err, &tooLarge)
}

// trainAlone ends all other trials first. Those that are trained on begin anew then, which the budget does not count:
// what is tried must not hang on which of them had the memory first.
func (b *lab) trainAlone(ctx context.Context, t *search.Trial) error {
	for other := range b.open {
		if err := b.end(ctx, other); err != nil {
			return err
		}
	}
	err := b.train(ctx, t, 0)
	if isTooLarge(err) {
		t.TooLarge = true
		return nil
	}
	return err
}

// train takes a trial to its moment. A *trainer.MemoryError says that its run failed for the memory.
func (b *lab) train(ctx context.Context, t *search.Trial, threads int) error {
	if kept, err := b.kept(ctx, t); kept || err != nil {
		return err
	}
	training, err := b.session(ctx, t, threads)
	if err == nil {
		err = training.trainTo(ctx, t.Moment)
	}
	if isTooLarge(err) { // a device may refuse memory that is asked for late, too
		return b.refused(ctx, t, err)
	} else if err != nil {
		return err
	}
	t.Result = training.result
	t.Result.Epochs = b.probe.StopAfter
	return nil
}

// refused fails the run of a trial that the memory does not allow.
func (b *lab) refused(ctx context.Context, t *search.Trial, tooLarge error) error {
	b.mu.Lock()
	open := b.open[t]
	delete(b.open, t)
	b.mu.Unlock()
	if open != nil {
		if err := open.close(); err != nil {
			return fmt.Errorf("end a trial that takes too much memory: %w", err)
		}
	}
	if err := b.Store.FinishRun(ctx, b.lease, t.Run, advisor.Failed, nil, tooLarge.Error()); err != nil {
		return err
	}
	return tooLarge
}

// kept fills in what an earlier attempt has trained at least to the moment.
func (b *lab) kept(ctx context.Context, t *search.Trial) (bool, error) {
	r, there := b.earlier[trialKey{t.Architecture.ID(), t.Seed}]
	if !there || r.Outcome == nil {
		return false, nil
	}
	records, err := b.Store.Records(ctx, r.ID)
	if err != nil {
		return false, fmt.Errorf("read what an earlier attempt has trained: %w", err)
	}
	if len(records) == 0 || records[len(records)-1].Epoch < t.Moment && !r.Outcome.Diverged {
		return false, nil
	}
	t.Run = r.ID
	t.Result = advisor.ProbeResult{
		Architecture: t.Architecture,
		Epochs:       b.probe.StopAfter,
		Records:      records,
		Outcome:      *r.Outcome,
	}
	return true, nil
}

// session returns the trial's open session, or begins one, as a run of its own.
func (b *lab) session(ctx context.Context, t *search.Trial, threads int) (*training, error) {
	b.mu.Lock()
	open := b.open[t]
	b.mu.Unlock()
	if open != nil {
		return open, nil
	}
	r := b.runOf(t)
	if err := b.Store.AddChildRun(ctx, b.lease, r); err != nil {
		return nil, err
	}
	t.Run = r.ID
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
		if err := b.end(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// end finishes the run of a trial, as far as it was trained.
func (b *lab) end(ctx context.Context, t *search.Trial) error {
	open := b.open[t]
	if open == nil {
		return nil
	}
	delete(b.open, t)
	return errors.Join(open.finish(ctx), open.close())
}
