package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"probewise/trainer"
)

// validation is what is known of an architecture without any training.
type validation struct {
	Valid        bool                  `json:"valid"`
	Errors       []Detail              `json:"errors" nullable:"false" doc:"pointers into the request's body"`
	Warnings     []string              `json:"warnings" nullable:"false" doc:"defaults taken, softmax added"`
	ID           string                `json:"architecture_id,omitempty" doc:"SHA-256 of the canonical form, without its name"`
	Architecture *trainer.Architecture `json:"architecture,omitempty" doc:"with all defaults filled in"`
	Cost         *cost                 `json:"cost,omitempty"`
}

type cost struct {
	Parameters    int64 `json:"parameters"`
	MultiplyAdds  int64 `json:"multiply_adds" doc:"of an image, forward"`
	TrainingFLOPs int64 `json:"training_flops" doc:"of an image, forward and backward"`
	PeakMemory    int64 `json:"peak_memory" doc:"bytes of a training step, estimated"`
}

type validationBody struct{ Body validation }

func (s *Server) architectureRoutes(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID:  "validate-architecture",
		Method:       http.MethodPost,
		Path:         "/v1/architectures/validate",
		Tags:         []string{"Architectures"},
		MaxBodyBytes: MaxBody,
		Summary:      "Check an architecture against a data set",
		Description:  "An architecture that is not valid is an answer, with everything that is wrong, and not an error.",
		Errors:       []int{http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity},
	}, s.validate)
}

func (s *Server) validate(ctx context.Context, in *struct {
	Body struct {
		Architecture architectureJSON `json:"architecture"`
		Dataset      string           `json:"dataset,omitempty" doc:"default: fashion-mnist-sample"`
	}
}) (*validationBody, error) {
	run, err := s.Service.Validate(ctx, []byte(in.Body.Architecture), in.Body.Dataset)
	var invalid *trainer.InvalidError
	if errors.As(err, &invalid) {
		return &validationBody{validation{Errors: details("/architecture", invalid.Findings), Warnings: []string{}}}, nil
	} else if err != nil {
		return nil, s.Problem(err)
	}
	c := run.Architecture.Cost()
	return &validationBody{
		validation{
			Valid:        true,
			Errors:       []Detail{},
			Warnings:     run.Warnings,
			ID:           run.ArchitectureID,
			Architecture: &run.Architecture,
			Cost:         &cost{c.Parameters, c.MultiplyAdds, c.TrainingFLOPs, c.PeakMemory},
		},
	}, nil
}
