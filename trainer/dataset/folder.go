package dataset

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"probewise/trainer"
)

// readImageFolder decodes PART/CLASS/FILE or CLASS/FILE on all cores. The first image says how large all must be, and
// whether they are gray or colour.
func readImageFolder(ctx context.Context, t *tree, o Options,
	progress func(done, total int64)) (*trainer.Dataset, string, *Preparation, error) {
	a, err := t.album(o)
	if err != nil {
		return nil, "", nil, err
	}
	pictures, train := a.pictures, a.train
	shape, err := pictures[0].shape()
	if err != nil {
		return nil, "", nil, err
	}
	test := len(pictures) - train
	if err := checkShape(train, test, shape.channels, shape.height, shape.width, len(a.classes)); err != nil {
		return nil, "", nil, &InputError{t.source, err.Error()}
	}
	d := &trainer.Dataset{Height: shape.height, Width: shape.width, Channels: shape.channels, Classes: a.classes}
	d.Train = trainer.Images{Pixels: make([]byte, train*d.ImageSize()), Labels: make([]uint16, train)}
	d.Test = trainer.Images{Pixels: make([]byte, test*d.ImageSize()), Labels: make([]uint16, test)}
	err = decodeAll(ctx, len(pictures), progress, func(i int, scratch *decoder) error {
		p, to := pictures[i], d.Train
		if p.test {
			to, i = d.Test, i-train
		}
		to.Labels[i] = uint16(p.class)
		return scratch.decode(p, shape, pictures[0].name, to.Pixels[i*d.ImageSize():(i+1)*d.ImageSize()])
	})
	if err != nil {
		return nil, "", nil, err
	}
	return d, folderFormat(pictures), a.prep, nil
}

// decodeAll calls decode for 0 … n-1 on all cores, each with scratch space of its own. It stops at the first error, and
// returns that of the lowest number, whatever the order in which they came.
func decodeAll(ctx context.Context, n int, progress func(done, total int64),
	decode func(i int, scratch *decoder) error) error {
	const every = 64 // images between two reports
	var (
		next    atomic.Int64
		stop    atomic.Bool
		mu      sync.Mutex
		done    int64
		failed  = n
		failure error
		workers sync.WaitGroup
	)
	fail := func(i int, err error) {
		stop.Store(true)
		mu.Lock()
		defer mu.Unlock()
		if i < failed {
			failed, failure = i, err
		}
	}
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			var scratch decoder
			for !stop.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := context.Cause(ctx); err != nil {
					fail(i, err)
					return
				}
				if err := decode(i, &scratch); err != nil {
					fail(i, err)
					return
				}
				mu.Lock()
				if done++; done%every == 0 || done == int64(n) {
					progress(done, int64(n))
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return failure
}
