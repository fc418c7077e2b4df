package pages

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/advisor/report/html"
	"probewise/trainer"
)

// progressPage shows what has happened of an unfinished job. Scripts go on with it from the job's events.
type progressPage struct {
	chrome
	Kind, Name     string
	State          advisor.State
	Now            string // what is going on
	Done           string // share of the training that is going on, 0…1; "" where it is not known
	Events, Cancel string // addresses
	Facts          []report.Fact
	Runs           []progressRun // the latest first
	Empty          progressRun   // that scripts make more of
	Advises        bool          // it is advice, which finds things
	Diagnoses      []advisor.Diagnosis
	Suggestions    []advisor.Suggestion
}

// progressRun is one training of a job.
type progressRun struct {
	ID, Phase, Latest string
	Current           bool
	Table             html.Table
	records           []trainer.EpochRecord
}

func (p *Pages) adviceProgress(c *fiber.Ctx, a advisor.Advice) error {
	view, err := html.View(a, nil, nil, "")
	if err != nil {
		return p.fail(c, err)
	}
	page := progressPage{
		chrome:  p.chrome(view.Name + ": " + string(a.State)),
		Kind:    "Advice",
		Name:    view.Name,
		State:   a.State,
		Facts:   view.Facts,
		Events:  "/v1/advice/" + a.ID + "/events",
		Cancel:  "/advice/" + a.ID + "/cancel",
		Advises: true,
	}
	return p.progress(c, page, advisor.JobAdvice, a.ID, a.Request.Probe.Epochs, false)
}

func (p *Pages) runProgress(c *fiber.Ctx, r advisor.Run) error {
	view := html.ViewRun(r, nil, "")
	page := progressPage{
		chrome: p.chrome(view.Name + ": " + string(r.State)),
		Kind:   view.Kind,
		Name:   view.Name,
		State:  r.State,
		Facts:  view.Facts,
		Events: "/v1/runs/" + r.ID + "/events",
		Cancel: "/runs/" + r.ID + "/cancel",
	}
	return p.progress(c, page, advisor.JobRun, r.ID, r.StopAfter, true)
}

// progress fills in what the log of the job's events tells.
func (p *Pages) progress(c *fiber.Ctx, page progressPage, kind advisor.JobKind, id string,
	epochs int, test bool) error {
	if err := page.follow(c.UserContext(), p.Store, kind, id); err != nil {
		return p.fail(c, err)
	}
	for i := range page.Runs {
		r := &page.Runs[i]
		r.Table = html.Curve("epochs-"+strconv.Itoa(i), r.Phase+": the epochs so far", r.records, test)
		if n := len(r.records); n > 0 {
			r.Latest = fmt.Sprintf("epoch %s, validation accuracy %s",
				figure.Setting(r.records[n-1].Epoch), figure.Share(r.records[n-1].ValidationAccuracy))
		}
	}
	slices.Reverse(page.Runs)
	page.Now = "Waiting for a worker."
	if len(page.Runs) > 0 {
		current := &page.Runs[0]
		current.Current = true
		page.Now = current.Phase
		if n := len(current.records); n > 0 {
			page.Now += ": " + current.Latest
			if len(page.Runs) == 1 { // a verification may be shorter
				page.Done = strconv.FormatFloat(min(current.records[n-1].Epoch/float64(epochs), 1), 'g', 3, 64)
			}
		}
	} else if page.State == advisor.Running {
		page.Now = "Starting."
	}
	page.Empty = progressRun{Table: html.Curve("", "The epochs so far", nil, test)}
	return p.show(c, http.StatusOK, "progress", page)
}

// eventsAtOnce bounds a reading of the log.
const eventsAtOnce = 500

// follow reads the log of the job's events from its start.
func (page *progressPage) follow(ctx context.Context, store Store, kind advisor.JobKind, id string) error {
	for after := int64(0); ; {
		events, err := store.Events(ctx, kind, id, after, eventsAtOnce)
		if err != nil {
			return err
		}
		for _, e := range events {
			page.take(e)
			after = e.ID
		}
		if len(events) < eventsAtOnce {
			return nil
		}
	}
}

// take adds what an event tells. A job that went back into the queue starts afresh.
func (page *progressPage) take(e advisor.Event) {
	switch {
	case e.Type == advisor.EventState && e.State == advisor.Queued:
		page.Runs, page.Diagnoses, page.Suggestions = nil, nil, nil
	case e.Type == advisor.EventState && e.Run != "":
		page.at(e.Run, e.Phase)
	case e.Type == advisor.EventEpoch && e.Record != nil:
		r := page.at(e.Run, e.Phase)
		r.records = append(r.records, *e.Record)
	case e.Type == advisor.EventDiagnosis && e.Diagnosis != nil:
		page.Diagnoses = append(page.Diagnoses, *e.Diagnosis)
	case e.Type == advisor.EventSuggestion && e.Suggestion != nil:
		page.Suggestions = append(page.Suggestions, *e.Suggestion)
	}
}

// at returns the run, which is new where it was not heard of.
func (page *progressPage) at(id, phase string) *progressRun {
	i := slices.IndexFunc(page.Runs, func(r progressRun) bool { return r.ID == id })
	if i < 0 {
		page.Runs = append(page.Runs, progressRun{ID: id})
		i = len(page.Runs) - 1
	}
	if phase != "" {
		page.Runs[i].Phase = figure.Capital(phase)
	}
	return &page.Runs[i]
}
