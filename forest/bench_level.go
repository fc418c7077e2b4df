package forest

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// LevelBench asks how well a key is predicted from few runs of its own.
type LevelBench struct {
	Own     int // architectures of its own; the runs of the others are predicted
	Repeats int // random draws of them
	Seed    int64
}

// LevelScore compares a level with the line of two numbers that needs no other key: the mean over the repeats.
type LevelScore struct {
	Own         int
	Level, Line Score
}

// BenchLevel scores predictions of the key's runs; transfer, which must not know the key's data set, may be nil.
func BenchLevel(t Table, transfer *Transfer, b LevelBench, o Options) (LevelScore, error) {
	groups := t.groupCount()
	if b.Repeats < 1 {
		return LevelScore{}, fmt.Errorf("%w: %d draws, want at least 1", ErrBadOptions, b.Repeats)
	}
	if b.Own < 0 || groups-b.Own < minGroups {
		return LevelScore{}, fmt.Errorf("%w: %d own architectures of %d leave fewer than %d to predict", ErrBadOptions,
			b.Own, groups, minGroups)
	}
	total := LevelScore{Own: b.Own}
	group := t.groupIndex()
	for r := range b.Repeats {
		drawn := rand.New(rand.NewPCG(uint64(b.Seed)+uint64(r), benchStream)).Perm(groups)[:b.Own]
		var own, rest []int
		for i, g := range group {
			if slices.Contains(drawn, g) {
				own = append(own, i)
			} else {
				rest = append(rest, i)
			}
		}
		for _, of := range []struct {
			transfer *Transfer
			score    *Score
		}{{transfer, &total.Level}, {nil, &total.Line}} {
			once, err := scoreLevel(t, own, rest, of.transfer, o)
			if err != nil {
				return total, fmt.Errorf("draw %d: %w", r, err)
			}
			of.score.Runs, of.score.Repeats = len(rest), b.Repeats
			of.score.add(once, r == 0)
		}
	}
	total.Level.mean()
	total.Line.mean()
	return total, nil
}

func scoreLevel(t Table, own, rest []int, transfer *Transfer, o Options) (Score, error) {
	picked := t.pick(own)
	l, err := FitLevel(picked, nil, transfer, o)
	if err != nil {
		return Score{}, err
	}
	held := t.pick(rest)
	predictions := make([]Prediction, len(rest))
	for i, x := range held.X {
		if predictions[i], err = l.Predict(x); err != nil {
			return Score{}, err
		}
	}
	return measure(held.Y, predictions), nil
}
