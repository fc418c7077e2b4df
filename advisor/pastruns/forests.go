package pastruns

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"golang.org/x/sync/singleflight"

	"probewise/advisor/features"
	"probewise/forest"
)

// Fitter does what takes seconds to minutes. In the program it is forest/childprocess.
type Fitter interface {
	Fit(ctx context.Context, t forest.Table, o forest.Options) (*forest.Model, error)
	// Score cross-validates a forest.
	Score(ctx context.Context, t forest.Table, o forest.Options, repeats int) (forest.Score, error)
	// Ablate compares forests with more and more columns.
	Ablate(ctx context.Context, t forest.Table, steps []forest.AblationStep,
		o forest.AblationOptions) ([]forest.AblationScore, error)
	// Relate relates columns to targets.
	Relate(ctx context.Context, t forest.Table) (forest.Related, error)
}

// Forests keeps what a Fitter found, in memory and in a folder. It is safe for concurrent use.
type Forests struct {
	Fitter Fitter
	// Folder keeps fitted models and their scores; "" keeps models in memory alone.
	Folder string
	// FolderBytes bounds the folder: what was used longest ago goes. 0: 512 MiB, some 250 forests.
	FolderBytes int64

	fits   singleflight.Group // by model
	mu     sync.Mutex
	models map[string]*forest.Model

	transferFits singleflight.Group // by transfer
	transfers    map[string]*forest.Transfer
}

// maxModels are kept in memory; the folder has them all.
const maxModels = 128

// Model returns the fitted forest, from memory, from the folder or by fitting it: once, however many ask at the same
// time. The forest has the named members alone (forest.Options.Only), or all where that is "".
func (f *Forests) Model(ctx context.Context, t forest.Table, members string) (*forest.Model, error) {
	name, o := hash(t)+members+".forest", forest.Options{Seed: 1, Only: members}
	for {
		f.mu.Lock()
		m, known := f.models[name]
		f.mu.Unlock()
		if known {
			return m, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx) // a fit would be begun for nothing
		}
		mine := false
		fit := f.fits.DoChan(name, func() (any, error) {
			mine = true
			return f.find(ctx, name, t, o)
		})
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case got := <-fit:
			if got.Err == nil {
				return got.Val.(*forest.Model), nil //nolint:forcetypeassert // of find
			}
			if mine || ctx.Err() != nil || !errors.Is(got.Err, errAbandoned) {
				return nil, got.Err
			} // the caller that had it fitted has gone: fit it for this one
		}
	}
}

// errAbandoned says that a fit ended with its caller's context.
var errAbandoned = errors.New("the fit was abandoned")

// find loads or fits a model and keeps it.
func (f *Forests) find(ctx context.Context, name string, t forest.Table, o forest.Options) (*forest.Model, error) {
	m, err := f.load(name)
	if err != nil {
		if m, err = f.Fitter.Fit(ctx, t, o); err != nil && ctx.Err() != nil {
			return nil, fmt.Errorf("%w: %w", errAbandoned, context.Cause(ctx))
		} else if err != nil {
			return nil, err
		}
		_ = f.save(name, m.Save) // a model that cannot be kept is fitted again
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.models == nil || len(f.models) >= maxModels {
		f.models = map[string]*forest.Model{}
	}
	f.models[name] = m
	return m, nil
}

// Transfer is what other data sets tell of a key after a probe of so many epochs, from memory, from the folder or by
// fitting it, which takes a second; nil where they have no runs of that.
func (f *Forests) Transfer(ctx context.Context, s *Snapshot, epochs float64) (*forest.Transfer, error) {
	sources, err := s.Elsewhere(ctx, epochs)
	if err != nil || len(sources) == 0 {
		return nil, err
	}
	name := "transfer"
	for _, source := range sources {
		name += source.Family + hash(source.Table)
	}
	sum := sha256.Sum256([]byte(name))
	name = hex.EncodeToString(sum[:]) + ".transfer"
	got, err, _ := f.transferFits.Do(name, func() (any, error) {
		f.mu.Lock()
		t, known := f.transfers[name]
		f.mu.Unlock()
		if known {
			return t, nil
		}
		t, err := f.loadTransfer(name)
		if err != nil {
			if t, err = forest.FitTransfer(context.WithoutCancel(ctx), sources, forest.Options{Seed: 1}); err != nil {
				return nil, err
			}
			_ = f.save(name, t.Save) // what cannot be kept is fitted again
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.transfers == nil || len(f.transfers) >= maxModels {
			f.transfers = map[string]*forest.Transfer{}
		}
		f.transfers[name] = t
		return t, nil
	})
	if err != nil {
		return nil, fmt.Errorf("fit what other data sets tell of %s: %w", s.Key, err)
	}
	return got.(*forest.Transfer), nil //nolint:forcetypeassert // of the function above
}

// Score cross-validates forests of the table, or reads what an earlier call found.
func (f *Forests) Score(ctx context.Context, t forest.Table, repeats int) (forest.Score, error) {
	return kept(f, fmt.Sprintf("%s-%d.score", scored(t), repeats), func() (forest.Score, error) {
		return f.Fitter.Score(ctx, t, forest.Options{Seed: 1}, repeats)
	})
}

// Ablate compares forests with more and more of the table's columns, or reads what an earlier call found with the same
// number of splits and architectures to fit on; the steps are those of the table.
func (f *Forests) Ablate(ctx context.Context, t forest.Table, steps []forest.AblationStep,
	o forest.AblationOptions) ([]forest.AblationScore, error) {
	name := fmt.Sprintf("%s-%d-%d.ablation", scored(t), o.Fit, o.Splits)
	return kept(f, name, func() ([]forest.AblationScore, error) { return f.Fitter.Ablate(ctx, t, steps, o) })
}

// Relate relates the table's columns to its targets, or reads what an earlier call found.
func (f *Forests) Relate(ctx context.Context, t forest.Table) (forest.Related, error) {
	return kept(f, scored(t)+".relations", func() (forest.Related, error) { return f.Fitter.Relate(ctx, t) })
}

// kept reads what an earlier call found, or finds it and keeps it under the name.
func kept[T any](f *Forests, name string, find func() (T, error)) (T, error) {
	var found T
	if data, err := f.read(name); err == nil && gob.NewDecoder(bytes.NewReader(data)).Decode(&found) == nil {
		return found, nil
	}
	found, err := find()
	if err == nil { // what cannot be kept is found again
		_ = f.save(name, func(w io.Writer) error { return gob.NewEncoder(w).Encode(found) })
	}
	return found, err
}

// scoreVersion is that of how tables are scored, related and ablated, and of the form in which that is kept: figures
// kept under another one are found again.
const scoreVersion = 4

// scored names a table's kept figures.
func scored(t forest.Table) string { return fmt.Sprintf("%s-%d", hash(t), scoreVersion) }

// hash names a table: the same runs and feature definitions give the same name.
func hash(t forest.Table) string {
	h := sha256.New()
	fmt.Fprintln(h, features.Version, forest.Version, t.Names, t.Linear, t.Current, t.Groups)
	write := func(row []float64) {
		for _, x := range row {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(x))
			h.Write(b[:])
		}
	}
	for _, row := range t.X {
		write(row)
	}
	write(t.Y)
	return hex.EncodeToString(h.Sum(nil))
}
