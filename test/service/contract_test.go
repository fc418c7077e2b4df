package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
)

// contract is the OpenAPI document that the service serves, and what has been seen of it.
type contract struct {
	mu        sync.Mutex
	validator validator.Validator
}

// newContract reads the document from the service, and fails the test where it is not valid itself.
func newContract(t *testing.T, url string) *contract {
	t.Helper()
	response, err := http.Get(url + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	document, err := libopenapi.NewDocument(explicit(t, text))
	if err != nil {
		t.Fatalf("the document: %v", err)
	}
	v, errs := validator.NewValidator(document)
	if len(errs) > 0 {
		t.Fatalf("the document: %v", errs)
	}
	return &contract{validator: v}
}

// explicit leaves the answers out of a document that speak for all the others: each status has to be named.
func explicit(t *testing.T, text []byte) []byte {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for _, item := range document["paths"].(map[string]any) {
		for _, operation := range item.(map[string]any) {
			if operation, ok := operation.(map[string]any); ok {
				delete(operation["responses"].(map[string]any), "default")
			}
		}
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// check holds an answer of the REST interface against the document, and the request as well where it was accepted.
func (c *contract) check(t *testing.T, request *http.Request, sent string, response *http.Response, body []byte) {
	t.Helper()
	if !strings.HasPrefix(request.URL.Path, "/v1") && !strings.HasSuffix(request.URL.Path, "z") {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if response.StatusCode < http.StatusBadRequest &&
		!strings.HasPrefix(request.Header.Get("Content-Type"), "application/zip") {
		again := request.Clone(request.Context())
		again.Body = io.NopCloser(strings.NewReader(sent))
		if ok, errs := c.validator.ValidateHttpRequest(again); !ok {
			for _, e := range errs {
				t.Errorf("%s %s was accepted and breaks the contract: %s: %s", request.Method, request.URL, e.Message, e.Reason)
			}
		}
	}
	copied := *response
	copied.Body = io.NopCloser(bytes.NewReader(body))
	if ok, errs := c.validator.ValidateHttpResponse(request, &copied); !ok {
		for _, e := range errs {
			var why []string
			for _, s := range e.SchemaValidationErrors {
				why = append(why, fmt.Sprintf("%s: %s", s.FieldPath, s.Reason))
			}
			t.Errorf("%s %s %d breaks the contract: %s: %s %q\n%.2000s", request.Method, request.URL.Path, response.StatusCode,
				e.Message, e.Reason, why, body)
		}
	}
}
