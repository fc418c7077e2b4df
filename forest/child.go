package forest

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
)

// Work is what a child process is asked to do.
type Work string

// The kinds of work.
const (
	WorkFit           Work = "fit"
	WorkCrossValidate Work = "cross-validate"
	WorkIsolate       Work = "isolate"
)

// Request is the one message that a child reads.
type Request struct {
	Work    Work
	Table   Table     // fit, cross-validate
	Options Options   // fit, cross-validate
	Repeats int       // cross-validate
	Model   []byte    // isolate: a saved model,
	Query   []float64 // a feature vector,
	Trees   int       // and the number of isolation trees
}

// Response is the one message that a child writes.
type Response struct {
	Model     []byte  // fit: the saved model
	Score     Score   // cross-validate
	Isolation float64 // isolate: share of past runs that are harder to isolate
	Failure   string  // the error's text; empty on success
	Cause     int     // 1 + index in causes; 0 where the error is none of them
}

// causes are the errors that keep their identity across the process border.
var causes = []error{
	ErrTooFewRuns, ErrTooFewGroups, ErrEqualTargets, ErrBadTable, ErrBadQuery,
	ErrBadOptions, ErrBadModel, ErrBadRequest, ErrGenerator,
}

// EncodeRequest writes a request for a child.
func EncodeRequest(w io.Writer, r Request) error {
	if err := gob.NewEncoder(w).Encode(r); err != nil {
		return fmt.Errorf("encode forest request: %w", err)
	}
	return nil
}

// DecodeResponse reads what a child wrote. The error unwraps to ErrBadRequest
// where the child ended without an answer.
func DecodeResponse(r io.Reader) (Response, error) {
	var answer Response
	if err := gob.NewDecoder(r).Decode(&answer); err != nil {
		return Response{}, fmt.Errorf("%w: response: %w", ErrBadRequest, err)
	}
	return answer, nil
}

// Err is the child's error, nil on success; errors.Is finds the sentinel.
func (r Response) Err() error {
	if r.Failure == "" {
		return nil
	}
	if r.Cause < 1 || r.Cause > len(causes) {
		return errors.New(r.Failure)
	}
	return &childError{text: r.Failure, cause: causes[r.Cause-1]}
}

// LoadModel gives the fitted model, or the child's error.
func (r Response) LoadModel() (*Model, error) {
	if err := r.Err(); err != nil {
		return nil, err
	}
	return Load(bytes.NewReader(r.Model))
}

type childError struct {
	text  string
	cause error
}

func (e *childError) Error() string { return e.text }
func (e *childError) Unwrap() error { return e.cause }

// ServeChild reads one request, does the work and writes one response; a work
// that fails is a response too. It is the body of a child process, whose parent
// ends it by killing it: nothing else may draw from the global generator here.
func ServeChild(r io.Reader, w io.Writer) error {
	var request Request
	var answer Response
	if err := gob.NewDecoder(r).Decode(&request); err != nil {
		answer.fail(fmt.Errorf("%w: request: %w", ErrBadRequest, err))
	} else if err := answer.work(context.Background(), request); err != nil {
		answer = Response{}
		answer.fail(err)
	}
	if err := gob.NewEncoder(w).Encode(answer); err != nil {
		return fmt.Errorf("encode forest response: %w", err)
	}
	return nil
}

func (r *Response) work(ctx context.Context, q Request) error {
	switch q.Work {
	case WorkFit:
		m, err := Fit(ctx, q.Table, q.Options)
		if err != nil {
			return err
		}
		var saved bytes.Buffer
		err = m.Save(&saved)
		r.Model = saved.Bytes()
		return err
	case WorkCrossValidate:
		var err error
		r.Score, err = CrossValidate(ctx, q.Table, q.Options, q.Repeats)
		return err
	case WorkIsolate:
		m, err := Load(bytes.NewReader(q.Model))
		if err != nil {
			return err
		}
		r.Isolation, err = m.Isolation(ctx, q.Query, q.Trees)
		return err
	}
	return fmt.Errorf("%w: unknown work %q", ErrBadRequest, q.Work)
}

func (r *Response) fail(err error) {
	r.Failure = err.Error()
	for i, cause := range causes {
		if errors.Is(err, cause) {
			r.Cause = i + 1
			return
		}
	}
}
