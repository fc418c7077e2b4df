package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"probewise/advisor"
)

// weightsIn names a run, and the weights that the client has.
type weightsIn struct {
	Named
	Known string `header:"If-None-Match" doc:"ETags of weights that are not wanted again"`
}

func (s *Server) weightsRoutes(a huma.API) {
	binary := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	tag := &huma.Param{
		Description: "SHA-256 of the file",
		Schema:      &huma.Schema{Type: huma.TypeString},
	}
	huma.Register(a, huma.Operation{
		OperationID: "run-weights",
		Method:      http.MethodGet,
		Path:        "/v1/runs/{id}/weights.safetensors",
		Tags:        []string{"Runs"},
		Summary:     "Get the weights of a full run's best epoch",
		Description: "A safetensors file of float32 tensors named LAYER.kernel, LAYER.bias, LAYER.gamma, LAYER.beta, " +
			"LAYER.moving_mean and LAYER.moving_variance. Its metadata has the architecture, the layouts and how images are " +
			"to be scaled. The best epoch is the one with the highest validation accuracy.",
		Responses: map[string]*huma.Response{"200": {
			Description: "the file",
			Headers:     map[string]*huma.Param{"ETag": tag},
			Content:     map[string]*huma.MediaType{weightsType: binary},
		}},
		Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusInternalServerError},
	}, s.getWeights)
}

const weightsType = "application/octet-stream" // safetensors has no type of its own

func (s *Server) getWeights(ctx context.Context, in *weightsIn) (*huma.StreamResponse, error) {
	run, err := s.Store.Run(ctx, in.ID)
	if err != nil {
		return nil, s.Problem(err)
	}
	if run.Weights != nil && matches(in.Known, weightsTag(*run.Weights)) {
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			ctx.SetHeader("ETag", weightsTag(*run.Weights))
			ctx.SetStatus(http.StatusNotModified)
		}}, nil
	}
	file, weights, err := s.Store.Weights(ctx, in.ID)
	switch {
	case errors.Is(err, advisor.ErrUnfinished):
		return nil, NewProblem(http.StatusConflict, "unfinished", "Not finished", "weights come with the end of the run")
	case err != nil:
		return nil, s.Problem(err)
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", weightsType)
		ctx.SetHeader("Content-Disposition", `attachment; filename="`+run.ID+`.safetensors"`)
		ctx.SetHeader("Cache-Control", "no-cache") // keep it, and ask
		ctx.SetHeader("ETag", weightsTag(weights))
		ctx.SetStatus(http.StatusOK)
		// it is closed once it was sent
		humafiber.UnwrapV2(ctx).Context().Response.SetBodyStream(file, int(weights.Bytes))
	}}, nil
}

func weightsTag(w advisor.Weights) string { return `"` + w.SHA256 + `"` }
