package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"

	"probewise/advisor/features"
	"probewise/advisor/pastruns"
	"probewise/forest"
	"probewise/trainer"
)

// HyperparameterTable relates what is known before training to the statistics of the past runs at one moment: the
// second step of Salit's paper.
type HyperparameterTable struct {
	Dataset    string           `json:"dataset"`
	Images     int              `json:"images"`
	Epochs     int              `json:"epochs"`
	PastRuns   int              `json:"past_runs"`
	Probe      *float64         `json:"probe" doc:"epochs into the run; null: at its end"`
	Form       features.Form    `json:"form" doc:"of the statistics over the epochs up to then"`
	Position   trainer.LayerSet `json:"position"`
	Statistics []StatisticTable `json:"statistics" nullable:"false"`
	Reason     string           `json:"reason,omitempty" doc:"why there are no figures"`
}

// StatisticTable relates all hyperparameters to one statistic.
type StatisticTable struct {
	Statistic       string     `json:"statistic"`
	Runs            int        `json:"runs"`
	Linear          Fit        `json:"linear"`
	Forest          Fit        `json:"forest"`
	Hyperparameters []Relation `json:"hyperparameters"`
}

// Hyperparameters relates hyperparameters to each statistic of the layers at a position. It takes half a minute, unless
// the same past runs were related before.
func (a *Analyst) Hyperparameters(ctx context.Context, q StatisticsQuery,
	position trainer.LayerSet) (HyperparameterTable, error) {
	t := HyperparameterTable{
		Dataset:    q.Dataset,
		Probe:      q.Probe,
		Form:       q.form(),
		Position:   position,
		Statistics: []StatisticTable{},
	}
	s, found, err := a.snapshot(ctx, q)
	if err != nil {
		return t, err
	}
	if !found {
		t.Reason = "no past runs"
		return t, nil
	}
	t.Images, t.Epochs, t.PastRuns = s.Key.Images, s.Key.Epochs, len(s.Runs)
	var left leftOut
	for _, statistic := range features.Statistics() {
		table := hyperparameterTable(s, statistic, position, q)
		related, err := a.Forests.Relate(ctx, table)
		switch {
		case tooLittle(err):
			left.add(statistic.Feature, err)
			continue
		case err != nil:
			return t, fmt.Errorf("relate the hyperparameters to %s: %w", statistic.Feature, err)
		}
		fits := fitsOf(related)
		t.Statistics = append(t.Statistics,
			StatisticTable{statistic.Feature, len(table.Y), fits[0], fits[1], relations(related)})
	}
	t.Reason = left.String()
	return t, nil
}

// hyperparameterTable is the table of the runs that have the statistic.
func hyperparameterTable(s *pastruns.Snapshot, statistic *trainer.Statistic, position trainer.LayerSet,
	q StatisticsQuery) forest.Table {
	var t forest.Table
	for i, r := range s.Runs {
		records, known := recordsUntil(r, q.Probe)
		y := features.Aggregate(records, statistic, position, q.form())
		if !known || math.IsNaN(y) {
			continue
		}
		v := features.Architecture(r.Architecture)
		t.Names, t.X, t.Y, t.Groups = v.Names, append(t.X, v.Values), append(t.Y, y), append(t.Groups, s.Groups[i])
	}
	t.Linear = slices.Repeat([]bool{false}, len(t.Names))
	return t
}
