package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"probewise/advisor"
	"probewise/advisor/service"
	"probewise/trainer"
)

// runRequest is what POST /v1/runs takes.
type runRequest struct {
	Architecture architectureJSON `json:"architecture,omitempty" doc:"required, unless from_advice is given"`
	Dataset      string           `json:"dataset,omitempty" doc:"default: fashion-mnist-sample"`
	Kind         advisor.Kind     `json:"kind,omitempty" doc:"default: full"`
	Budget       struct {
		Images int `json:"images,omitempty" minimum:"1" doc:"training and validation together; default: 10,000, or all where there are fewer"`
		Epochs int `json:"epochs,omitempty" minimum:"1" maximum:"10000" doc:"default: the architecture's"`
	} `json:"budget,omitempty" doc:"of the full run, which a probe is the beginning of"`
	StopAfter  int    `json:"stop_after,omitempty" minimum:"1" doc:"epochs of a probe; default: 3"`
	Seed       uint64 `json:"seed,omitempty" maximum:"9007199254740991" doc:"default: the architecture's"`
	FromAdvice string `json:"from_advice,omitempty" format:"uuid" doc:"train this advice's revised architecture in full, as its prediction says; nothing else may be given"`
}

// Resolve implements huma.Resolver: either an architecture or advice.
func (r runRequest) Resolve(huma.Context) []error {
	advice := r.FromAdvice
	r.FromAdvice = ""
	rest := reflect.ValueOf(r).IsZero()
	switch {
	case advice != "" && !rest:
		return []error{&huma.ErrorDetail{Location: "body.from_advice",
			Message: "from_advice stands alone: the advice says everything else"}}
	case advice == "" && len(r.Architecture) == 0:
		return []error{&huma.ErrorDetail{Location: "body",
			Message: "expected required property architecture, or from_advice, to be present"}}
	}
	return nil
}

type runBody struct{ Body advisor.Run }

func (s *Server) runRoutes(a huma.API) {
	tags := []string{"Runs"}
	missing := []int{http.StatusNotFound}
	huma.Register(a, huma.Operation{
		OperationID:   "create-run",
		Method:        http.MethodPost,
		Path:          "/v1/runs",
		Tags:          tags,
		MaxBodyBytes:  MaxBody,
		Summary:       "Train an architecture: in full, or a probe of it",
		DefaultStatus: http.StatusAccepted,
		Responses:     alsoOK(a, advisor.Run{}),
		Description: "A full run that has succeeded joins the past runs. " +
			"A request that equals one that is unfinished gets that one.",
		Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge,
			http.StatusUnprocessableEntity},
	}, s.createRun)
	huma.Register(a, huma.Operation{
		OperationID: "list-runs",
		Method:      http.MethodGet,
		Path:        "/v1/runs",
		Tags:        tags,
		Summary:     "List runs, newest first",
		Errors:      []int{http.StatusUnprocessableEntity},
	}, s.listRuns)
	huma.Register(a, huma.Operation{
		OperationID: "get-run",
		Method:      http.MethodGet,
		Path:        "/v1/runs/{id}",
		Tags:        tags,
		Summary:     "Get a run",
		Errors:      missing,
	}, s.getRun)
	huma.Register(a, huma.Operation{
		OperationID: "run-epochs",
		Method:      http.MethodGet,
		Path:        "/v1/runs/{id}/epochs",
		Tags:        tags,
		Summary:     "Get a run's learning curve",
		Errors:      missing,
	}, s.runEpochs)
	huma.Register(a, huma.Operation{
		OperationID: "run-layers",
		Method:      http.MethodGet,
		Path:        "/v1/runs/{id}/layers",
		Tags:        tags,
		Summary:     "Get the statistics of a run's layers, record by record",
		Errors:      missing,
	}, s.runLayers)
	huma.Register(a, huma.Operation{
		OperationID:   "cancel-run",
		Method:        http.MethodPost,
		Path:          "/v1/runs/{id}/cancel",
		Tags:          tags,
		Summary:       "Cancel a run",
		DefaultStatus: http.StatusAccepted,
		Errors:        []int{http.StatusNotFound, http.StatusConflict},
	}, s.cancelRun)
	huma.Register(a,
		huma.Operation{
			OperationID: "delete-run",
			Method:      http.MethodDelete,
			Path:        "/v1/runs/{id}",
			Tags:        tags,
			Summary:     "Delete a finished run with its records",
			Errors:      []int{http.StatusNotFound, http.StatusConflict},
		},
		func(ctx context.Context, in *Named) (*struct{}, error) { return s.delete(ctx, advisor.JobRun, in.ID) })
	s.histogramRoutes(a)
	s.weightsRoutes(a)
	s.eventRoutes(a, "run-events", "/v1/runs/{id}/events", tags, advisor.JobRun)
}

