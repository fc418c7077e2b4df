package corpus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"probewise/advisor"
	"probewise/trainer"
)

// Plan says which runs to make: those of numbers 0 to Runs−1 of the seed's sequence, trained in full.
type Plan struct {
	Data    *trainer.Dataset
	Budget  trainer.Budget
	Runs    int   // numbers of the sequence: one run each, or a base with its edits
	Numbers []int // of the sequence, in place of the first Runs of it
	Seed    uint64
	Jobs    int    // runs at a time
	Threads int    // of a run, at most; 0: all
	File    string // the shard
	Version string // of the program
	Space   Space
	// Draw lists what is trained for a number of the sequence; nil: the architecture that Sample draws. DrawPairs is
	// another one. Base is what the shard holds as edit 0 of that number; nil: nothing.
	Draw func(s Space, seed uint64, index int, base *trainer.Architecture) ([]Draft, error)
}

// Draft is an architecture that is to be trained.
type Draft struct {
	Edit         int      // 0: a sampled architecture; from 1: an edit of it, or it with another seed
	Settings     []string // of knobs, that the edit consists of
	Architecture trainer.Architecture
}

// drawOne draws the sampled architecture alone.
func drawOne(s Space, seed uint64, index int, _ *trainer.Architecture) ([]Draft, error) {
	a, err := Sample(s, seed, index)
	return []Draft{{Architecture: a}}, err
}

// DrawRepeats draws the sampled architecture with so many seeds: what the seed alone does is learnt from them.
func DrawRepeats(seeds int) func(Space, uint64, int, *trainer.Architecture) ([]Draft, error) {
	return func(s Space, seed uint64, index int, _ *trainer.Architecture) ([]Draft, error) {
		a, err := Sample(s, seed, index)
		if err != nil {
			return nil, err
		}
		drafts := make([]Draft, seeds)
		for i := range drafts {
			again := a.Clone()
			again.Training.Seed += uint64(i) * anotherSeed
			drafts[i] = Draft{Edit: i, Architecture: again}
		}
		return drafts, nil
	}
}

// anotherSeed is far above the seeds of the sequence, which are indices from 1.
const anotherSeed = 1 << 20

// job is a draft of the plan.
type job struct {
	index int
	Draft
}

// Progress tells how far a build is. Done counts the runs in the shard.
type Progress struct {
	Done, Runs int
	Index      int // of the run that has just moved
	Training   trainer.Progress
	Finished   *Entry // the run that has just been stored
}

// Trainer starts training sessions.
type Trainer interface {
	Start(ctx context.Context, s trainer.Spec) (trainer.Session, error)
}

// Build trains the runs of the plan that the shard does not hold, and appends each as it finishes. Stopping and
// starting again loses at most the runs in hand.
func Build(ctx context.Context, t Trainer, p Plan, watch func(Progress)) error {
	if err := Repair(p.File); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.File), 0o755); err != nil {
		return fmt.Errorf("make the shard's folder: %w", err)
	}
	if p.Draw == nil {
		p.Draw = drawOne
	}
	b := builder{Plan: p, trainer: t, watch: watch}
	missing, err := b.missing()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan job)
	var group sync.WaitGroup
	for range max(p.Jobs, 1) {
		group.Go(func() {
			for j := range next {
				if err := b.run(ctx, j); err != nil {
					cancel(fmt.Errorf("run %d: %w", j.index, err))
				}
			}
		})
	}
	for _, j := range missing {
		select {
		case next <- j:
		case <-ctx.Done():
		}
	}
	close(next)
	group.Wait()
	return context.Cause(ctx)
}

// NextIndex is the index after the last run of the seed's sequence that the shard holds; 0 where it holds none or is
// not there.
func NextIndex(file string, seed uint64) (int, error) {
	if err := Repair(file); err != nil {
		return 0, err
	}
	entries, err := readIfThere(file)
	next := 0
	for _, e := range entries {
		if e.Seed == seed {
			next = max(next, e.Index+1)
		}
	}
	return next, err
}

