package pages

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/advisor/report/html"
	"probewise/api"
	"probewise/trainer"
	"probewise/trainer/dataset"
)

// formPage is the form with what stands in it.
type formPage struct {
	chrome
	Architecture string
	Findings     []located         // about the architecture
	Problems     map[string]string // by field
	Errors       []formError       // all of them, for the summary
	Fields       map[string]string // what was typed into the numbers
	Efforts      []choice
	Goals        []choice
	Metrics      []choice
	Verify       bool
	Train        bool
	More         bool // open the further settings
	Datasets     []choice
	Examples     []choice
	Recent       []listed
	After, Older string // tokens of the pages of the list
}

// formError is a line of the summary and where it leads to.
type formError struct {
	Field, Message string
	Line           int
}

// choice is a data set or an example that the form offers.
type choice struct {
	Name, Summary, Link string
	Selected            bool
}

// listed is advice in the list.
type listed struct{ ID, Name, State, Dataset, Prediction, Created, Age string }

// example is an architecture that the form offers.
type example struct {
	Name, Document, Summary string
	Input                   [3]int
}

// readExamples reads the architectures of a folder.
func readExamples(files fs.FS) ([]example, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list the examples: %w", err)
	}
	var all []example
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read the example %s: %w", name, err)
		}
		var a trainer.Architecture
		if err := json.Unmarshal(data, &a); err != nil {
			return nil, fmt.Errorf("read the example %s: %w", name, err)
		}
		all = append(all, example{
			Name:     strings.TrimSuffix(path.Base(name), ".json"),
			Document: string(data),
			Input:    a.Input,
			Summary:  fmt.Sprintf("%d layers, %s", len(a.Layers), size(a.Input)),
		})
	}
	return all, nil
}

func size(input [3]int) string { return fmt.Sprintf("%d×%d×%d", input[0], input[1], input[2]) }

// The numbers of the form by the pointers that the desk's errors have.
var fieldOf = map[string]string{
	"/probe/epochs": "probe_epochs", "/images": "images", "/probe/images": "images", "/suggestions": "suggestions",
	"/dataset": "dataset", "/effort": "effort", "/goal": "goal", "/metric": "metric", "/target": "target",
}

// ask is the form, filled in with an example or what advice was asked with.
func (p *Pages) ask(c *fiber.Ctx) error {
	f := formPage{
		Fields:   map[string]string{"probe_epochs": strconv.Itoa(advisor.DefaultProbeEpochs)},
		Problems: map[string]string{},
		Verify:   true,
		Efforts:  efforts(advisor.Standard),
		Goals:    goals(advisor.GoalAccuracy),
		Metrics:  metrics(advisor.Accuracy),
	}
	chosen, name := c.Query("dataset", advisor.DefaultDataset), c.Query("example")
	for _, e := range p.examples {
		if e.Name == name {
			f.Architecture = e.Document
		}
	}
	if id := c.Query("from"); id != "" {
		a, err := p.Service.Answer(c.UserContext(), id)
		if err != nil {
			return p.fail(c, err)
		}
		chosen = a.Dataset
		f.prefill(a.Advice, c.Query("revised") != "")
	}
	return p.form(c, http.StatusOK, f, chosen, name)
}

// absent says that the data set that an address asks for is not here.
func (f *formPage) absent(chosen string) {
	if !slices.ContainsFunc(f.Datasets, func(d choice) bool { return d.Selected }) && f.Problems["dataset"] == "" {
		f.complain("dataset", fmt.Sprintf("The data set %q is not here", chosen))
	}
}

// prefill takes the architecture of advice, or its revised one, and what was asked about it.
func (f *formPage) prefill(a advisor.Advice, revised bool) {
	architecture := a.Architecture
	if revised && a.Revised != nil {
		architecture = a.Revised.Architecture
	}
	f.Architecture = html.Indented(architecture)
	f.Fields["probe_epochs"] = strconv.Itoa(a.Request.Probe.Epochs)
	f.Fields["images"] = strconv.Itoa(a.Request.Probe.Images)
	f.Verify, f.Train = a.Request.Verify, a.Request.Train
	f.Efforts, f.Goals = efforts(a.Request.Effort), goals(a.Request.Goal)
	f.Metrics = metrics(a.Request.Metric)
	if a.Request.Target > 0 {
		f.Fields["target"] = figure.Setting(a.Request.Target)
	}
}

