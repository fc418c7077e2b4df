package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"probewise/advisor/figure"
	"probewise/advisor/pastruns"
	"probewise/advisor/report"
	"probewise/forest"
)

// levelResult is how well runs are predicted from few of their own.
type levelResult struct {
	Epochs float64      `json:"epochs"`
	Own    int          `json:"own"`
	Level  levelFigures `json:"level"`
	Line   levelFigures `json:"line"` // the same without any other data set
}

type levelFigures struct {
	R2         float64    `json:"r2"`
	Tau        float64    `json:"tau"`
	MAE        float64    `json:"mae"`
	Coverage80 float64    `json:"coverage80"`
	Width80    float64    `json:"width80"`
	Quarters   [4]float64 `json:"coverage80_by_quarter"` // of the prediction, the lowest first
}

func figuresOf(s forest.Score) levelFigures {
	f := levelFigures{R2: s.R2, Tau: s.Tau, MAE: s.MAE, Coverage80: s.Coverage, Width80: s.Width}
	for i, q := range s.Quarters {
		f.Quarters[i] = q.Coverage
	}
	return f
}

// levelCurves predicts the runs of a file from few of them, with the runs of other files as other data sets.
func (a *app) levelCurves(ctx context.Context, names []string, b benchFlags) error {
	var all []forest.Curves
	for _, name := range names {
		curves, err := readCurves(name)
		if err != nil {
			return err
		}
		all = append(all, curves)
	}
	forest.CommonColumns(all)
	return a.levelBench(b, func(epochs float64) (forest.Table, *forest.Transfer, error) {
		var tables []forest.Source
		for i, curves := range all {
			n, err := wholeEpochs(epochs)
			if err != nil {
				return forest.Table{}, nil, err
			}
			t, err := curves.Table(n)
			if err != nil {
				return forest.Table{}, nil, fmt.Errorf("%s: %w", names[i], err)
			}
			tables = append(tables, forest.Source{Table: t, Family: names[i]})
		}
		if len(tables) == 1 {
			return tables[0].Table, nil, nil
		}
		transfer, err := forest.FitTransfer(ctx, tables[1:], forest.Options{Seed: b.Seed})
		return tables[0].Table, transfer, err
	})
}

// levelPastRuns predicts the past runs of a data set from few of them and those of the other data sets.
func (a *app) levelPastRuns(ctx context.Context, b benchFlags) error {
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }()
	key, found, err := pastruns.Largest(ctx, s.past, b.dataset)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if !found {
		return &exitError{exitUnevaluated, noPastRuns(b.dataset)}
	}
	snapshot, err := pastruns.Read(ctx, s.past, key)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	return a.levelBench(b, func(epochs float64) (forest.Table, *forest.Transfer, error) {
		transfer, err := s.predictor.Forests.Transfer(ctx, snapshot, epochs)
		return snapshot.Rows(epochs), transfer, err
	})
}

// checkOwn refuses numbers of own runs that cannot be.
func checkOwn(own []int) error {
	for _, n := range own {
		if n < 0 {
			return fmt.Errorf("--own %d: a number of runs from 0", n)
		}
	}
	return nil
}

func (a *app) levelBench(b benchFlags, tables func(epochs float64) (forest.Table, *forest.Transfer, error)) error {
	var scores []report.LevelScore
	for _, epochs := range b.epochs {
		t, transfer, err := tables(epochs)
		if err != nil {
			return &exitError{exitUnevaluated, err}
		}
		for _, own := range b.own {
			s, err := forest.BenchLevel(t, transfer, forest.LevelBench{Own: own, Repeats: b.Repeats, Seed: b.Seed},
				forest.Options{})
			if err != nil {
				return &exitError{exitUnevaluated, fmt.Errorf("predict from %s: %w", figure.Counted(own, "own run"), err)}
			}
			scores = append(scores, report.LevelScore{Epochs: epochs, LevelScore: s})
		}
	}
	if !a.JSON {
		return report.Levels(a.out, scores, b.Repeats)
	}
	results := make([]levelResult, len(scores))
	for i, s := range scores {
		results[i] = levelResult{s.Epochs, s.Own, figuresOf(s.Level), figuresOf(s.Line)}
	}
	return a.printJSON(map[string]any{"results": results})
}

func readCurves(name string) (forest.Curves, error) {
	f, err := os.Open(name)
	if err != nil {
		return forest.Curves{}, err
	}
	curves, err := forest.ReadCurves(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return forest.Curves{}, fmt.Errorf("%s: %w", name, err)
	}
	return curves, nil
}
