package api

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/danielgtaylor/huma/v2/sse"

	"probewise/advisor"
)

// The events of a stream: Huma tells them apart by their Go types.
type (
	stateEvent      advisor.Event
	progressEvent   advisor.Event
	epochEvent      advisor.Event
	diagnosisEvent  advisor.Event
	suggestionEvent advisor.Event
	doneEvent       advisor.Event
)

var eventTypes = map[string]any{
	string(advisor.EventState):      stateEvent{},
	string(advisor.EventProgress):   progressEvent{},
	string(advisor.EventEpoch):      epochEvent{},
	string(advisor.EventDiagnosis):  diagnosisEvent{},
	string(advisor.EventSuggestion): suggestionEvent{},
	string(advisor.EventDone):       doneEvent{},
}

func wireEvent(e advisor.Event) any {
	switch e.Type {
	case advisor.EventProgress:
		return progressEvent(e)
	case advisor.EventEpoch:
		return epochEvent(e)
	case advisor.EventDiagnosis:
		return diagnosisEvent(e)
	case advisor.EventSuggestion:
		return suggestionEvent(e)
	case advisor.EventDone:
		return doneEvent(e)
	}
	return stateEvent(e)
}

type followed struct {
	Named
	After string `header:"Last-Event-ID" doc:"go on after this event; what is no event's id stands for the first"`
}

func (s *Server) eventRoutes(a huma.API, operation, path string, tags []string, kind advisor.JobKind) {
	sse.Register(a, huma.Operation{
		OperationID: operation,
		Method:      http.MethodGet,
		Path:        path,
		Tags:        tags,
		Summary:     "Follow the work as server-sent events",
		Description: "From the first event, or after Last-Event-ID, to \"done\", which ends the stream; a client that " +
			"comes again after that gets 204. A state \"queued\" after work began says that it starts afresh. Progress has no " +
			"id and is sent only while this service itself does the work.",
		Errors:      []int{http.StatusNotFound, http.StatusConflict},
		Middlewares: huma.Middlewares{s.followable(a, kind)},
	}, eventTypes, func(_ context.Context, in *followed, send sse.Sender) {
		defer s.survive("a stream")
		// Every error means that nobody reads any more, or that the service stops.
		_ = s.Feed.Follow(s.ctx, kind, in.ID, eventID(in.After), func(e *advisor.Event) error {
			if e == nil {
				return send.Comment("still there")
			}
			return send(sse.Message{ID: int(e.ID), Data: wireEvent(*e)})
		})
	})
}

// eventID reads the id of an event; what is none is that of no event, so that everything is sent.
func eventID(text string) int64 {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}

// survive keeps a panic on a goroutine of its own from ending the service.
func (s *Server) survive(where string) {
	if reason := recover(); reason != nil {
		s.Log.Error(where+" panicked", "reason", fmt.Sprint(reason), "stack", string(debug.Stack()))
	}
}

// followable answers before the stream begins: 404 where there is no such job, 204 where everything has been sent,
// which tells a browser not to come again.
func (s *Server) followable(a huma.API, kind advisor.JobKind) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		done, err := s.Feed.Done(ctx.Context(), kind, ctx.Param("id"), eventID(ctx.Header("Last-Event-ID")))
		switch {
		case err != nil:
			p := s.Problem(err)
			for name, values := range p.GetHeaders() {
				ctx.SetHeader(name, values[0])
			}
			ctx.SetHeader("Content-Type", problemType)
			ctx.SetStatus(p.Status)
			_ = a.Marshal(ctx.BodyWriter(), "application/json", p) // the client is gone where this fails
		case done:
			ctx.SetStatus(http.StatusNoContent)
		case humafiber.UnwrapV2(ctx).Context().IsHead():
			ctx.SetHeader("Content-Type", "text/event-stream")
			ctx.SetStatus(http.StatusOK)
		default:
			ctx.SetHeader("Connection", "close") // Huma leaves a deadline of seconds on it
			next(ctx)
		}
	}
}
