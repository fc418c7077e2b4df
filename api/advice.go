package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"probewise/advisor"
	"probewise/advisor/service"
	"probewise/trainer"
)

// The parts of inputs that several operations share are exported, since Huma looks at exported fields alone.

// Posted is what all POSTs that start work take beside their body.
type Posted struct {
	Waiting
	Key string `header:"Idempotency-Key" maxLength:"255" doc:"requests with the same key and body get the answer of the first; another body is refused"`
}

// Waiting holds an answer open until the work is done.
type Waiting struct {
	For string `query:"wait" doc:"hold the answer open until the work is done, at most so long: 30s, 2m; at most 5m"`
}

// maxWait is how long an answer may be held open.
const maxWait = 5 * time.Minute

func (w Waiting) duration() (time.Duration, error) {
	if w.For == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(w.For)
	if err != nil || d < 0 || d > maxWait {
		message := "expected a duration such as 30s, at most 5m"
		return 0, NewProblem(http.StatusUnprocessableEntity, "invalid-request", "The request is not valid", message,
			Detail{Parameter: "wait", Code: trainer.CodeOutOfRange, Message: message})
	}
	return d, nil
}

// once makes a request of its idempotency key and body.
func (p Posted) once(operation string, body []byte) advisor.IdempotencyKey {
	if p.Key == "" {
		return advisor.IdempotencyKey{}
	}
	digest := sha256.Sum256(append([]byte(operation+"\n"), body...))
	return advisor.IdempotencyKey{Key: p.Key, Digest: hex.EncodeToString(digest[:])}
}

// accepted is the answer to a POST that starts work: 202, or 200 where it was waited for and is done.
type accepted[T any] struct {
	Status     int
	Location   string `header:"Location"`
	RetryAfter string `header:"Retry-After" doc:"seconds; none where the work is done"`
	Body       T
}

func newAccepted[T any](location string, state advisor.State, body T) *accepted[T] {
	out := &accepted[T]{Status: http.StatusAccepted, Location: location, RetryAfter: "1", Body: body}
	if state.Finished() {
		out.Status, out.RetryAfter = http.StatusOK, ""
	}
	return out
}

// Named is a path with an id.
type Named struct {
	ID string `path:"id" format:"uuid"`
}

type adviceBody struct{ Body advisor.Answer }

func (s *Server) adviceRoutes(a huma.API) {
	tags := []string{"Advice"}
	huma.Register(a, huma.Operation{
		OperationID:   "create-advice",
		Method:        http.MethodPost,
		Path:          "/v1/advice",
		Tags:          tags,
		MaxBodyBytes:  MaxBody,
		Summary:       "Ask for advice on an architecture",
		DefaultStatus: http.StatusAccepted,
		Responses:     alsoOK(a, advisor.Answer{}),
		Description: "Queues a probe of the architecture and what follows from it. " +
			"A request that equals one that is unfinished gets that one.",
		Errors: []int{http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity},
	}, s.createAdvice)
	huma.Register(a, huma.Operation{
		OperationID: "list-advice",
		Method:      http.MethodGet,
		Path:        "/v1/advice",
		Tags:        tags,
		Summary:     "List advice, newest first",
		Errors:      []int{http.StatusUnprocessableEntity},
	}, s.listAdvice)
	huma.Register(a, huma.Operation{
		OperationID: "get-advice",
		Method:      http.MethodGet,
		Path:        "/v1/advice/{id}",
		Tags:        tags,
		Summary:     "Get advice",
		Errors:      []int{http.StatusNotFound},
	}, s.getAdvice)
	huma.Register(a, huma.Operation{
		OperationID:   "cancel-advice",
		Method:        http.MethodPost,
		Path:          "/v1/advice/{id}/cancel",
		Tags:          tags,
		Summary:       "Cancel advice",
		Description:   "One that is being worked on stops at its next record or heartbeat, within seconds.",
		DefaultStatus: http.StatusAccepted,
		Errors:        []int{http.StatusNotFound, http.StatusConflict},
	}, s.cancelAdvice)
	huma.Register(a, huma.Operation{
		OperationID: "delete-advice",
		Method:      http.MethodDelete,
		Path:        "/v1/advice/{id}",
		Tags:        tags,
		Summary:     "Delete a finished advice with its probe and verification runs",
		Errors:      []int{http.StatusNotFound, http.StatusConflict},
	}, func(ctx context.Context, in *Named) (*struct{}, error) {
		return s.delete(ctx, advisor.JobAdvice, in.ID)
	})
	s.eventRoutes(a, "advice-events", "/v1/advice/{id}/events", tags, advisor.JobAdvice)
}

// alsoOK documents the 200 that an answer with ?wait= may have, with the body of the 202.
func alsoOK(a huma.API, body any) map[string]*huma.Response {
	// that of the 202, with what may be null
	schema := a.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(body), true, "")
	return map[string]*huma.Response{"200": {Description: "waited for, and done",
		Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}}
}

