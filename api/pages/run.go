package pages

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/report/html"
)

// runPage is the report of a run.
type runPage struct {
	chrome
	Run                   html.RunView
	Dataset, Created, Age string
	Outcome               string // in words, where it did not come through
	Advice                string // that it serves or comes from
}

// run shows a run: how far it is, or how it ended.
func (p *Pages) run(c *fiber.Ctx) error {
	ctx := c.UserContext()
	run, err := p.Store.Run(ctx, c.Params("id"))
	if err != nil {
		return p.fail(c, err)
	}
	if !run.State.Finished() && run.Advice == "" {
		return p.runProgress(c, run)
	}
	records, err := p.Store.Records(ctx, run.ID)
	if err != nil {
		return p.fail(c, err)
	}
	view := html.ViewRun(run, records, c.Query("statistic"))
	page := runPage{
		chrome:  p.chrome(view.Name),
		Run:     view,
		Dataset: run.Dataset,
		Created: run.Created.Format(time.RFC3339),
		Age:     age(time.Now(), run.Created),
		Advice:  run.FromAdvice,
	}
	if run.Advice != "" {
		page.Advice = run.Advice
	}
	if run.State != advisor.Succeeded {
		page.Outcome = "The run is " + string(run.State) + "."
		if run.Error != "" {
			page.Outcome = "The run has " + string(run.State) + ": " + figure.Sentence(figure.Capital(run.Error))
		}
	}
	return p.show(c, http.StatusOK, "run", page)
}
