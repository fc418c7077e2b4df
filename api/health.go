package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type health struct {
	Body struct {
		Status  string `json:"status" enum:"ok"`
		Version string `json:"version"`
	}
}

func (s *Server) healthRoutes(a huma.API) {
	tags := []string{"Health"}
	ok := func() (*health, error) {
		out := &health{}
		out.Body.Status, out.Body.Version = "ok", s.Version
		return out, nil
	}
	huma.Register(a, huma.Operation{
		OperationID: "live",
		Method:      http.MethodGet,
		Path:        "/livez",
		Tags:        tags,
		Summary:     "The process answers",
	},
		func(context.Context, *struct{}) (*health, error) { return ok() })
	huma.Register(a, huma.Operation{
		OperationID: "ready",
		Method:      http.MethodGet,
		Path:        "/readyz",
		Tags:        tags,
		Summary:     "Requests can be taken, and are worked on: the database answers",
		Errors:      []int{http.StatusServiceUnavailable},
	},
		func(ctx context.Context, _ *struct{}) (*health, error) {
			if err := s.Store.Ping(ctx); err != nil {
				s.Log.Error("not ready", "error", err.Error())
				return nil, NewProblem(http.StatusServiceUnavailable, "not-ready", "The database does not answer",
					"the service's log says what")
			}
			if s.Trouble != nil && s.Trouble() != nil {
				return nil, NewProblem(http.StatusServiceUnavailable, "not-ready", "The worker cannot get at the queue",
					"it tries again; the service's log says what is wrong")
			}
			return ok()
		})
}