func (s *Server) createRun(ctx context.Context, in *struct {
	Posted
	RawBody []byte
	Body    runRequest
}) (*accepted[advisor.Run], error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	run, err := s.submitRun(ctx, in.Body, in.once("run", in.RawBody))
	if err != nil {
		return nil, s.Problem(placed(err, "/budget"))
	}
	s.Wake()
	if run, err = s.run(ctx, run.ID, wait); err != nil {
		return nil, err
	}
	return newAccepted("/v1/runs/"+run.ID, run.State, run), nil
}

func (s *Server) submitRun(ctx context.Context, r runRequest, once advisor.IdempotencyKey) (advisor.Run, error) {
	if r.FromAdvice != "" {
		return s.Service.SubmitTraining(ctx, r.FromAdvice, once)
	}
	return s.Service.SubmitRun(ctx, []byte(r.Architecture), service.RunRequest{
		Dataset:   r.Dataset,
		Kind:      r.Kind,
		StopAfter: r.StopAfter,
		Seed:      r.Seed,
		Budget:    trainer.Budget{Images: r.Budget.Images, Epochs: r.Budget.Epochs},
	}, once)
}

// run reads a run, waiting for its end so long.
func (s *Server) run(ctx context.Context, id string, wait time.Duration) (advisor.Run, error) {
	if wait > 0 {
		if err := s.Feed.Wait(ctx, advisor.JobRun, id, wait); err != nil && !errors.Is(err, advisor.ErrServesAdvice) {
			return advisor.Run{}, s.Problem(err)
		}
	}
	run, err := s.Store.Run(ctx, id)
	if err != nil {
		return run, s.Problem(err)
	}
	return run, nil
}

func (s *Server) getRun(ctx context.Context, in *struct {
	Named
	Waiting
}) (*runBody, error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	run, err := s.run(ctx, in.ID, wait)
	if err != nil {
		return nil, err
	}
	return &runBody{run}, nil
}

func (s *Server) cancelRun(ctx context.Context, in *Named) (*runBody, error) {
	if err := s.Cancel(ctx, advisor.JobRun, in.ID); err != nil {
		return nil, err
	}
	run, err := s.run(ctx, in.ID, 0)
	return &runBody{run}, err
}

type runList struct {
	Body struct {
		Runs []advisor.Run `json:"runs" nullable:"false"`
		Next string        `json:"next_page_token,omitempty"`
	}
}

func (s *Server) listRuns(ctx context.Context, in *struct {
	Paged
	Kind       advisor.Kind `query:"kind"`
	Advice     string       `query:"advice" format:"uuid" doc:"only the runs that serve this advice"`
	FromAdvice string       `query:"from_advice" format:"uuid" doc:"only the runs that train this advice's revised architecture"`
}) (*runList, error) {
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	all, err := s.Store.ListRuns(ctx, advisor.RunFilter{
		State:      in.State,
		Kind:       in.Kind,
		Advice:     in.Advice,
		FromAdvice: in.FromAdvice,
		Limit:      in.Size + 1,
		After:      after,
	})
	if err != nil {
		return nil, s.Problem(err)
	}
	out := &runList{}
	out.Body.Runs, out.Body.Next = CutPage(all, in.Size,
		func(r advisor.Run) advisor.Place { return advisor.Place{Created: r.Created, ID: r.ID} })
	return out, nil
}

type epochsBody struct {
	Body struct {
		Epochs []trainer.EpochRecord `json:"epochs" nullable:"false"`
	}
}

func (s *Server) runEpochs(ctx context.Context, in *Named) (*epochsBody, error) {
	records, err := s.Store.Records(ctx, in.ID)
	if err != nil {
		return nil, s.Problem(err)
	}
	out := &epochsBody{}
	out.Body.Epochs = records
	for i := range records {
		records[i].Layers = nil // they have a resource of their own
	}
	return out, nil
}

// layersAt are the statistics of all layers at one record.
type layersAt struct {
	Epoch  float64                   `json:"epoch" doc:"0: initialisation; 0.25, 0.5 … within an epoch"`
	Layers []trainer.LayerStatistics `json:"layers" nullable:"false"`
}

type layersBody struct {
	Body struct {
		Records []layersAt `json:"records" nullable:"false"`
	}
}

func (s *Server) runLayers(ctx context.Context, in *Named) (*layersBody, error) {
	records, err := s.Store.Records(ctx, in.ID)
	if err != nil {
		return nil, s.Problem(err)
	}
	out := &layersBody{}
	out.Body.Records = make([]layersAt, len(records))
	for i, r := range records {
		for j := range r.Layers { // histograms have a resource of their own
			r.Layers[j].Weights.Histogram, r.Layers[j].Gradients.Histogram, r.Layers[j].Activations.Histogram = nil, nil, nil
		}
		out.Body.Records[i] = layersAt{r.Epoch, r.Layers}
	}
	return out, nil
}
