package api

import (
	"context"
	"fmt"

	"probewise/advisor/analysis"
	"probewise/trainer"
)

// expectedStatistics is what an architecture's statistics are expected to be, or that the forests are being fitted.
type expectedStatistics struct {
	State      string                       `json:"state" enum:"ready,computing" doc:"computing: ask again; the figures come with ready"`
	Dataset    string                       `json:"dataset"`
	ID         string                       `json:"architecture_id"`
	PastRuns   *int                         `json:"past_runs,omitempty" doc:"there once it is ready, as are images and epochs"`
	Images     *int                         `json:"images,omitempty"`
	Epochs     *int                         `json:"epochs,omitempty"`
	Probe      *float64                     `json:"probe" doc:"epochs into the run; null: at its end"`
	Position   trainer.LayerSet             `json:"position" enum:"all,lower,middle,higher,conv,dense"`
	Statistics []analysis.ExpectedStatistic `json:"statistics" nullable:"false"`
	Reason     string                       `json:"reason,omitempty" doc:"why there are no figures, of some statistics or of all"`
}

type expectationBody struct {
	RetryAfter string `header:"Retry-After"`
	Body       expectedStatistics
}

type expectationIn struct {
	Waiting
	Body struct {
		Architecture architectureJSON `json:"architecture"`
		Dataset      string           `json:"dataset,omitempty" doc:"default: fashion-mnist-sample"`
		Probe        *float64         `json:"probe,omitempty" minimum:"0" maximum:"1000" doc:"epochs into the run; default: at its end"`
		Position     trainer.LayerSet `json:"position,omitempty" enum:"all,lower,middle,higher,conv,dense" default:"all" doc:"layers that the statistics are means over"`
	}
}

func (s *Server) expect(ctx context.Context, in *expectationIn) (*expectationBody, error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	run, err := s.Service.Validate(ctx, []byte(in.Body.Architecture), in.Body.Dataset)
	if err != nil {
		return nil, s.problemOf(err)
	}
	q := analysis.StatisticsQuery{Dataset: run.Dataset, Probe: in.Body.Probe}
	answer := expectedStatistics{State: "computing", Dataset: run.Dataset, ID: run.ArchitectureID, Probe: q.Probe, Position: in.Body.Position, Statistics: []analysis.ExpectedStatistic{}}
	name := fmt.Sprintf("expectation of %s for %s, %s layers, %s", run.ArchitectureID, q.Dataset, answer.Position, when(q))
	e, ready, err := begin(s, &s.forest.expectations, name, func(ctx context.Context) (analysis.ExpectedStatistics, error) {
		return s.Forest.Expect(ctx, run.Architecture, q, answer.Position)
	}).wait(ctx, max(wait, soon))
	if err != nil {
		return nil, s.problemOf(err)
	}
	if !ready {
		return &expectationBody{RetryAfter: "2", Body: answer}, nil
	}
	answer.State, answer.Statistics, answer.Reason = "ready", e.Statistics, e.Reason
	answer.PastRuns, answer.Images, answer.Epochs = &e.PastRuns, &e.Images, &e.Epochs
	return &expectationBody{Body: answer}, nil
}
