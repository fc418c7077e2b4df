package pages

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/gofiber/fiber/v2"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/report"
	"probewise/advisor/report/html"
	"probewise/api"
	"probewise/trainer"
)

// forestPage is what the past runs of a data set say: how far predictions can be trusted, which statistics go with
// accuracy, and which hyperparameters with statistics.
type forestPage struct {
	chrome
	Dataset                              string
	Datasets, Targets, Positions, Probes []choice
	Methods                              []html.Choice
	Place                                string // the position in words
	Listing                              bool   // the data sets with past runs are not known yet
	Empty                                bool   // there are no past runs
	Card                                 section[html.CardView]
	Statistics                           section[html.StatisticsView]
	Hyperparameters                      section[html.HyperparametersView]
}

// section is a part of the page that comes when its figures are there.
type section[V any] struct {
	Ready  bool
	Failed string // why it does not come
	View   V
	JSON   string // address of the figures
}

// Computing says that some of the page is still to come.
func (f forestPage) Computing() bool {
	return f.Listing || !f.Empty && (f.Card.waits() || f.Statistics.waits() || f.Hyperparameters.waits())
}

func (s section[V]) waits() bool { return !s.Ready && s.Failed == "" }

// Computing is the same for the template.
func (s section[V]) Computing() bool { return s.waits() }

// forest shows the page of a data set. What takes long is begun and shown by a later visit.
func (p *Pages) forest(c *fiber.Ctx) error {
	q, err := readForestQuery(c)
	if err != nil {
		return p.fail(c, err)
	}
	page := forestPage{
		chrome:    p.chrome("What the past runs say"),
		Dataset:   q.dataset,
		Place:     report.Place(q.position),
		Methods:   html.Methods(q.method),
		Targets:   q.targets(),
		Positions: q.positions(),
		Probes:    q.probes(),
	}
	known, listed, err := p.Server.PastDatasets().Wait(c.UserContext(), api.ShortWait)
	if err != nil {
		return p.fail(c, err)
	}
	page.Listing = !listed
	if listed && !slices.Contains(known, q.dataset) {
		if err := p.Server.KnowsDataset(q.dataset, 0); err != nil {
			return p.fail(c, err)
		}
		page.Empty = true
	}
	if page.Datasets, err = p.offerDatasets(q.dataset, known); err != nil {
		return p.fail(c, err)
	}
	if !page.Empty {
		p.figures(c.UserContext(), &page, q)
	}
	return p.show(c, http.StatusOK, "forest", page)
}

// figures fills in what is there, and begins what is not. Hyperparameters take longer than statistics, and one of the
// two is computed at a time: they begin when those are done.
func (p *Pages) figures(ctx context.Context, page *forestPage, q forestQuery) {
	cards := p.Server.Cards(q.dataset)
	page.Statistics = fill(ctx, p, p.Server.Statistics(q.statistics),
		func(t analysis.StatisticsTable) html.StatisticsView {
			return html.ViewStatistics(t, q.position, q.method)
		})
	if !page.Statistics.waits() {
		page.Hyperparameters = fill(ctx, p, p.Server.Hyperparameters(q.statistics, q.position),
			func(t analysis.HyperparameterTable) html.HyperparametersView {
				return html.ViewHyperparameters(t, q.method)
			})
	}
	page.Card = fill(ctx, p, cards, html.ViewCard)
	of := url.Values{"dataset": {q.dataset}}
	page.Card.JSON = "/v1/forest?" + of.Encode()
	if q.probe != "" {
		of.Set("probe", q.probe)
	}
	hyperparameters := url.Values{"position": {string(q.position)}}
	statistics := url.Values{"target": {string(q.statistics.Target)}}
	for name, value := range of {
		hyperparameters[name], statistics[name] = value, value
	}
	page.Statistics.JSON = "/v1/forest/statistics?" + statistics.Encode()
	page.Hyperparameters.JSON = "/v1/forest/hyperparameters?" + hyperparameters.Encode()
}

// fill waits a moment for figures.
func fill[T, V any](ctx context.Context, p *Pages, a *api.Computation[T], view func(T) V) (s section[V]) {
	found, ready, err := a.Wait(ctx, api.ShortWait)
	switch {
	case err != nil:
		s.Failed = p.Server.Problem(err).Title
	case ready:
		s.Ready, s.View = true, view(found)
	}
	return s
}

// offerDatasets lists the data sets that are here or have past runs.
func (p *Pages) offerDatasets(chosen string, known []string) ([]choice, error) {
	list, err := p.Datasets.List()
	if err != nil {
		return nil, err
	}
	names := append(slices.Clone(known), chosen)
	for _, m := range list {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return choices(slices.Compact(names), chosen, func(s string) string { return s }), nil
}

func choices[T ~string](values []T, chosen T, say func(T) string) []choice {
	all := make([]choice, len(values))
	for i, v := range values {
		all[i] = choice{Name: string(v), Summary: say(v), Selected: v == chosen}
	}
	return all
}

// forestQuery is what the page's form asks for.
type forestQuery struct {
	dataset, probe, method string
	position               trainer.LayerSet
	statistics             analysis.StatisticsQuery
}

var (
	datasetName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	quarters    = regexp.MustCompile(`^[0-9]{1,4}(\.(25|5|75|0))?$`)
)

func readForestQuery(c *fiber.Ctx) (forestQuery, error) {
	target := analysis.Target(c.Query("target", string(analysis.Test)))
	q := forestQuery{
		dataset:  c.Query("dataset", advisor.DefaultDataset),
		probe:    c.Query("probe"),
		method:   c.Query("method"),
		position: trainer.LayerSet(c.Query("position", string(trainer.AllLayers))),
	}
	for _, wrong := range []struct {
		parameter, expected string
		is                  bool
	}{
		{"dataset", "the name of a data set", !datasetName.MatchString(q.dataset)},
		{"target", "test, validation or train", !slices.Contains(analysis.Targets(), target)},
		{"position", "all, lower, middle, higher, conv or dense", !q.position.Valid()},
		{"probe", "epochs in quarters", q.probe != "" && !quarters.MatchString(q.probe)},
		{"method", "correlation, beta, coefficient or importance",
			q.method != "" &&
				!slices.ContainsFunc(html.Methods(q.method), func(m html.Choice) bool { return m.Key == q.method })},
	} {
		if wrong.is {
			message := wrong.parameter + ": expected " + wrong.expected
			return q, api.NewProblem(http.StatusUnprocessableEntity, "invalid-request", "The request is not valid", message,
				api.Detail{Parameter: wrong.parameter, Code: trainer.CodeUnknownValue, Message: message})
		}
	}
	var err error
	q.statistics, err = api.Moment{Dataset: q.dataset, Probe: q.probe}.Query()
	q.statistics.Target = target
	return q, err
}

func (q forestQuery) targets() []choice {
	return choices(analysis.Targets(), q.statistics.Target, func(t analysis.Target) string { return string(t) })
}

func (q forestQuery) positions() []choice {
	return choices(trainer.LayerSets(), q.position, report.Place)
}

// probes are the moments that the form offers, with the one that was asked for.
func (q forestQuery) probes() []choice {
	values := []string{"", "0", "0.25", "0.5", "1", "2", "3", "5"}
	if !slices.Contains(values, q.probe) {
		values = append(values, q.probe)
	}
	return choices(values, q.probe, func(s string) string {
		m, err := api.Moment{Probe: s}.Query()
		if err != nil {
			return s
		}
		return report.Moment(m.Probe)
	})
}
