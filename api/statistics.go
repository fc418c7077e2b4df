package api

import (
	"context"
	"fmt"

	"probewise/advisor"
	"probewise/advisor/predict"
)

// statisticsTable is a table of relations, or that it is being computed.
type statisticsTable struct {
	State     string                  `json:"state" enum:"ready,computing" doc:"computing: ask again; the figures come with ready"`
	Dataset   string                  `json:"dataset"`
	PastRuns  *int                    `json:"past_runs,omitempty" doc:"there once it is ready, as are images and epochs"`
	Images    *int                    `json:"images,omitempty"`
	Epochs    *int                    `json:"epochs,omitempty"`
	Probe     *float64                `json:"probe" doc:"epochs into the run at which the statistics were taken; null: at its end"`
	Target    predict.Target          `json:"target" enum:"test,validation,train"`
	Positions []predict.PositionTable `json:"positions" nullable:"false"`
	Reason    string                  `json:"reason,omitempty" doc:"why there are no figures, of some positions or of all"`
}

type statisticsBody struct {
	RetryAfter string `header:"Retry-After"`
	Body       statisticsTable
}

type statisticsIn struct {
	Dataset string `query:"dataset" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$" doc:"default: fashion-mnist-sample"`
	Target  string `query:"target" enum:"test,validation,train" default:"test" doc:"The accuracy that they are related to."`
	Probe   string `query:"probe" pattern:"^[0-9]{1,4}(\\.(25|5|75|0))?$" doc:"Epochs into the run, in quarters; default: at its end."`
	Waiting
}

func (s *Server) getStatistics(ctx context.Context, in *statisticsIn) (*statisticsBody, error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	q := predict.StatisticsQuery{Dataset: in.Dataset, Target: predict.Target(in.Target)}
	if q.Dataset == "" {
		q.Dataset = advisor.DefaultDataset
	}
	if in.Probe != "" {
		q.Probe = new(float64)
		if _, err := fmt.Sscan(in.Probe, q.Probe); err != nil {
			return nil, s.problemOf(err)
		}
	}
	name := fmt.Sprintf("statistics of %s, %s, %q", q.Dataset, q.Target, in.Probe)
	t, ready, err := assess(ctx, s, name, wait, func(ctx context.Context) (predict.StatisticsTable, error) { return s.Forest.Statistics(ctx, q) })
	if err != nil {
		return nil, s.problemOf(err)
	}
	if !ready {
		return &statisticsBody{RetryAfter: "2", Body: statisticsTable{State: "computing", Dataset: q.Dataset, Probe: q.Probe, Target: q.Target,
			Positions: []predict.PositionTable{}}}, nil
	}
	if err := s.knows(q.Dataset, t.PastRuns); err != nil {
		return nil, s.problemOf(err)
	}
	return &statisticsBody{Body: statisticsTable{State: "ready", Dataset: t.Dataset, PastRuns: &t.PastRuns, Images: &t.Images, Epochs: &t.Epochs,
		Probe: t.Probe, Target: t.Target, Positions: t.Positions, Reason: t.Reason}}, nil
}
