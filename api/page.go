package api

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"probewise/advisor"
	"probewise/advisor/report"
)

// pages are the web form, the progress of a job, and its report: HTML that works without scripts.
type pages struct {
	*Server
	templates map[string]*template.Template // by the name of the page
	examples  []example
}

// names of the pages; each is web/templates/page-NAME.html inside layout.html.
var pageNames = []string{"form", "progress", "advice", "run", "forest", "docs", "message"}

// chrome is what every page has.
type chrome struct {
	Title   string
	Version string
}

// mountPages parses the templates and serves the pages and their files.
func (s *Server) mountPages(app *fiber.App) error {
	p := &pages{Server: s, templates: map[string]*template.Template{}}
	shared, err := template.ParseFS(s.Web, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return fmt.Errorf("parse the shared templates: %w", err)
	}
	for _, name := range pageNames {
		own, err := shared.Clone()
		if err == nil {
			p.templates[name], err = own.ParseFS(s.Web, "templates/page-"+name+".html")
		}
		if err != nil {
			return fmt.Errorf("parse the page %s: %w", name, err)
		}
	}
	if p.examples, err = readExamples(s.Examples); err != nil {
		return err
	}
	s.pages = p
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
	app.Get("/static/*", p.static)
	return nil
}

// show fills a page in. Nothing is sent where that fails.
func (p *pages) show(c *fiber.Ctx, status int, name string, data any) error {
	var b bytes.Buffer
	if err := p.templates[name].ExecuteTemplate(&b, "layout", data); err != nil {
		return fmt.Errorf("fill in the page %s: %w", name, err)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Status(status).Send(b.Bytes())
}

func (p *pages) chrome(title string) chrome { return chrome{Title: title, Version: p.Version} }

// link is where a message leads to.
type link struct{ Href, Text string }

// message is a page with little on it: an error, or why there is no report.
type message struct {
	chrome
	Crumb, Detail string
	Facts         []report.Fact
	Links         []link
}

// errorPage answers an error for people.
func (s *Server) errorPage(c *fiber.Ctx, problem *Problem) error {
	if s.pages == nil { // it failed before the pages were there
		return c.Status(problem.Status).SendString(problem.Title)
	}
	detail := problem.Detail
	switch problem.Status {
	case http.StatusNotFound:
		detail = "Nothing stands at this address. An advice that was deleted is gone for good."
	case http.StatusRequestEntityTooLarge:
		detail = fmt.Sprintf("An architecture must be smaller than 2 MiB, and a request smaller than %d MiB.", maxBody>>20)
	}
	m := message{chrome: s.pages.chrome(problem.Title), Crumb: fmt.Sprintf("Error %d", problem.Status), Detail: sentence(detail), Links: []link{{"/", "To the form"}}}
	return s.pages.show(c, problem.Status, "message", m)
}

// fail answers an error of a page with its page.
func (p *pages) fail(c *fiber.Ctx, err error) error { return p.errorPage(c, p.problemOf(err)) }

// static serves the files that the pages are made of.
func (p *pages) static(c *fiber.Ctx) error {
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
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".json": "application/json",
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
func (p *pages) cancelled(kind advisor.JobKind, prefix string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id := c.Params("id")
		if err := p.cancel(c.UserContext(), kind, id); err != nil && p.problemOf(err).Status != http.StatusConflict { // it has ended
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

func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
