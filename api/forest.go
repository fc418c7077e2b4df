package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"probewise/advisor"
	"probewise/advisor/predict"
)

// assessments are the model cards that are being computed: for each data set at most one at a time.
type assessments struct {
	mu      sync.Mutex
	running map[string]*assessment
}

type assessment struct {
	done  chan struct{}
	cards predict.Cards
	err   error
}

// cardRepeats is how often the cross-validation of a card is repeated.
const cardRepeats = 2

// forestCard is a model card, or that it is being computed.
type forestCard struct {
	State string `json:"state" enum:"ready,computing" doc:"computing: ask again; the figures come with ready"`
	predict.Cards
}

type forestBody struct {
	RetryAfter int `header:"Retry-After"`
	Body       forestCard
}

func (s *Server) forestRoutes(a huma.API) {
	huma.Register(a, huma.Operation{OperationID: "get-forest", Method: http.MethodGet, Path: "/v1/forest", Tags: []string{"Forest"},
		Summary: "Get the model card: how far predictions for a data set can be trusted",
		Description: "Every figure is held-out: each past run is predicted by a forest that never saw its architecture. " +
			"The first card after a change of the past runs takes a while: its state is \"computing\" until then.",
		Errors: []int{http.StatusUnprocessableEntity}}, s.getForest)
}

func (s *Server) getForest(ctx context.Context, in *struct {
	Dataset string `query:"dataset" doc:"default: fashion-mnist-sample"`
	Waiting
}) (*forestBody, error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	if in.Dataset == "" {
		in.Dataset = advisor.DefaultDataset
	}
	a := s.assess(in.Dataset)
	select {
	case <-a.done:
	case <-ctx.Done():
	case <-time.After(max(wait, 100*time.Millisecond)): // a card that was computed before takes less
		return &forestBody{RetryAfter: 2, Body: forestCard{State: "computing", Cards: predict.Cards{Card: predict.Card{Dataset: in.Dataset, Probe: []predict.CardEntry{}}}}}, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, s.problemOf(err)
	}
	if a.err != nil {
		return nil, s.problemOf(a.err)
	}
	return &forestBody{Body: forestCard{State: "ready", Cards: a.cards}}, nil
}

// assess begins to compute a card, or joins who does.
func (s *Server) assess(dataset string) *assessment {
	f := &s.forest
	f.mu.Lock()
	defer f.mu.Unlock()
	if a := f.running[dataset]; a != nil {
		return a
	}
	if f.running == nil {
		f.running = map[string]*assessment{}
	}
	a := &assessment{done: make(chan struct{})}
	f.running[dataset] = a
	go func() {
		defer close(a.done)
		a.cards, a.err = s.Forest.Cards(s.ctx, dataset, cardRepeats)
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.running, dataset)
	}()
	return a
}
