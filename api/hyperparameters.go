package api

import (
	"context"
	"fmt"

	"probewise/advisor/analysis"
	"probewise/advisor/features"
	"probewise/trainer"
)

// hyperparameterTable is a table of relations, or that it is being computed.
type hyperparameterTable struct {
	State      string                    `json:"state" enum:"ready,computing" doc:"computing: ask again; the figures come with ready"`
	Dataset    string                    `json:"dataset"`
	PastRuns   *int                      `json:"past_runs,omitempty" doc:"there once it is ready, as are images and epochs"`
	Images     *int                      `json:"images,omitempty"`
	Epochs     *int                      `json:"epochs,omitempty"`
	Probe      *float64                  `json:"probe" doc:"epochs into the run at which the statistics were taken; null: at its end"`
	Form       features.Form             `json:"form" enum:"level,change,slope,acceleration,volatility" doc:"of the statistics over the epochs up to then"`
	Position   trainer.LayerSet          `json:"position" enum:"all,lower,middle,higher,conv,dense"`
	Statistics []analysis.StatisticTable `json:"statistics" nullable:"false"`
	Reason     string                    `json:"reason,omitempty" doc:"why there are no figures, of some statistics or of all"`
}

type hyperparametersBody struct {
	RetryAfter string `header:"Retry-After"`
	Body       hyperparameterTable
}

type hyperparametersIn struct {
	Moment
	Position string `query:"position" enum:"all,lower,middle,higher,conv,dense" default:"all" doc:"The layers whose statistics they are: the first two, those between, the last two, or those of a type."`
	Waiting
}

// hyperparameters begins to relate them.
func (s *Server) hyperparameters(q analysis.StatisticsQuery, position trainer.LayerSet) *assessment[analysis.HyperparameterTable] {
	name := fmt.Sprintf("hyperparameters of %s, %s layers, %s, %s", q.Dataset, position, q.Form, when(q))
	return begin(s, &s.forest.relations, name, func(ctx context.Context) (analysis.HyperparameterTable, error) {
		return s.Forest.Hyperparameters(ctx, q, position)
	})
}

func (s *Server) getHyperparameters(ctx context.Context, in *hyperparametersIn) (*hyperparametersBody, error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	q, err := in.query()
	if err != nil {
		return nil, s.problemOf(err)
	}
	position := trainer.LayerSet(in.Position)
	t, ready, err := s.hyperparameters(q, position).wait(ctx, max(wait, soon))
	if err != nil {
		return nil, s.problemOf(err)
	}
	if !ready {
		return &hyperparametersBody{RetryAfter: "2", Body: hyperparameterTable{State: "computing", Dataset: q.Dataset, Probe: q.Probe, Form: q.Form, Position: position,
			Statistics: []analysis.StatisticTable{}}}, nil
	}
	if err := s.knows(q.Dataset, t.PastRuns); err != nil {
		return nil, s.problemOf(err)
	}
	return &hyperparametersBody{Body: hyperparameterTable{State: "ready", Dataset: t.Dataset, PastRuns: &t.PastRuns, Images: &t.Images, Epochs: &t.Epochs,
		Probe: t.Probe, Form: t.Form, Position: t.Position, Statistics: t.Statistics, Reason: t.Reason}}, nil
}
