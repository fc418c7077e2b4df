package service

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"probewise/api"
)

// TestProblems: every error is a problem document that names the place.
func TestProblems(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	const none = "/v1/advice/01a20c27-107c-79c9-af3f-6bdc8aac38d4"
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code                     string
		places                   []string // pointers or parameters
	}{
		{"no body", "POST", "/v1/advice", "", 400, "invalid-request", nil},
		{"no JSON", "POST", "/v1/advice", "{", 400, "invalid-request", []string{""}},
		{"no end of arrays", "POST", "/v1/advice", strings.Repeat("[", 1<<20), 400, "invalid-request", []string{""}},
		{"another type", "POST", "/v1/advice", `[]`, 422, "invalid-request", []string{""}},
		{"no architecture", "POST", "/v1/advice", `{}`, 422, "invalid-request", []string{""}},
		{"unknown members", "POST", "/v1/advice", `{"architecture":{},"verifi":true,"probe":{"epoch":1}}`, 422,
			"invalid-request", []string{"/probe/epoch", "/verifi"}},
		{"members of another case", "POST", "/v1/advice", `{"architecture":{},"Verify":true,"probe":{"EPOCHS":1}}`, 422,
			"invalid-request", []string{"/Verify", "/probe/EPOCHS"}},
		{"members that are there twice", "POST", "/v1/advice",
			`{"architecture":{},"train":true,"train":false,"probe":{"seed":1,"seed":2}}`, 422, "invalid-request",
			[]string{"/probe/seed", "/train"}},
		{"a number too large", "POST", "/v1/advice", `{"architecture":` + architecture + `,"probe":{"epochs":1e30}}`, 422,
			"invalid-request", []string{"/probe/epochs"}},
		{"wrong types", "POST", "/v1/advice", `{"architecture":"x","probe":{"epochs":"3"}}`, 422, "invalid-request",
			[]string{"/architecture", "/probe/epochs"}},
		{"findings", "POST", "/v1/advice",
			`{"architecture":{"version":1,"layers":[{"type":"conv","filter":8,"kernel":0},{"type":"dens"}]}}`, 422,
			"invalid-architecture",
			[]string{"/architecture/layers/0", "/architecture/layers/0/filter", "/architecture/layers/0/kernel",
				"/architecture/layers/1/type"}},
		{"a probe too long", "POST", "/v1/advice", `{"architecture":` + architecture + `,"probe":{"epochs":16}}`, 422,
			"invalid-request", []string{"/probe/epochs"}},
		{"too many images", "POST", "/v1/advice", `{"architecture":` + architecture + `,"probe":{"images":10001}}`, 422,
			"invalid-request", []string{"/probe/images"}},
		{"a budget that is too large", "POST", "/v1/advice", `{"architecture":` + architecture + `,"budget":21,"seeds":9}`,
			422, "invalid-request", []string{"/budget", "/seeds"}},
		{"an unknown effort and goal", "POST", "/v1/advice",
			`{"architecture":` + architecture + `,"effort":"huge","goal":"fame"}`, 422, "invalid-request",
			[]string{"/effort", "/goal"}},
		{"a goal without its target", "POST", "/v1/advice", `{"architecture":` + architecture + `,"goal":"target"}`, 422,
			"invalid-request", []string{"/target"}},
		{"a target without its goal", "POST", "/v1/advice", `{"architecture":` + architecture + `,"target":0.9}`, 422,
			"invalid-request", []string{"/target"}},
		{"a frozen layer that is not there", "POST", "/v1/advice",
			`{"architecture":` + architecture + `,"constraints":{"frozen":["conv1","conv9"]}}`, 422, "invalid-request",
			[]string{"/constraints/frozen/1"}},
		{"an unknown knob", "POST", "/v1/advice",
			`{"architecture":` + architecture + `,"constraints":{"forbid":["optimiser"]}}`, 422, "invalid-request",
			[]string{"/constraints/forbid/0"}},
		{"a bound that no net keeps", "POST", "/v1/advice",
			`{"architecture":` + architecture + `,"constraints":{"max_parameters":3}}`, 422, "invalid-request",
			[]string{"/constraints/max_parameters"}},
		{"too many images of a run", "POST", "/v1/runs", `{"architecture":` + architecture + `,"budget":{"images":10001}}`,
			422, "invalid-request", []string{"/budget/images"}},
		{"an unknown data set", "POST", "/v1/advice", `{"architecture":` + architecture + `,"dataset":"imagenet"}`, 422,
			"unknown-dataset", []string{"/dataset"}},
		{"a data set's name that is none", "POST", "/v1/advice", `{"architecture":` + architecture + `,"dataset":"../x"}`,
			422, "invalid-request", []string{"/dataset"}},
		{"a wait too long", "POST", "/v1/advice?wait=6m", `{"architecture":` + architecture + `}`, 422,
			"invalid-request", []string{"wait"}},
		{"a wait that is none", "GET", none + "?wait=long", "", 422, "invalid-request", []string{"wait"}},
		{"an unknown parameter", "GET", none + "?waiting=1s", "", 422, "invalid-request", []string{"waiting"}},
		{"neither architecture nor advice", "POST", "/v1/runs", `{"kind":"full"}`, 422, "invalid-request", []string{""}},
		{"both", "POST", "/v1/runs", `{"from_advice":"01a20c27-107c-79c9-af3f-6bdc8aac38d4","kind":"full"}`, 422,
			"invalid-request", []string{"/from_advice"}},
		{"an unknown kind", "POST", "/v1/runs", `{"architecture":` + architecture + `,"kind":"half"}`, 422,
			"invalid-request", []string{"/kind"}},
		{"training of no advice", "POST", "/v1/runs", `{"from_advice":"01a20c27-107c-79c9-af3f-6bdc8aac38d4"}`,
			404, "not-found", nil},
		{"no such advice", "GET", none, "", 404, "not-found", nil},
		{"no such events", "GET", none + "/events", "", 404, "not-found", nil},
		{"no such records", "GET", "/v1/runs/01a20c27-107c-79c9-af3f-6bdc8aac38d4/layers", "", 404, "not-found", nil},
		{"no id", "GET", "/v1/advice/1", "", 422, "invalid-request", []string{"id"}},
		{"delete nothing", "DELETE", none, "", 404, "not-found", nil},
		{"cancel nothing", "POST", none + "/cancel", "", 404, "not-found", nil},
	} {
		got := s.call(c.method, c.path, c.body)
		var p api.Problem
		got.decode(t, &p)
		var places []string
		for _, d := range p.Errors {
			places = append(places, d.Pointer+d.Parameter)
			if d.Code == "" || d.Message == "" {
				t.Errorf("%s: detail %+v", c.name, d)
			}
		}
		slices.Sort(places)
		if got.status != c.status || p.Status != c.status || p.Code != c.code ||
			p.Type != "urn:probewise:problem:"+c.code || p.Title == "" ||
			got.header.Get("Content-Type") != "application/problem+json" || !slices.Equal(places, c.places) {
			t.Errorf("%s: %d %s %q\n%s\nwant %d %s %q", c.name, got.status, got.header.Get("Content-Type"), places, got.body,
				c.status, c.code, c.places)
		}
	}
	if strings.Contains(s.log.String(), "ERROR") {
		t.Errorf("bad requests were logged as faults of the service:\n%s", s.log)
	}
}

