package analysis

import (
	"context"
	"fmt"
	"math"
	"time"

	"probewise/advisor"
	"probewise/advisor/features"
)

// Runs lists runs, newest first.
type Runs interface {
	ListRuns(ctx context.Context, f advisor.RunFilter) ([]advisor.Run, error)
}

// Revisions says how far what advice predicted of revised architectures was from what their full training reached.
// Each was predicted before it was trained, by a forest that had not seen it.
type Revisions struct {
	Runs              int        `json:"runs"`
	MeanError         float64    `json:"mean_error" doc:"reached minus predicted"`
	MeanAbsoluteError float64    `json:"mean_absolute_error"`
	Inside            float64    `json:"inside" doc:"share of the runs that reached an accuracy inside their interval"`
	Latest            []Revision `json:"latest" nullable:"false" doc:"at most 20, newest first"`
}

// Revision is a full run of a revised architecture.
type Revision struct {
	Run        string     `json:"run"`
	Advice     string     `json:"advice"` // it may be deleted since
	Predicted  float64    `json:"predicted" doc:"test accuracy"`
	Low        float64    `json:"low"`
	High       float64    `json:"high"`
	Confidence float64    `json:"confidence" doc:"of the interval low…high"`
	Reached    float64    `json:"reached" doc:"test accuracy; chance where the run diverged"`
	Finished   *time.Time `json:"finished"`
}

// Inside says whether what was reached lies in the interval.
func (r Revision) Inside() bool { return r.Low <= r.Reached && r.Reached <= r.High }

// listed revisions are shown one by one.
const listed = 20

// revisions gathers the trained revisions of a data set by key; a key without any is not among them.
func (a *Analyst) revisions(ctx context.Context, dataset string) (map[advisor.Key]*Revisions, error) {
	runs, err := a.Runs.ListRuns(ctx, advisor.RunFilter{Kind: advisor.Full, State: advisor.Succeeded})
	if err != nil {
		return nil, fmt.Errorf("list the trained revisions of %s: %w", dataset, err)
	}
	byKey := map[advisor.Key]*Revisions{}
	for _, r := range runs {
		if r.Dataset != dataset || r.FromAdvice == "" || r.Predicted == nil || r.Outcome == nil {
			continue
		}
		of := byKey[r.Key()]
		if of == nil {
			of = &Revisions{Latest: []Revision{}}
			byKey[r.Key()] = of
		}
		of.add(Revision{
			Run:        r.ID,
			Advice:     r.FromAdvice,
			Predicted:  r.Predicted.TestAccuracy,
			Low:        r.Predicted.Low,
			High:       r.Predicted.High,
			Confidence: r.Predicted.Confidence,
			Reached:    features.Target(advisor.PastRun{Architecture: r.Architecture, Outcome: *r.Outcome}),
			Finished:   r.Finished,
		})
	}
	for _, of := range byKey {
		of.MeanError /= float64(of.Runs)
		of.MeanAbsoluteError /= float64(of.Runs)
		of.Inside /= float64(of.Runs)
	}
	return byKey, nil
}

// add sums up a revision.
func (s *Revisions) add(r Revision) {
	s.Runs++
	s.MeanError += r.Reached - r.Predicted
	s.MeanAbsoluteError += math.Abs(r.Reached - r.Predicted)
	if r.Inside() {
		s.Inside++
	}
	if len(s.Latest) < listed {
		s.Latest = append(s.Latest, r)
	}
}