func (s *Server) createAdvice(ctx context.Context, in *struct {
	Posted
	RawBody []byte
	Body    adviceRequest
}) (*accepted[advisor.Answer], error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	advice, err := s.Service.SubmitAdvice(ctx, []byte(in.Body.Architecture), in.Body.request(),
		in.once("advice", in.RawBody))
	if err != nil {
		return nil, s.Problem(placed(err, "/probe"))
	}
	s.Wake()
	answer, err := s.answer(ctx, advice.ID, wait)
	if err != nil {
		return nil, err
	}
	return newAccepted("/v1/advice/"+advice.ID, answer.State, answer), nil
}

// placed completes the pointer of what is said of a run's images, which stand in another member of each request.
func placed(err error, parent string) error {
	var request *service.RequestError
	if errors.As(err, &request) && request.Pointer == "/images" {
		return &service.RequestError{Pointer: parent + "/images", Problem: request.Problem}
	}
	return err
}

// answer reads advice, waiting for its end so long.
func (s *Server) answer(ctx context.Context, id string, wait time.Duration) (advisor.Answer, error) {
	if wait > 0 {
		if err := s.Feed.Wait(ctx, advisor.JobAdvice, id, wait); err != nil {
			return advisor.Answer{}, s.Problem(err)
		}
	}
	answer, err := s.Service.Answer(ctx, id)
	if err != nil {
		return answer, s.Problem(err)
	}
	return answer, nil
}

func (s *Server) getAdvice(ctx context.Context, in *struct {
	Named
	Waiting
}) (*adviceBody, error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	answer, err := s.answer(ctx, in.ID, wait)
	if err != nil {
		return nil, err
	}
	return &adviceBody{answer}, nil
}

func (s *Server) cancelAdvice(ctx context.Context, in *Named) (*adviceBody, error) {
	if err := s.Cancel(ctx, advisor.JobAdvice, in.ID); err != nil {
		return nil, err
	}
	answer, err := s.answer(ctx, in.ID, 0)
	return &adviceBody{answer}, err
}

// Cancel cancels a job.
func (s *Server) Cancel(ctx context.Context, kind advisor.JobKind, id string) error {
	if err := s.Store.Cancel(ctx, kind, id); err != nil {
		return s.Problem(err)
	}
	s.Feed.Publish(kind, id, advisor.Event{Type: advisor.EventState})
	return nil
}

func (s *Server) delete(ctx context.Context, kind advisor.JobKind, id string) (*struct{}, error) {
	if err := s.Store.Delete(ctx, kind, id); err != nil {
		return nil, s.Problem(err)
	}
	return nil, nil
}

// Paged is a list's place.
type Paged struct {
	Size  int           `query:"page_size" minimum:"1" maximum:"100" default:"20"`
	Token string        `query:"page_token" doc:"next_page_token of the page before"`
	State advisor.State `query:"state"`
}

// after returns the place of the last record of the page before.
func (p Paged) after() (advisor.Place, error) { return ReadPlace(p.Token) }

// token tells a place. It holds all that the next page needs, so that it is good when the record is gone.
func token(p advisor.Place) string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.Created.UTC().Format(time.RFC3339Nano) + " " + p.ID))
}

// ReadPlace reads the token of a place in a list; an empty one is its start.
func ReadPlace(text string) (p advisor.Place, err error) {
	if text == "" {
		return p, nil
	}
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	created, id, found := strings.Cut(string(decoded), " ")
	if err == nil {
		p.Created, err = time.Parse(time.RFC3339Nano, created)
	}
	if p.ID = id; err == nil && found && id != "" {
		return p, nil
	}
	message := "not a token of this list: start with the first page"
	return p, NewProblem(http.StatusUnprocessableEntity, "invalid-request", "The request is not valid", message,
		Detail{Parameter: "page_token", Code: trainer.CodeUnknownValue, Message: message})
}

// CutPage cuts the record that was read beyond the page, which tells that there is another.
func CutPage[T any](all []T, size int, place func(T) advisor.Place) ([]T, string) {
	if len(all) <= size {
		return all, ""
	}
	return all[:size], token(place(all[size-1]))
}

type adviceList struct {
	Body struct {
		Advice []advisor.Advice `json:"advice" nullable:"false"`
		Next   string           `json:"next_page_token,omitempty"`
	}
}

func (s *Server) listAdvice(ctx context.Context, in *Paged) (*adviceList, error) {
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	all, err := s.Store.ListAdvice(ctx,
		advisor.AdviceFilter{State: in.State, Limit: in.Size + 1, After: after})
	if err != nil {
		return nil, s.Problem(err)
	}
	out := &adviceList{}
	out.Body.Advice, out.Body.Next = CutPage(all, in.Size,
		func(a advisor.Advice) advisor.Place { return advisor.Place{Created: a.Created, ID: a.ID} })
	return out, nil
}
