package pages

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/advisor/service"
	"probewise/api"
	"probewise/trainer"
	"probewise/trainer/dataset"
)

// Server is the service that the pages belong to.
type Server interface {
	Figures
	Uploads
	// Problem is what a client is told of an error.
	Problem(err error) *api.Problem
	// Cancel cancels a job; one that has ended is a conflict.
	Cancel(ctx context.Context, kind advisor.JobKind, id string) error
	// KnowsDataset refuses a data set that is not here and has no past runs.
	KnowsDataset(name string, pastRuns int) error
}

// Figures are about past runs. Each call begins a computation or joins one.
type Figures interface {
	Cards(dataset string) *api.Computation[analysis.Cards]
	Statistics(q analysis.StatisticsQuery) *api.Computation[analysis.StatisticsTable]
	Hyperparameters(q analysis.StatisticsQuery, position trainer.LayerSet) *api.Computation[analysis.HyperparameterTable]
	// PastDatasets lists the data sets that have past runs.
	PastDatasets() *api.Computation[[]string]
}

// Store is what the pages read beyond the service's use cases.
type Store interface {
	Run(ctx context.Context, id string) (advisor.Run, error)
	Records(ctx context.Context, run string) ([]trainer.EpochRecord, error)
	ListAdvice(ctx context.Context, f advisor.AdviceFilter) ([]advisor.Advice, error)
	// Events returns what was logged of a job after an event, at most limit.
	Events(ctx context.Context, kind advisor.JobKind, id string, after int64, limit int) ([]advisor.Event, error)
}

// Datasets lists, counts and removes data sets.
type Datasets interface {
	List() ([]dataset.Manifest, error)
	Details(ctx context.Context, name string) (dataset.Details, error)
	Remove(name string) error
}

// Uploads takes archives of data sets.
type Uploads interface {
	AddDataset(ctx context.Context, name string, archive io.Reader, o dataset.Options,
		check func() error) (dataset.Manifest, error)
	// LargestUpload is the most bytes of an archive.
	LargestUpload() int64
}

// Options are what the pages need. Every field is needed.
type Options struct {
	Server   Server
	Service  service.Service
	Store    Store
	Datasets Datasets
	Wake     func() // tells the worker that something was queued
	Web      fs.FS  // templates, styles, scripts
	Examples fs.FS  // architectures (*.json) that the form offers
	Version  string
}

// Pages are the web form, the progress of a job, and its report: HTML that works without scripts.
type Pages struct {
	Options
	templates map[string]*template.Template // by the name of the page
	examples  []example
}

// names of the pages; each is web/templates/page-NAME.html inside layout.html.
var pageNames = []string{"form", "progress", "advice", "run", "forest", "docs", "datasets", "dataset", "message"}

// chrome is what every page has.
type chrome struct {
	Title   string
	Version string
}

// New parses the templates and reads the examples.
func New(o Options) (*Pages, error) {
	p := &Pages{Options: o, templates: map[string]*template.Template{}}
	shared, err := template.ParseFS(o.Web, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("parse the shared templates: %w", err)
	}
	for _, name := range pageNames {
		own, err := shared.Clone()
		if err == nil {
			p.templates[name], err = own.ParseFS(o.Web, "templates/page-"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("parse the page %s: %w", name, err)
		}
	}
	if p.examples, err = readExamples(o.Examples); err != nil {
		return nil, err
	}
	return p, nil
}

// Mount serves the pages and their files.
func (p *Pages) Mount(app fiber.Router) {
	app.Get("/", p.ask)
	app.Post("/advice", p.submit)
	app.Get("/advice/:id", p.advice)
	app.Get("/advice/:id/revised.json", p.revised)
	app.Post("/advice/:id/cancel", p.cancelled(advisor.JobAdvice, "/advice/"))
	app.Post("/advice/:id/train", p.train)
	app.Get("/runs/:id", p.run)
	app.Post("/runs/:id/cancel", p.cancelled(advisor.JobRun, "/runs/"))
	app.Get("/forest", p.forest)
	app.Get("/docs", p.docs)
	app.Get(api.UploadPath, p.datasets)
	app.Post(api.UploadPath, p.addDataset)
	app.Get(api.UploadPath+"/:name", p.dataset)
	app.Post(api.UploadPath+"/:name/remove", p.removeDataset)
	app.Get("/static/*", p.static)
}

// show fills a page in. Nothing is sent where that fails.
func (p *Pages) show(c *fiber.Ctx, status int, name string, data any) error {
	var b bytes.Buffer
	if err := p.templates[name].ExecuteTemplate(&b, "layout", data); err != nil {
		return fmt.Errorf("fill in the page %s: %w", name, err)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Status(status).Send(b.Bytes())
}

func (p *Pages) chrome(title string) chrome { return chrome{Title: title, Version: p.Version} }

// link is where a message leads to.
type link struct{ Href, Text string }

// message is a page with little on it: an error, or why there is no report.
type message struct {
	chrome
	Crumb, Detail string
	Facts         []report.Fact
	Links         []link
}

// Fail answers an error for people.
func (p *Pages) Fail(c *fiber.Ctx, problem *api.Problem) error {
	detail := problem.Detail
	switch problem.Status {
	case http.StatusNotFound:
		detail = "There is nothing at this address. Advice that was deleted is gone for good."
	case http.StatusRequestEntityTooLarge:
		detail = fmt.Sprintf("An architecture must be smaller than 2 MiB, and a request smaller than %d MiB.",
			api.MaxBody>>20)
	}
	m := message{
		chrome: p.chrome(problem.Title),
		Crumb:  fmt.Sprintf("Error %d", problem.Status),
		Detail: figure.Sentence(figure.Capital(detail)),
		Links:  []link{{"/", "To the form"}},
	}
	return p.show(c, problem.Status, "message", m)
}

// fail answers the error of a page.
func (p *Pages) fail(c *fiber.Ctx, err error) error { return p.Fail(c, p.Server.Problem(err)) }

// static serves the files that the pages are made of.
func (p *Pages) static(c *fiber.Ctx) error {
	name := path.Clean("static/" + c.Params("*"))
	data, err := fs.ReadFile(p.Web, name)
	if err != nil || !strings.HasPrefix(name, "static/") {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, contentType(name))
	return c.Send(data)
}

// contentTypes of the files, whatever the machine's own table says.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	".json": "application/json",
}

func contentType(name string) string {
	if t := contentTypes[path.Ext(name)]; t != "" {
		return t
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "text/plain; charset=utf-8"
}

// cancelled cancels a job and goes back to its page, which then says so.
func (p *Pages) cancelled(kind advisor.JobKind, prefix string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id := c.Params("id")
		// A conflict says that the job has ended by itself: its page tells how.
		if err := p.Server.Cancel(c.UserContext(), kind, id); err != nil &&
			p.Server.Problem(err).Status != http.StatusConflict {
			return p.fail(c, err)
		}
		return c.Redirect(prefix+id, http.StatusSeeOther)
	}
}

// age says how long ago something was, as people do.
func age(now, then time.Time) string {
	d := now.Sub(then)
	for _, u := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / u.size); n > 1 {
			return fmt.Sprintf("%d %ss ago", n, u.name)
		} else if n == 1 {
			return "1 " + u.name + " ago"
		}
	}
	return "just now"
}
