package pages

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/advisor/report/html"
	"probewise/advisor/service"
	"probewise/api"
	"probewise/trainer"
)

// advicePage is the report on advice.
type advicePage struct {
	chrome
	Advice                html.AdviceView
	Dataset, Created, Age string
	Probe                 string // run
	Training              *trainingLink
}

// trainingLink is the full run of the revised architecture.
type trainingLink struct {
	ID, State, Verdict string
	Counts             bool // it goes on or has succeeded: there is nothing to train again
}

// advice shows advice: how far it is, its report, or why there is none.
func (p *Pages) advice(c *fiber.Ctx) error {
	ctx := c.UserContext()
	answer, err := p.Service.Answer(ctx, c.Params("id"))
	if err != nil {
		return p.fail(c, err)
	}
	switch {
	case !answer.State.Finished():
		return p.adviceProgress(c, answer.Advice)
	case answer.State != advisor.Succeeded:
		return p.unanswered(c, answer.Advice)
	}
	records, err := p.Store.Records(ctx, answer.ProbeRun)
	if err != nil {
		return p.fail(c, err)
	}
	trials, err := p.trials(c, answer.Suggestions)
	if err != nil {
		return p.fail(c, err)
	}
	view, err := html.View(answer.Advice, records, trials, c.Query("statistic"))
	if err != nil {
		return p.fail(c, err)
	}
	page := advicePage{
		chrome:  p.chrome(view.Name),
		Advice:  view,
		Dataset: answer.Dataset,
		Probe:   answer.ProbeRun,
		Created: answer.Created.Format(time.RFC3339),
		Age:     age(time.Now(), answer.Created),
	}
	if run := answer.Training; run != nil {
		page.Training = &trainingLink{
			ID:     run.ID,
			State:  string(run.State),
			Counts: !run.State.Finished() || run.State == advisor.Succeeded && (run.Outcome == nil || !run.Outcome.Diverged),
		}
		page.Training.Verdict = html.ViewRun(*run, nil, "").Verdict
	}
	return p.show(c, http.StatusOK, "advice", page)
}

// drawn is how many trials stand beside the probe in a chart.
const drawn = 5

// trials reads the records of the runs that tried the best suggestions.
func (p *Pages) trials(c *fiber.Ctx, suggestions []advisor.Suggestion) ([]html.Trial, error) {
	var all []html.Trial
	for _, s := range suggestions {
		if s.Trial == nil || len(all) == drawn {
			continue
		}
		records, err := p.Store.Records(c.UserContext(), s.Trial.Run)
		if err != nil {
			return nil, err
		}
		all = append(all, html.Trial{Title: fmt.Sprintf("Suggestion %d", s.Rank), Records: records})
	}
	return all, nil
}

// unanswered says why advice has no report.
func (p *Pages) unanswered(c *fiber.Ctx, a advisor.Advice) error {
	name := report.Name(a.Architecture)
	m := message{
		chrome: p.chrome(name + ": " + string(a.State)),
		Crumb:  "Advice",
		Detail: figure.Sentence(figure.Capital(a.Error)),
		Links:  []link{{"/?from=" + a.ID, "Ask again with this architecture"}, {"/", "To the form"}},
	}
	if a.Error == "" {
		m.Detail = "It was " + string(a.State) + " before there was an answer."
	}
	return p.show(c, http.StatusOK, "message", m)
}

// train starts the full run of the revised architecture and goes to its page.
func (p *Pages) train(c *fiber.Ctx) error {
	run, err := p.Service.SubmitTraining(c.UserContext(), c.Params("id"), advisor.IdempotencyKey{})
	var request *service.RequestError
	if errors.As(err, &request) {
		return p.Fail(c, api.NewProblem(http.StatusConflict, "no-revision", "There is nothing to train", request.Problem))
	}
	if err != nil {
		return p.fail(c, err)
	}
	p.Wake()
	return c.Redirect("/runs/"+run.ID, http.StatusSeeOther)
}

// revised is the revised architecture as a file.
func (p *Pages) revised(c *fiber.Ctx) error {
	a, err := p.Service.Store.Advice(c.UserContext(), c.Params("id"))
	if err != nil {
		return p.fail(c, err)
	}
	if a.Revised == nil {
		return p.Fail(c,
			api.NewProblem(http.StatusNotFound, "no-revision", "There is no revised architecture", a.RevisedReason))
	}
	c.Set(fiber.HeaderContentType, "application/json")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+fileName(a.Revised.Architecture)+`"`)
	return c.SendString(html.Indented(a.Revised.Architecture))
}

// unsafe characters are no part of a file's name.
var unsafe = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

func fileName(a trainer.Architecture) string {
	name := strings.Trim(unsafe.ReplaceAllString(a.Name, "-"), "-.")
	if name == "" {
		name = "architecture"
	}
	return name + "-revised.json"
}
