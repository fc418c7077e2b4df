package analysis

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/advisor/pastruns"
	"probewise/forest"
	"probewise/trainer"
)

// A Target is an accuracy that statistics are related to.
type Target string

// The targets.
const (
	Test       Target = "test"
	Validation Target = "validation"
	Train      Target = "train"
)

// Targets lists them.
func Targets() []Target { return []Target{Test, Validation, Train} }

// StatisticsTable relates the past runs' statistics, as they stand at one moment, to their final accuracy by four
// methods.
type StatisticsTable struct {
	Dataset   string          `json:"dataset"`
	Images    int             `json:"images"`
	Epochs    int             `json:"epochs"`
	PastRuns  int             `json:"past_runs"`
	Probe     *float64        `json:"probe" doc:"epochs into the run; null: at its end"`
	Form      features.Form   `json:"form" doc:"of the statistics over the epochs up to then"`
	Target    Target          `json:"target"`
	Positions []PositionTable `json:"positions" nullable:"false"`
	Reason    string          `json:"reason,omitempty" doc:"why there are no figures"`
}

// PositionTable is that of the layers at one position.
type PositionTable struct {
	Position   trainer.LayerSet `json:"position"`
	Runs       int              `json:"runs" doc:"that have layers there"`
	Linear     Fit              `json:"linear"`
	Forest     Fit              `json:"forest"`
	Statistics []Relation       `json:"statistics"`
}

// Fit is R² of a model on all statistics. In-sample it says nothing about other runs.
type Fit struct {
	InSample float64 `json:"in_sample_r2"`
	HeldOut  float64 `json:"held_out_r2"`
}

// Relation is one statistic, by four methods; see forest.Relation.
type Relation struct {
	Name          string         `json:"name"`
	Correlation   trainer.Number `json:"correlation"`
	Beta          trainer.Number `json:"beta"`
	Coefficient   trainer.Number `json:"coefficient"`
	StandardError trainer.Number `json:"standard_error"`
	PValue        trainer.Number `json:"p_value"`
	Importance    trainer.Number `json:"importance"`
	Spread        trainer.Number `json:"importance_spread"`
	Hits          int            `json:"boruta_hits" doc:"of 20"`
	Confirmed     bool           `json:"confirmed" doc:"by Boruta, with at least 15 hits"`
	Reason        string         `json:"reason,omitempty"`
}

// StatisticsQuery picks a table.
type StatisticsQuery struct {
	Dataset string
	Probe   *float64      // epochs into the run; nil: at its end
	Target  Target        // test if empty
	Form    features.Form // of the statistics over time; their level if empty
	Runs    int           // the first so many past runs; all if 0
}

func (q StatisticsQuery) form() features.Form { return cmp.Or(q.Form, features.Level) }

// Statistics relates statistics to accuracy for the data set's key with the most past runs. It takes seconds, unless
// the same past runs were related before.
func (a *Analyst) Statistics(ctx context.Context, q StatisticsQuery) (StatisticsTable, error) {
	if q.Target == "" {
		q.Target = Test
	}
	t := StatisticsTable{
		Dataset:   q.Dataset,
		Probe:     q.Probe,
		Form:      q.form(),
		Target:    q.Target,
		Positions: []PositionTable{},
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
	for _, position := range trainer.LayerSets() {
		table := statisticsTable(s, position, q)
		related, err := a.Forests.Relate(ctx, table)
		switch {
		case tooLittle(err):
			left.add(string(position), err)
			continue
		case err != nil:
			return t, fmt.Errorf("relate the statistics of %s layers: %w", position, err)
		}
		t.Positions = append(t.Positions, positionTable(position, len(table.Y), related))
	}
	t.Reason = left.String()
	return t, nil
}

func positionTable(position trainer.LayerSet, runs int, related forest.Related) PositionTable {
	fits := fitsOf(related)
	return PositionTable{position, runs, fits[0], fits[1], relations(related)}
}

// fitsOf are those of the linear regression and of the forest.
func fitsOf(r forest.Related) [2]Fit {
	return [2]Fit{{r.LinearInSample, r.LinearHeldOut}, {r.ForestInSample, r.ForestHeldOut}}
}

func relations(related forest.Related) []Relation {
	var all []Relation
	for _, r := range related.Relations {
		if r.Runs == 0 && r.Reason == "" { // the forest never saw it, so that its importance of 0 would say nothing
			r.Importance, r.Spread, r.Reason = math.NaN(), math.NaN(), "missing in all runs"
		}
		all = append(all, Relation{
			r.Name, trainer.Number(r.Correlation), trainer.Number(r.Beta), trainer.Number(r.Coefficient),
			trainer.Number(r.StandardError), trainer.Number(r.PValue), trainer.Number(r.Importance), trainer.Number(r.Spread),
			r.Hits, r.Hits >= forest.ConfirmedHits, r.Reason,
		})
	}
	return all
}

// statisticsTable is the table of the runs that have layers at the position and a record at the moment.
func statisticsTable(s *pastruns.Snapshot, position trainer.LayerSet, q StatisticsQuery) forest.Table {
	var t forest.Table
	for _, statistic := range features.Statistics() {
		t.Names = append(t.Names, statistic.Feature)
	}
	t.Names = append(t.Names, "gradient_ratio", "log_parameters") // of the whole net, whatever the position
	t.Linear = make([]bool, len(t.Names))
	for i, r := range s.Runs {
		records, covered := recordsUntil(r, q.Probe)
		if !covered {
			continue
		}
		row := make([]float64, 0, len(t.Names))
		known := false
		for _, statistic := range features.Statistics() {
			v := features.Aggregate(records, statistic, position, q.form())
			known = known || !math.IsNaN(v)
			row = append(row, v)
		}
		if !known {
			continue
		}
		t.X = append(t.X, append(row, features.GradientRatio(records, q.form()), math.Log10(float64(r.Outcome.Parameters))))
		t.Y = append(t.Y, accuracy(r, q.Target))
		t.Groups = append(t.Groups, s.Groups[i])
	}
	return t
}

// recordsUntil are a run's records up to a moment, all where there is none; false where the run does not cover it.
func recordsUntil(r advisor.PastRun, probe *float64) ([]trainer.EpochRecord, bool) {
	if probe == nil {
		return r.Records, true
	}
	records := slices.DeleteFunc(slices.Clone(r.Records), func(e trainer.EpochRecord) bool { return e.Epoch > *probe })
	return records, features.HasRecordsUntil(r, *probe)
}

// accuracy is the run's, or chance where it diverged.
func accuracy(r advisor.PastRun, of Target) float64 {
	n := map[Target]trainer.Number{Test: r.Outcome.TestAccuracy, Validation: r.Outcome.ValidationAccuracy,
		Train: r.Outcome.TrainAccuracy}[of]
	if r.Outcome.Diverged || !n.Known() {
		return 1 / float64(r.Architecture.Classes)
	}
	return float64(n)
}
