package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"probewise/advisor"
	"probewise/advisor/service"
	"probewise/trainer"
	"probewise/trainer/dataset"
)

// Problem is the body of every error of /v1 (RFC 9457).
type Problem struct {
	Type   string   `json:"type" doc:"stable: urn:probewise:problem: and the code" example:"urn:probewise:problem:invalid-architecture"`
	Title  string   `json:"title"`
	Status int      `json:"status"`
	Detail string   `json:"detail,omitempty"`
	Code   string   `json:"code" doc:"stable" example:"invalid-architecture"`
	Errors []Detail `json:"errors,omitempty" nullable:"false" doc:"everything that is wrong, each with its place"`
}

// Detail is one thing that is wrong with a request.
type Detail struct {
	Pointer   string `json:"pointer,omitempty" doc:"JSON Pointer (RFC 6901) into the request's body" example:"/architecture/layers/0/filters"`
	Parameter string `json:"parameter,omitempty" doc:"the query, path or header parameter"`
	Code      string `json:"code" doc:"stable"`
	Message   string `json:"message"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders implements huma.HeadersError: what passes by itself may be tried again.
func (p *Problem) GetHeaders() http.Header {
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusInsufficientStorage {
		return http.Header{"Retry-After": {"5"}}
	}
	return nil
}

const problemType = "application/problem+json"

// NewProblem is an answer with the status and the code, which clients tell it by.
func NewProblem(status int, code, title, detail string, details ...Detail) *Problem {
	return &Problem{
		Type:   "urn:probewise:problem:" + code,
		Title:  title,
		Status: status,
		Detail: detail,
		Code:   code,
		Errors: details,
	}
}

// Huma's own constructor repeats in its answers what the client sent.
func init() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		code, title := codeOf(status)
		var details []Detail
		for _, err := range errs {
			if err != nil {
				details = append(details, detailOf(err))
			}
		}
		return NewProblem(status, code, title, message, details...)
	}
}

// codeOf names what Huma and Fiber themselves refuse.
func codeOf(status int) (code, title string) {
	switch status {
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		return "invalid-request", "The request is not valid"
	case http.StatusNotFound:
		return "not-found", "There is no such resource"
	case http.StatusMethodNotAllowed:
		return "method-not-allowed", "The resource has no such method"
	case http.StatusRequestEntityTooLarge:
		return "body-too-large", "The body is too large"
	case http.StatusUnsupportedMediaType:
		return "unsupported-media-type", "The body's media type is not supported"
	case http.StatusInternalServerError:
		return "internal", "Something went wrong here"
	}
	title = http.StatusText(status)
	return strings.ReplaceAll(strings.ToLower(title), " ", "-"), title
}

func detailOf(err error) Detail {
	var d huma.ErrorDetailer
	if !errors.As(err, &d) {
		return Detail{Code: "invalid", Message: err.Error()}
	}
	e := d.ErrorDetail()
	if detail, ok := misfit(e.Message); ok {
		return detail
	}
	detail := Detail{Code: "invalid-value", Message: e.Message}
	switch {
	case strings.HasPrefix(e.Message, "unexpected property"), strings.HasPrefix(e.Message, "unknown query"):
		detail.Code = trainer.CodeUnknownKey
	case strings.Contains(e.Message, "required"):
		detail.Code = trainer.CodeMissingKey
	}
	place, rest, _ := strings.Cut(e.Location, ".")
	if place == "body" || strings.HasPrefix(place, "body[") {
		detail.Pointer = pointerOf(strings.TrimPrefix(e.Location, "body"))
	} else {
		detail.Parameter = rest
	}
	return detail
}

var index = regexp.MustCompile(`\[(\d+)\]`)

// pointerOf turns Huma's ".probe.list[3]" into a JSON Pointer.
func pointerOf(location string) string {
	return strings.ReplaceAll(index.ReplaceAllString(location, "/$1"), ".", "/")
}

// Problem is the one table from errors to statuses. What it does not know is a fault of the service: 500, and the log.
func (s *Server) Problem(err error) *Problem {
	var known *Problem
	var invalid *trainer.InvalidError
	var request *service.RequestError
	var unknown *dataset.UnknownError
	var input *dataset.InputError
	var option *dataset.OptionError
	var broken *dataset.BrokenError
	var state *advisor.TransitionError
	var routing *fiber.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &invalid):
		return NewProblem(http.StatusUnprocessableEntity, "invalid-architecture", "The architecture is not valid",
			fmt.Sprintf("the architecture has findings: %d", len(invalid.Findings)),
			details("/architecture", invalid.Findings)...)
	case errors.As(err, &request):
		return NewProblem(http.StatusUnprocessableEntity, "invalid-request", "The request cannot be met", request.Problem,
			Detail{Pointer: request.Pointer, Code: trainer.CodeOutOfRange, Message: request.Problem})
	case errors.As(err, &unknown):
		return NewProblem(http.StatusUnprocessableEntity, "unknown-dataset", "There is no such data set", unknown.Error(),
			Detail{Pointer: "/dataset", Code: trainer.CodeUnknownValue, Message: unknown.Error()})
	case errors.Is(err, dataset.ErrName):
		return NewProblem(http.StatusUnprocessableEntity, "invalid-request", "Not a name for a data set",
			dataset.ErrName.Error(), Detail{Pointer: "/dataset", Code: trainer.CodeBadName, Message: dataset.ErrName.Error()})
	case errors.As(err, &option):
		return NewProblem(http.StatusUnprocessableEntity, "invalid-request", "The data set cannot be made so",
			asParameters(option.Error()),
			Detail{Parameter: strings.ReplaceAll(option.Option, "-", "_"), Code: trainer.CodeOutOfRange,
				Message: asParameters(option.Problem)})
	case errors.As(err, &broken):
		return NewProblem(http.StatusUnprocessableEntity, "invalid-dataset", "The archive has broken files",
			asParameters(broken.Error()))
	case errors.As(err, &input):
		return NewProblem(http.StatusUnprocessableEntity, "invalid-dataset", "The archive is no data set",
			asParameters(input.Error()))
	case errors.Is(err, dataset.ErrEmbedded):
		return NewProblem(http.StatusConflict, "embedded-dataset", "It cannot be removed", err.Error())
	case errors.Is(err, dataset.ErrExists):
		return NewProblem(http.StatusConflict, "already-exists", "Already there", err.Error())
	case errors.Is(err, advisor.ErrNotFound):
		return NewProblem(http.StatusNotFound, "not-found", "There is no such resource", "")
	case errors.Is(err, advisor.ErrNoWeights):
		return NewProblem(http.StatusNotFound, "no-weights", "The run has no weights",
			"they are kept of full runs that have succeeded, unless they diverge in their first epoch")
	case errors.Is(err, advisor.ErrDamagedWeights):
		s.Log.Error("weights cannot be given out", "error", err.Error())
		return NewProblem(http.StatusInternalServerError, "damaged-weights", "The weights are lost or damaged",
			"the service's log says which file; train the architecture again with the same seed")
	case errors.Is(err, advisor.ErrServesAdvice):
		return NewProblem(http.StatusConflict, "serves-advice", "The run serves advice",
			"only the advice itself can be followed, cancelled or deleted")
	case errors.Is(err, advisor.ErrUnfinished):
		return NewProblem(http.StatusConflict, "unfinished", "Not finished", "cancel it first, or wait for its end")
	case errors.Is(err, advisor.ErrFinished), errors.As(err, &state):
		return NewProblem(http.StatusConflict, "finished", "Already finished", "a finished record never changes")
	case errors.As(err, &routing):
		code, title := codeOf(routing.Code)
		return NewProblem(routing.Code, code, title, "")
	case errors.Is(err, advisor.ErrKeyReused):
		message := "this key was used for another request"
		return NewProblem(http.StatusUnprocessableEntity, "idempotency-key-reused",
			"The idempotency key was used before", message,
			Detail{Parameter: "Idempotency-Key", Code: trainer.CodeUnknownValue, Message: message})
	case errors.Is(err, advisor.ErrBusy):
		s.Log.Warn("a request was put off", "error", err.Error())
		return NewProblem(http.StatusServiceUnavailable, "busy", "The service is busy", "try again in a moment")
	case errors.Is(err, advisor.ErrStorageFull):
		s.Log.Error("the storage is full", "error", err.Error())
		return NewProblem(http.StatusInsufficientStorage, "storage-full", "There is no room left",
			"the service's log says where")
	case errors.Is(err, context.Canceled) && s.ctx.Err() != nil:
		return NewProblem(http.StatusServiceUnavailable, "stopping", "The service is stopping", "try again in a moment")
	}
	s.Log.Error("a request failed", "error", err.Error())
	return NewProblem(http.StatusInternalServerError, "internal", "Something went wrong here",
		"the service's log says what")
}

var flag = regexp.MustCompile(`--([a-z][a-z-]*)( (?:[0-9]+(?:x[0-9]+)?|HEIGHTxWIDTH|drop|keep)\b)?`)

// asParameters writes options of the command line as the parameters of the same name, such as skip_broken=3 for
// --skip-broken 3.
func asParameters(message string) string {
	return flag.ReplaceAllStringFunc(message, func(text string) string {
		name, value, valued := strings.Cut(strings.TrimPrefix(text, "--"), " ")
		name = strings.ReplaceAll(name, "-", "_")
		if valued {
			name += "=" + value
		}
		return name
	})
}

// details puts an architecture's findings where it stands in the request.
func details(prefix string, findings []trainer.Finding) []Detail {
	out := make([]Detail, len(findings))
	for i, f := range findings {
		out[i] = Detail{Pointer: prefix + f.Pointer, Code: f.Code, Message: f.Message}
	}
	return out
}

// failed answers what no handler did: errors of routing, of middleware, panics.
func (s *Server) failed(c *fiber.Ctx, err error) error {
	p := s.Problem(err)
	for name, values := range p.GetHeaders() {
		c.Set(name, values[0])
	}
	browser := !strings.HasPrefix(c.Path(), "/v1") && strings.Contains(c.Get(fiber.HeaderAccept), "text/html")
	if s.Site != nil && browser {
		return s.Site.Fail(c, p)
	}
	if err := c.Status(p.Status).JSON(p); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, problemType)
	return nil
}
