package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/features"
	"probewise/trainer"
	"probewise/trainer/dataset"
)

func (s *Server) forestRoutes(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "get-forest",
		Method:      http.MethodGet,
		Path:        "/v1/forest",
		Tags:        []string{"Forest"},
		Summary:     "Get the model card: how far predictions for a data set can be trusted",
		Description: "Every figure is held-out: each past run is predicted by a forest that never saw its architecture. " +
			"The first card after a change of the past runs takes a while: its state is \"computing\" until then.",
		Errors: []int{http.StatusUnprocessableEntity},
	}, s.getCards)
	huma.Register(a, huma.Operation{
		OperationID: "forest-statistics",
		Method:      http.MethodGet,
		Path:        "/v1/forest/statistics",
		Tags:        []string{"Forest"},
		Summary:     "Relate the statistics of the past runs to their accuracy, by four methods",
		Description: "Correlation, beta, linear regression and forest importance, overall and by position of the layers. " +
			"The first table after a change of the past runs takes a while: its state is \"computing\" until then.",
		Errors: []int{http.StatusUnprocessableEntity},
	}, s.getStatistics)
	huma.Register(a, huma.Operation{
		OperationID: "forest-hyperparameters",
		Method:      http.MethodGet,
		Path:        "/v1/forest/hyperparameters",
		Tags:        []string{"Forest"},
		Summary:     "Relate the hyperparameters of the past runs to their statistics, by four methods",
		Description: "Each statistic of the layers at a position is a target of its own, of which what is known before " +
			"training is a column. The first table after a change of the past runs takes half a minute: " +
			"its state is \"computing\" until then.",
		Errors: []int{http.StatusUnprocessableEntity},
	}, s.getHyperparameters)
	huma.Register(a, huma.Operation{
		OperationID:  "expect-statistics",
		Method:       http.MethodPost,
		Path:         "/v1/forest/expectations",
		Tags:         []string{"Forest"},
		MaxBodyBytes: MaxBody,
		Summary:      "Predict an architecture's statistics without training it",
		Description: "With 80 % intervals, from the architecture alone; runs of the same architecture are left out. The " +
			"first answer after a change of the past runs takes a while: its state is \"computing\" until then.",
		Errors: []int{http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity},
	}, s.getExpectations)
}

// Moment is of which past runs, and when in them, statistics are taken.
type Moment struct {
	Dataset string        `query:"dataset" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$" doc:"default: fashion-mnist-sample"`
	Probe   string        `query:"probe" pattern:"^[0-9]{1,4}(\\.(25|5|75|0))?$" doc:"Epochs into the run, in quarters; default: at its end."`
	Form    features.Form `query:"form" default:"level" doc:"Of the statistics over the epochs up to then."`
}

// Query is what the moment asks for; an error where the probe length is not a number.
func (m Moment) Query() (analysis.StatisticsQuery, error) {
	q := analysis.StatisticsQuery{Dataset: cmp.Or(m.Dataset, advisor.DefaultDataset), Form: cmp.Or(m.Form, features.Level)}
	if m.Probe == "" {
		return q, nil
	}
	epochs, err := strconv.ParseFloat(m.Probe, 64)
	if err != nil {
		return q, fmt.Errorf("read the probe length: %w", err)
	}
	q.Probe = &epochs
	return q, nil
}

// moment is a query's in words.
func moment(q analysis.StatisticsQuery) string {
	if q.Probe == nil {
		return "at the end"
	}
	return fmt.Sprintf("at %g epochs", *q.Probe)
}

// Cards begins to compute the model cards of a data set.
func (s *Server) Cards(dataset string) *Computation[analysis.Cards] {
	return compute(s, &s.computations.cards, "card "+dataset, func(ctx context.Context) (analysis.Cards, error) {
		return s.Analyst.Cards(ctx, dataset, analysis.Effort{})
	})
}

// Statistics begins to relate statistics to accuracy.
func (s *Server) Statistics(q analysis.StatisticsQuery) *Computation[analysis.StatisticsTable] {
	name := fmt.Sprintf("statistics of %s, %s, %s, %s", q.Dataset, q.Target, q.Form, moment(q))
	return compute(s, &s.computations.relations, name, func(ctx context.Context) (analysis.StatisticsTable, error) {
		return s.Analyst.Statistics(ctx, q)
	})
}

// Hyperparameters begins to relate hyperparameters to the statistics at a position.
func (s *Server) Hyperparameters(q analysis.StatisticsQuery, position trainer.LayerSet,
) *Computation[analysis.HyperparameterTable] {
	name := fmt.Sprintf("hyperparameters of %s, %s layers, %s, %s", q.Dataset, position, q.Form, moment(q))
	return compute(s, &s.computations.relations, name, func(ctx context.Context) (analysis.HyperparameterTable, error) {
		return s.Analyst.Hyperparameters(ctx, q, position)
	})
}