// Held is how many numbers of the seed's sequence the shard holds runs of.
func Held(file string, seed uint64) (int, error) {
	entries, err := readIfThere(file)
	numbers := map[int]bool{}
	for _, e := range entries {
		if e.Seed == seed {
			numbers[e.Index] = true
		}
	}
	return len(numbers), err
}

// readIfThere reads the runs of a shard that need not be there.
func readIfThere(file string) ([]Entry, error) {
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the shard: %w", err)
	}
	entries, _, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("read the shard %s: %w", file, err)
	}
	return entries, nil
}

type builder struct {
	Plan
	trainer Trainer

	mu    sync.Mutex // of the shard and the watcher
	done  int
	total int
	watch func(Progress)
}

// missing lists the runs that the shard does not hold. Edits that it holds may be other ones than those drawn now: the
// catalogue of knobs grows.
func (b *builder) missing() ([]job, error) {
	have := map[[2]int]Entry{}
	entries, err := readIfThere(b.File)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Seed == b.Seed {
			have[[2]int{e.Index, e.Edit}] = e
		}
	}
	var missing []job
	for _, i := range b.numbers() {
		var base *trainer.Architecture
		if e, there := have[[2]int{i, 0}]; there {
			base = &e.Architecture
		}
		drafts, err := b.Draw(b.Space, b.Seed, i, base)
		if err != nil {
			return nil, err
		}
		for _, d := range drafts {
			e, done := have[[2]int{i, d.Edit}]
			switch {
			case !done:
				missing = append(missing, job{i, d})
			case e.DatasetID != b.Data.ID || d.Edit == 0 && d.Architecture.ID() != e.Architecture.ID():
				return nil, fmt.Errorf("shard %s: run %d was made with other settings or images; use another seed or folder",
					b.File, i)
			default:
				b.done++
			}
		}
	}
	b.total = b.done + len(missing)
	return missing, nil
}

// numbers are those of the sequence that are trained.
func (p Plan) numbers() []int {
	if p.Numbers != nil {
		return p.Numbers
	}
	all := make([]int, p.Runs)
	for i := range all {
		all[i] = i
	}
	return all
}

func (b *builder) run(ctx context.Context, j job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	a := j.Architecture
	session, err := b.trainer.Start(ctx,
		trainer.Spec{Architecture: a, Data: b.Data, Budget: b.Budget, Seed: a.Training.Seed, Threads: b.Threads})
	if err != nil {
		return err
	}
	o := &observer{builder: b, index: j.index}
	outcome, err := session.TrainTo(ctx, float64(b.Budget.Epochs), o)
	if err := errors.Join(err, session.Close()); err != nil {
		return err
	}
	e := Entry{
		Seed:     b.Seed,
		Index:    j.index,
		Edit:     j.Edit,
		Settings: j.Settings,
		PastRun: advisor.PastRun{
			Key:          advisor.Key{Dataset: b.Data.Name, Images: b.Budget.Images, Epochs: b.Budget.Epochs},
			DatasetID:    b.Data.ID,
			Architecture: a,
			Seed:         a.Training.Seed,
			Version:      b.Version,
			Outcome:      outcome,
			Records:      o.records,
		},
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := Append(b.File, e); err != nil {
		return err
	}
	b.done++
	b.watch(Progress{Done: b.done, Runs: b.total, Index: j.index, Finished: &e})
	return nil
}

// observer keeps a run's records and passes its progress on.
type observer struct {
	*builder
	index   int
	records []trainer.EpochRecord
}

// Progress implements trainer.Observer.
func (o *observer) Progress(p trainer.Progress) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.watch(Progress{Done: o.done, Runs: o.total, Index: o.index, Training: p})
}

// Record implements trainer.Observer.
func (o *observer) Record(_ context.Context, r trainer.EpochRecord) error {
	o.records = append(o.records, r)
	return nil
}
