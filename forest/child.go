package forest

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
)

// Request is the one message that a child reads. It asks for one of five: the isolation of Query where Model is set,
// relations where Relate is, an ablation where there are Steps, a cross-validation where Repeats is not zero, else a
// fit.
type Request struct {
	Table   Table
	Options Options
	Repeats int
	Relate  bool

	Steps    []AblationStep
	Ablation AblationOptions

	Model *Model    // whose past runs Query is isolated from
	Query []float64 // feature vector
	Trees int       // isolation trees
}

// Response is the one message that a child writes; which field is set follows from the request.
type Response struct {
	Model     *Model // fitted
	Score     Score  // of the cross-validation
	Steps     []AblationScore
	Related   Related
	Isolation float64 // share of past runs that are harder to isolate than the query, 0…1
}

// wireRequest and wireResponse are the encoded forms: models as they are saved.
type wireRequest struct {
	Table    Table
	Options  Options
	Repeats  int
	Relate   bool
	Steps    []AblationStep
	Ablation AblationOptions
	Saved    []byte
	Query    []float64
	Trees    int
}

type wireResponse struct {
	Saved     []byte
	Score     Score
	Steps     []AblationScore
	Related   Related
	Isolation float64
	Failure   string // the error's text; empty on success
	Cause     int    // 1 + index in causes; 0 where the error is none of them
}

// causes are the errors that keep their identity across the process border.
var causes = []error{
	ErrTooFewRuns, ErrTooFewGroups, ErrEqualTargets, ErrBadTable, ErrBadQuery,
	ErrBadOptions, ErrBadModel, ErrBadRequest, ErrGenerator,
}

// Encode writes the request for a child.
func (r Request) Encode(w io.Writer) error {
	wire := wireRequest{
		Table:    r.Table,
		Options:  r.Options,
		Repeats:  r.Repeats,
		Relate:   r.Relate,
		Steps:    r.Steps,
		Ablation: r.Ablation,
		Query:    r.Query,
		Trees:    r.Trees,
	}
	if r.Model != nil {
		wire.Saved = r.Model.bytes()
	}
	if err := gob.NewEncoder(w).Encode(wire); err != nil {
		return fmt.Errorf("encode forest request: %w", err)
	}
	return nil
}

func decodeRequest(r io.Reader) (Request, error) {
	var wire wireRequest
	if err := gob.NewDecoder(r).Decode(&wire); err != nil {
		return Request{}, fmt.Errorf("%w: request: %w", ErrBadRequest, err)
	}
	q := Request{
		Table:    wire.Table,
		Options:  wire.Options,
		Repeats:  wire.Repeats,
		Relate:   wire.Relate,
		Steps:    wire.Steps,
		Ablation: wire.Ablation,
		Query:    wire.Query,
		Trees:    wire.Trees,
	}
	if len(wire.Saved) > 0 {
		var err error
		if q.Model, err = Load(bytes.NewReader(wire.Saved)); err != nil {
			return Request{}, err
		}
	}
	return q, nil
}

// DecodeResponse reads what a child wrote. The error is the child's own, with its sentinel, or ErrBadRequest where the
// child ended without an answer.
func DecodeResponse(r io.Reader) (Response, error) {
	var wire wireResponse
	if err := gob.NewDecoder(r).Decode(&wire); err != nil {
		return Response{}, fmt.Errorf("%w: response: %w", ErrBadRequest, err)
	}
	if wire.Failure != "" {
		e := &childError{text: wire.Failure}
		if wire.Cause > 0 && wire.Cause <= len(causes) {
			e.cause = causes[wire.Cause-1]
		}
		return Response{}, e
	}
	answer := Response{Score: wire.Score, Steps: wire.Steps, Related: wire.Related, Isolation: wire.Isolation}
	if len(wire.Saved) > 0 {
		var err error
		if answer.Model, err = Load(bytes.NewReader(wire.Saved)); err != nil {
			return Response{}, err
		}
	}
	return answer, nil
}

// childError is an error of the child, as the parent sees it.
type childError struct {
	text  string
	cause error
}

func (e *childError) Error() string { return e.text }
func (e *childError) Unwrap() error { return e.cause }

// ServeChild reads one request, does the work and writes one response; work that fails is a response too. It is the
// body of a child process, whose parent ends it by killing it: nothing else may draw from the global generator here.
func ServeChild(r io.Reader, w io.Writer) error {
	var wire wireResponse
	request, err := decodeRequest(r)
	if err == nil {
		wire, err = request.serve(context.Background())
	}
	if err != nil {
		wire = failure(err)
	}
	if err := gob.NewEncoder(w).Encode(wire); err != nil {
		return fmt.Errorf("encode forest response: %w", err)
	}
	return nil
}

func (r Request) serve(ctx context.Context) (wire wireResponse, err error) {
	switch {
	case r.Model != nil:
		wire.Isolation, err = r.Model.Isolation(ctx, r.Query, r.Trees)
	case r.Relate:
		wire.Related, err = Relate(ctx, r.Table, r.Options)
	case len(r.Steps) > 0:
		wire.Steps, err = Ablate(ctx, r.Table, r.Steps, r.Ablation, r.Options)
	case r.Repeats != 0:
		wire.Score, err = CrossValidate(ctx, r.Table, r.Options, r.Repeats)
	default:
		var m *Model
		if m, err = Fit(ctx, r.Table, r.Options); err == nil {
			wire.Saved = m.bytes()
		}
	}
	return wire, err
}

func failure(err error) wireResponse {
	wire := wireResponse{Failure: err.Error()}
	for i, cause := range causes {
		if errors.Is(err, cause) {
			wire.Cause = i + 1
			break
		}
	}
	return wire
}