// form completes and shows the form.
func (p *Pages) form(c *fiber.Ctx, status int, f formPage, chosen, exampleName string) error {
	f.chrome = p.chrome("Ask for advice")
	manifests, err := p.Datasets.List()
	if err != nil {
		return p.fail(c, err)
	}
	for _, m := range manifests {
		f.Datasets = append(f.Datasets, choice{
			Name:     m.Name,
			Selected: m.Name == chosen,
			Summary:  fmt.Sprintf("%s, %d classes", size([3]int{m.Height, m.Width, m.Channels}), len(m.Classes)),
		})
	}
	f.absent(chosen)
	for _, e := range p.examples {
		f.Examples = append(f.Examples, offered(e, manifests, e.Name == exampleName))
	}
	f.After = c.Query("after")
	f.Recent, f.Older, err = p.recent(c, f.After)
	if err != nil {
		return p.fail(c, err)
	}
	f.More = f.More || f.Problems["images"] != "" || f.Problems["suggestions"] != ""
	return p.show(c, status, "form", f)
}

// offered links an example with a data set that it fits.
func offered(e example, manifests []dataset.Manifest, selected bool) choice {
	out := choice{Name: e.Name, Summary: e.Summary, Selected: selected}
	query := url.Values{"example": {e.Name}}
	fits := false
	for _, m := range manifests {
		if !fits && e.Input == [3]int{m.Height, m.Width, m.Channels} {
			fits = true
			query.Set("dataset", m.Name)
		}
	}
	if !fits {
		out.Summary += "; no data set here fits"
	}
	out.Link = "/?" + query.Encode()
	return out
}

// listLength is the number of advice on a page of the list.
const listLength = 12

// recent lists advice after the place that the token names, and the token of the place after which there is more.
func (p *Pages) recent(c *fiber.Ctx, after string) ([]listed, string, error) {
	place, err := api.ReadPlace(after)
	if err != nil {
		return nil, "", err
	}
	all, err := p.Store.ListAdvice(c.UserContext(), advisor.AdviceFilter{Limit: listLength + 1, After: place})
	if err != nil {
		return nil, "", err
	}
	all, older := api.CutPage(all, listLength,
		func(a advisor.Advice) advisor.Place { return advisor.Place{Created: a.Created, ID: a.ID} })
	var out []listed
	now := time.Now()
	for _, a := range all {
		l := listed{
			ID:         a.ID,
			Name:       report.Name(a.Architecture),
			State:      string(a.State),
			Dataset:    a.Dataset,
			Prediction: "–",
			Created:    a.Created.Format(time.RFC3339),
			Age:        age(now, a.Created),
		}
		if f := a.Prediction; f != nil {
			l.Prediction = figure.Share(f.TestAccuracy) + " (" + figure.Interval(f.Low, f.High) + ")"
		}
		out = append(out, l)
	}
	return out, older, nil
}

// submit takes the form. What is wrong is shown in it, beside what the user typed.
func (p *Pages) submit(c *fiber.Ctx) error {
	f, document, err := typed(c)
	if err != nil {
		return p.fail(c, fiber.NewError(http.StatusBadRequest))
	}
	chosen := c.FormValue("dataset", advisor.DefaultDataset)
	r := advisor.Request{
		Dataset:     chosen,
		Verify:      f.Verify,
		Train:       f.Train,
		Suggestions: f.number("suggestions"),
		Probe:       advisor.ProbeRequest{Epochs: f.number("probe_epochs"), Images: f.number("images")},
		Effort:      advisor.Effort(c.FormValue("effort")),
		Goal:        advisor.Goal(c.FormValue("goal")),
		Metric:      advisor.Metric(c.FormValue("metric")),
	}
	f.Efforts, f.Goals, f.Metrics = efforts(r.Effort), goals(r.Goal), metrics(r.Metric)
	if r.Goal == advisor.GoalTarget { // what stands in the field says nothing otherwise
		r.Target = f.share("target")
	}
	if strings.TrimSpace(f.Architecture) == "" {
		f.complain("architecture", "Paste an architecture, choose a file, or start from an example")
		f.Findings = []located{{Finding: trainer.Finding{Message: "There is no architecture yet."}}}
	}
	if len(f.Errors) == 0 {
		advice, err := p.Service.SubmitAdvice(c.UserContext(), document, r, advisor.IdempotencyKey{})
		if err == nil {
			p.Wake()
			return c.Redirect("/advice/"+advice.ID, http.StatusSeeOther)
		}
		if !f.refuse(document, err) {
			return p.fail(c, err)
		}
	}
	return p.form(c, http.StatusUnprocessableEntity, f, chosen, "")
}
