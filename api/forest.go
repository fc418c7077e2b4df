package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/trainer"
	"probewise/trainer/dataset"
)

// forestCard is a model card, or that it is being computed.
type forestCard struct {
	State    string                   `json:"state" enum:"ready,computing" doc:"computing: ask again; the figures come with ready"`
	Dataset  string                   `json:"dataset"`
	PastRuns *int                     `json:"past_runs,omitempty" doc:"there once it is ready, as are images and epochs"`
	Images   *int                     `json:"images,omitempty"`
	Epochs   *int                     `json:"epochs,omitempty"`
	Probe    []analysis.CardEntry     `json:"probe" nullable:"false"`
	Ablation []analysis.AblationEntry `json:"ablation" nullable:"false" doc:"what each group of features adds to those before it"`
	Reason   string                   `json:"reason,omitempty" doc:"why there are no figures"`
	Others   []analysis.Card          `json:"others,omitempty" nullable:"false" doc:"of the same data set with other images and epochs"`
}

func ready(c analysis.Cards) forestCard {
	return forestCard{State: "ready", Dataset: c.Dataset, PastRuns: &c.PastRuns, Images: &c.Images, Epochs: &c.Epochs, Probe: c.Probe, Ablation: c.Ablation, Reason: c.Reason, Others: c.Others}
}

type forestBody struct {
	RetryAfter string `header:"Retry-After"`
	Body       forestCard
}

func (s *Server) forestRoutes(a huma.API) {
	huma.Register(a, huma.Operation{OperationID: "get-forest", Method: http.MethodGet, Path: "/v1/forest", Tags: []string{"Forest"},
		Summary: "Get the model card: how far predictions for a data set can be trusted",
		Description: "Every figure is held-out: each past run is predicted by a forest that never saw its architecture. " +
			"The first card after a change of the past runs takes a while: its state is \"computing\" until then.",
		Errors: []int{http.StatusUnprocessableEntity}}, s.getForest)
	huma.Register(a, huma.Operation{OperationID: "forest-statistics", Method: http.MethodGet, Path: "/v1/forest/statistics", Tags: []string{"Forest"},
		Summary: "Relate the statistics of the past runs to their accuracy, by four methods",
		Description: "Correlation, beta, linear regression and forest importance, overall and by position of the layers. The first table after a " +
			"change of the past runs takes a while: its state is \"computing\" until then.",
		Errors: []int{http.StatusUnprocessableEntity}}, s.getStatistics)
	huma.Register(a, huma.Operation{OperationID: "forest-hyperparameters", Method: http.MethodGet, Path: "/v1/forest/hyperparameters", Tags: []string{"Forest"},
		Summary: "Relate the hyperparameters of the past runs to their statistics, by four methods",
		Description: "Each statistic of the layers at a position is a target of its own, of which what is known before training is a column. The first table " +
			"after a change of the past runs takes half a minute: its state is \"computing\" until then.",
		Errors: []int{http.StatusUnprocessableEntity}}, s.getHyperparameters)
	huma.Register(a, huma.Operation{OperationID: "expect-statistics", Method: http.MethodPost, Path: "/v1/forest/expectations", Tags: []string{"Forest"},
		MaxBodyBytes: maxBody, Summary: "Predict an architecture's statistics without training it",
		Description: "With 80 % intervals, from the architecture alone; runs of the same architecture are left out. The first answer after a change of " +
			"the past runs takes a while: its state is \"computing\" until then.",
		Errors: []int{http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity}}, s.expect)
}

func (s *Server) getForest(ctx context.Context, in *struct {
	Dataset string `query:"dataset" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$" doc:"default: fashion-mnist-sample"`
	Waiting
}) (*forestBody, error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	if in.Dataset == "" {
		in.Dataset = advisor.DefaultDataset
	}
	cards, known, err := s.cards(in.Dataset).wait(ctx, max(wait, soon))
	if err != nil {
		return nil, s.problemOf(err)
	}
	if !known {
		return &forestBody{RetryAfter: "2", Body: forestCard{State: "computing", Dataset: in.Dataset, Probe: []analysis.CardEntry{}, Ablation: []analysis.AblationEntry{}}}, nil
	}
	if err := s.knows(in.Dataset, cards.PastRuns); err != nil {
		return nil, s.problemOf(err)
	}
	return &forestBody{Body: ready(cards)}, nil
}

// cards begins to compute those of a data set.
func (s *Server) cards(dataset string) *assessment[analysis.Cards] {
	return begin(s, &s.forest.cards, "card "+dataset, func(ctx context.Context) (analysis.Cards, error) {
		return s.Forest.Cards(ctx, dataset, analysis.Effort{})
	})
}

// knows refuses a data set that is not here, unless it has past runs all the same: it may have been removed since.
func (s *Server) knows(name string, pastRuns int) error {
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
	return problem(http.StatusUnprocessableEntity, "unknown-dataset", "There is no such data set", message,
		Detail{Parameter: "dataset", Code: trainer.CodeUnknownValue, Message: message})
}