// PastDatasets begins to list the data sets that have past runs.
func (s *Server) PastDatasets() *Computation[[]string] {
	return compute(s, new(sync.Mutex), "list of data sets", s.Analyst.Datasets)
}

// expectations are the statistics that are expected of an architecture.
type expectations struct {
	ID string `json:"architecture_id"`
	analysis.ExpectedStatistics
}

// expect begins to predict the statistics of a run's architecture.
func (s *Server) expect(r advisor.Run, q analysis.StatisticsQuery,
	position trainer.LayerSet) *Computation[expectations] {
	name := fmt.Sprintf("expectation of %s for %s, %s layers, %s", r.ArchitectureID, q.Dataset, position, moment(q))
	return compute(s, &s.computations.expectations, name, func(ctx context.Context) (expectations, error) {
		found, err := s.Analyst.Expect(ctx, r.Architecture, q, position)
		return expectations{r.ArchitectureID, found}, err
	})
}

func (s *Server) getCards(ctx context.Context, in *struct {
	Dataset string `query:"dataset" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$" doc:"default: fashion-mnist-sample"`
	Waiting
}) (*computedBody[analysis.Cards], error) {
	name := cmp.Or(in.Dataset, advisor.DefaultDataset)
	return reply(ctx, s, in.Waiting, func() *Computation[analysis.Cards] { return s.Cards(name) },
		func(c analysis.Cards) error { return s.KnowsDataset(name, c.PastRuns) })
}

func (s *Server) getStatistics(ctx context.Context, in *struct {
	Moment
	Target analysis.Target `query:"target" default:"test" doc:"The accuracy that they are related to."`
	Waiting
}) (*computedBody[analysis.StatisticsTable], error) {
	q, err := in.Query()
	if err != nil {
		return nil, s.Problem(err)
	}
	q.Target = in.Target
	return reply(ctx, s, in.Waiting, func() *Computation[analysis.StatisticsTable] { return s.Statistics(q) },
		func(t analysis.StatisticsTable) error { return s.KnowsDataset(q.Dataset, t.PastRuns) })
}

func (s *Server) getHyperparameters(ctx context.Context, in *struct {
	Moment
	Position trainer.LayerSet `query:"position" default:"all" doc:"The layers whose statistics they are: the first two, those between, the last two, or those of a type."`
	Waiting
}) (*computedBody[analysis.HyperparameterTable], error) {
	q, err := in.Query()
	if err != nil {
		return nil, s.Problem(err)
	}
	return reply(ctx, s, in.Waiting,
		func() *Computation[analysis.HyperparameterTable] { return s.Hyperparameters(q, in.Position) },
		func(t analysis.HyperparameterTable) error { return s.KnowsDataset(q.Dataset, t.PastRuns) })
}

func (s *Server) getExpectations(ctx context.Context, in *struct {
	Waiting
	Body struct {
		Architecture architectureJSON `json:"architecture"`
		Dataset      string           `json:"dataset,omitempty" doc:"default: fashion-mnist-sample"`
		Probe        *float64         `json:"probe,omitempty" minimum:"0" maximum:"1000" doc:"epochs into the run; default: at its end"`
		Position     trainer.LayerSet `json:"position,omitempty" default:"all" doc:"layers that the statistics are means over"`
	}
}) (*computedBody[expectations], error) {
	if _, err := in.duration(); err != nil { // before the data set is read
		return nil, err
	}
	run, err := s.Service.Validate(ctx, []byte(in.Body.Architecture), in.Body.Dataset)
	if err != nil {
		return nil, s.Problem(err)
	}
	q := analysis.StatisticsQuery{Dataset: run.Dataset, Probe: in.Body.Probe}
	return reply(ctx, s, in.Waiting, func() *Computation[expectations] { return s.expect(run, q, in.Body.Position) },
		func(expectations) error { return nil })
}

// KnowsDataset refuses a data set that is not here, unless it has past runs all the same: it may have been removed
// since.
func (s *Server) KnowsDataset(name string, pastRuns int) error {
	if pastRuns > 0 {
		return nil
	}
	list, err := s.Datasets.List()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(m dataset.Manifest) bool { return m.Name == name }) {
		return nil
	}
	message := "it is not here and has no past runs"
	return NewProblem(http.StatusUnprocessableEntity, "unknown-dataset", "There is no such data set", message,
		Detail{Parameter: "dataset", Code: trainer.CodeUnknownValue, Message: message})
}
