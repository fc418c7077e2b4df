package api

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/features"
)

// statisticsTable is a table of relations, or that it is being computed.
type statisticsTable struct {
	State     string                   `json:"state" enum:"ready,computing" doc:"computing: ask again; the figures come with ready"`
	Dataset   string                   `json:"dataset"`
	PastRuns  *int                     `json:"past_runs,omitempty" doc:"there once it is ready, as are images and epochs"`
	Images    *int                     `json:"images,omitempty"`
	Epochs    *int                     `json:"epochs,omitempty"`
	Probe     *float64                 `json:"probe" doc:"epochs into the run at which the statistics were taken; null: at its end"`
	Form      features.Form            `json:"form" enum:"level,change,slope,acceleration,volatility" doc:"of the statistics over the epochs up to then"`
	Target    analysis.Target          `json:"target" enum:"test,validation,train"`
	Positions []analysis.PositionTable `json:"positions" nullable:"false"`
	Reason    string                   `json:"reason,omitempty" doc:"why there are no figures, of some positions or of all"`
}

type statisticsBody struct {
	RetryAfter string `header:"Retry-After"`
	Body       statisticsTable
}

type statisticsIn struct {
	Moment
	Target string `query:"target" enum:"test,validation,train" default:"test" doc:"The accuracy that they are related to."`
	Waiting
}

// Moment is of which past runs, and when in them, statistics are taken.
type Moment struct {
	Dataset string `query:"dataset" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$" doc:"default: fashion-mnist-sample"`
	Probe   string `query:"probe" pattern:"^[0-9]{1,4}(\\.(25|5|75|0))?$" doc:"Epochs into the run, in quarters; default: at its end."`
	Form    string `query:"form" enum:"level,change,slope,acceleration,volatility" default:"level" doc:"Of the statistics over the epochs up to then."`
}

func (m Moment) query() (analysis.StatisticsQuery, error) {
	q := analysis.StatisticsQuery{Dataset: m.Dataset, Form: cmp.Or(features.Form(m.Form), features.Level)}
	if q.Dataset == "" {
		q.Dataset = advisor.DefaultDataset
	}
	if m.Probe == "" {
		return q, nil
	}
	epochs, err := strconv.ParseFloat(m.Probe, 64)
	if err != nil {
		return q, fmt.Errorf("read the probe length: %w", err)
	}
	q.Probe = &epochs
	return q, nil
}

// statistics begins to relate them.
func (s *Server) statistics(q analysis.StatisticsQuery) *assessment[analysis.StatisticsTable] {
	name := fmt.Sprintf("statistics of %s, %s, %s, %s", q.Dataset, q.Target, q.Form, when(q))
	return begin(s, &s.forest.relations, name, func(ctx context.Context) (analysis.StatisticsTable, error) { return s.Forest.Statistics(ctx, q) })
}

// when is the moment in words.
func when(q analysis.StatisticsQuery) string {
	if q.Probe == nil {
		return "at the end"
	}
	return fmt.Sprintf("at %g epochs", *q.Probe)
}

func (s *Server) getStatistics(ctx context.Context, in *statisticsIn) (*statisticsBody, error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	q, err := in.query()
	if err != nil {
		return nil, s.problemOf(err)
	}
	q.Target = analysis.Target(in.Target)
	t, ready, err := s.statistics(q).wait(ctx, max(wait, soon))
	if err != nil {
		return nil, s.problemOf(err)
	}
	if !ready {
		return &statisticsBody{RetryAfter: "2", Body: statisticsTable{State: "computing", Dataset: q.Dataset, Probe: q.Probe, Form: q.Form, Target: q.Target,
			Positions: []analysis.PositionTable{}}}, nil
	}
	if err := s.knows(q.Dataset, t.PastRuns); err != nil {
		return nil, s.problemOf(err)
	}
	return &statisticsBody{Body: statisticsTable{State: "ready", Dataset: t.Dataset, PastRuns: &t.PastRuns, Images: &t.Images, Epochs: &t.Epochs,
		Probe: t.Probe, Form: t.Form, Target: t.Target, Positions: t.Positions, Reason: t.Reason}}, nil
}
