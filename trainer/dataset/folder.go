package dataset

import (
	"context"
	"crypto/sha256"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"probewise/trainer"
)

// decode reads all pictures on all cores, after it has looked at all headers: they say which size and how many channels
// the data set has.
func (a *album) decode(ctx context.Context, source string, o Options,
	progress func(done, total int64)) (*trainer.Dataset, error) {
	a.found = len(a.pictures)
	known := a.takeBroken() // rows
	if err := a.headers(ctx); err != nil {
		return nil, err
	}
	if len(known) > o.SkipBroken {
		return nil, a.allBroken(ctx)
	}
	if err := a.divide(o); err != nil {
		return nil, a.withBroken(err)
	}
	if err := a.sizes(source, &o); err != nil {
		broken := a.allBroken(ctx)
		if len(a.broken) <= o.SkipBroken {
			return nil, err
		}
		if _, listed := errors.AsType[*BrokenError](broken); !listed {
			return nil, broken
		}
		return nil, a.withBroken(err)
	}
	taken := a.takeBroken()
	if len(a.broken) > o.SkipBroken {
		return nil, a.allBroken(ctx)
	}
	if err := a.divideAgain(o, taken); err != nil {
		return nil, err
	}
	d := &trainer.Dataset{Height: o.Height, Width: o.Width, Channels: a.channels(), Classes: a.classes}
	test := len(a.pictures) - a.train
	if err := checkShape(a.train, test, d.Channels, d.Height, d.Width, len(d.Classes)); err != nil {
		return nil, &InputError{source, err.Error()}
	}
	size := d.ImageSize()
	pixels := make([]byte, len(a.pictures)*size)
	err := weighed(ctx, len(a.pictures), progress, a.pixels, func(i int, scratch *decoder) error {
		p, to := &a.pictures[i], pixels[i*size:(i+1)*size]
		if err := scratch.decode(p, d.Height, d.Width, d.Channels, o.Fit, to); err != nil {
			return err
		}
		p.hash = sha256.Sum256(to)
		return nil
	})
	if err != nil {
		return nil, err
	}
	pixels = a.compact(pixels, size, func(p picture) bool { return p.problem == "" })
	if taken := a.takeBroken(); len(taken) > 0 {
		if len(a.broken) > o.SkipBroken {
			return nil, &BrokenError{a.broken, a.found, nil}
		}
		if err := a.divideAgain(o, taken); err != nil {
			return nil, err
		}
		a.rearrange(pixels, size)
	}
	for _, f := range a.broken {
		a.prep.Broken = append(a.prep.Broken, f.Error())
	}
	if pixels, err = a.dropDuplicates(pixels, size, o); err != nil {
		return nil, err
	}
	a.describe(d, o)
	return a.dataset(d, pixels), nil
}

// dataset puts the pixels of all pictures into d.
func (a *album) dataset(d *trainer.Dataset, pixels []byte) *trainer.Dataset {
	size := d.ImageSize()
	d.Train = trainer.Images{Pixels: pixels[: a.train*size : a.train*size], Labels: make([]uint16, a.train)}
	d.Test = trainer.Images{Pixels: pixels[a.train*size:], Labels: make([]uint16, len(a.pictures)-a.train)}
	for i, p := range a.pictures {
		labels, at := d.Train.Labels, i
		if p.test {
			labels, at = d.Test.Labels, i-a.train
		}
		labels[at] = uint16(p.class)
	}
	return d
}

// decodeAll calls decode for 0 … n-1 on all cores, each with scratch space of its own. It stops at the first error, and
// returns that of the lowest number, whatever the order in which they came.
func decodeAll(ctx context.Context, n int, progress func(done, total int64),
	decode func(i int, scratch *decoder) error) error {
	return weighed(ctx, n, progress, func(int) int64 { return 0 }, decode)
}

// weighed is decodeAll where images together have at most MaxPixels at any time: large ones take their turns.
func weighed(ctx context.Context, n int, progress func(done, total int64), pixels func(i int) int64,
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
		room    = semaphore.NewWeighted(MaxPixels)
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
				if err := decodeIn(ctx, room, pixels(i), i, &scratch, decode); err != nil {
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

func decodeIn(ctx context.Context, room *semaphore.Weighted, pixels int64, i int, scratch *decoder,
	decode func(i int, scratch *decoder) error) error {
	if err := room.Acquire(ctx, pixels); err != nil {
		return context.Cause(ctx)
	}
	defer room.Release(pixels)
	return decode(i, scratch)
}

// pixels that a picture has before it is scaled.
func (a *album) pixels(i int) int64 {
	h := a.pictures[i].header
	return int64(h.height) * int64(h.width)
}