// TestRouting: what is no resource is a problem document as well; the document does not know it.
func TestRouting(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/v1/nothing", 404},
		{"PUT", "/v1/advice", 405},
		{"GET", "/v2/advice", 404},
		{"GET", "/v1/advice/", 404},
		{"GET", "/V1/advice", 404},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, s.url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != c.status || response.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %s", c.method, c.path, response.StatusCode, response.Header.Get("Content-Type"))
		}
	}
}

// TestNothingIsEchoed: a secret that is sent by mistake does not come back, and does not reach the log.
func TestNothingIsEchoed(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	got := s.call("POST", "/v1/advice",
		`{"architecture":{"version":1},"dataset":17,"probe":"hunter2","verify":"hunter2","train":{"password":"hunter2"}}`)
	if got.status != http.StatusUnprocessableEntity || bytes.Contains(got.body, []byte("hunter2")) ||
		strings.Contains(s.log.String(), "hunter2") {
		t.Errorf("%d %s\n%s", got.status, got.body, s.log)
	}
}

// TestBodiesHaveLimits, announced or chunked.
func TestBodiesHaveLimits(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	large := `{"architecture":{"version":1,"name":"` + strings.Repeat("x", 4<<20) + `"}}`
	s.want(http.StatusRequestEntityTooLarge, "POST", "/v1/advice", large)
	// of unknown length
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/advice",
		struct{ *strings.Reader }{strings.NewReader(large)})
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a chunked body: %d", response.StatusCode)
	}
	// Over the architecture's own limit, below the body's.
	got := s.want(http.StatusUnprocessableEntity, "POST", "/v1/advice",
		`{"architecture":{"version":1,"name":"`+strings.Repeat("x", 2<<20)+`"}}`)
	if !bytes.Contains(got.body, []byte("too-large")) {
		t.Errorf("%s", got.body)
	}
}

// TestForgedRequests: what another site makes a browser send is refused, and so is a name that is not the service's.
func TestForgedRequests(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	for _, headers := range [][]string{{"Origin", "https://example.org"}, {"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"}, {"Origin", "null"}} {
		s.want(http.StatusForbidden, "POST", "/v1/architectures/validate", `{"architecture":`+architecture+`}`, headers...)
	}
	s.want(http.StatusMisdirectedRequest, "GET", "/v1/advice", "", "Host", "example.org")
	s.want(http.StatusOK, "POST", "/v1/architectures/validate", `{"architecture":`+architecture+`}`, "Origin", s.url,
		"Sec-Fetch-Site", "same-origin")
}
