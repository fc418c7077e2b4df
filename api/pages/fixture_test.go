package pages

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"probewise/advisor"
	"probewise/advisor/service"
	"probewise/api"
	"probewise/trainer"
	"probewise/trainer/dataset"
	"probewise/trainer/patch"
)

// pageStore keeps what pages read. What they do not use panics.
type pageStore struct {
	service.Store
	advice    []advisor.Advice // newest first
	runs      []advisor.Run
	records   map[string][]trainer.EpochRecord
	events    []advisor.Event
	cancelled []string
}

func (s *pageStore) Advice(_ context.Context, id string) (advisor.Advice, error) {
	for _, a := range s.advice {
		if a.ID == id {
			return a, nil
		}
	}
	return advisor.Advice{}, fmt.Errorf("read advice %s: %w", id, advisor.ErrNotFound)
}

func (s *pageStore) Run(_ context.Context, id string) (advisor.Run, error) {
	for _, r := range s.runs {
		if r.ID == id {
			return r, nil
		}
	}
	return advisor.Run{}, fmt.Errorf("read run %s: %w", id, advisor.ErrNotFound)
}

func (s *pageStore) Records(_ context.Context, run string) ([]trainer.EpochRecord, error) {
	return s.records[run], nil
}

func (s *pageStore) Weights(context.Context, string) (io.ReadCloser, advisor.Weights, error) {
	return nil, advisor.Weights{}, advisor.ErrNoWeights
}

func (s *pageStore) ListAdvice(_ context.Context, f advisor.AdviceFilter) ([]advisor.Advice, error) {
	list := s.advice
	if i := slices.IndexFunc(list, func(a advisor.Advice) bool { return a.ID == f.After.ID }); i >= 0 {
		list = list[i+1:]
	}
	return list[:min(len(list), f.Limit)], nil
}

func (s *pageStore) ListRuns(_ context.Context, f advisor.RunFilter) ([]advisor.Run, error) {
	var found []advisor.Run
	for _, r := range s.runs {
		if r.FromAdvice == f.FromAdvice {
			found = append(found, r)
		}
	}
	return found, nil
}

func (s *pageStore) Events(_ context.Context, _ advisor.JobKind, _ string, after int64,
	limit int) ([]advisor.Event, error) {
	rest := s.events[min(int(after), len(s.events)):]
	return rest[:min(len(rest), limit)], nil
}

func (s *pageStore) CreateAdvice(_ context.Context, a advisor.Advice, probe advisor.Run, _ string,
	_ advisor.IdempotencyKey) error {
	s.advice, s.runs = append([]advisor.Advice{a}, s.advice...), append(s.runs, probe)
	return nil
}

func (s *pageStore) CreateRun(_ context.Context, r advisor.Run, _ string, _ advisor.IdempotencyKey) error {
	s.runs = append(s.runs, r)
	return nil
}

func (s *pageStore) FindUnfinishedAdvice(context.Context, string) (advisor.Advice, bool, error) {
	return advisor.Advice{}, false, nil
}

func (s *pageStore) FindUnfinishedRun(context.Context, string) (advisor.Run, bool, error) {
	return advisor.Run{}, false, nil
}

func (s *pageStore) Cancel(_ context.Context, kind advisor.JobKind, id string) error {
	if a, err := s.Advice(context.Background(), id); err == nil && a.State.Finished() {
		return advisor.ErrFinished
	}
	s.cancelled = append(s.cancelled, string(kind)+" "+id)
	return nil
}

func (s *pageStore) Delete(context.Context, advisor.JobKind, string) error { return nil }
func (s *pageStore) Ping(context.Context) error                            { return nil }

// pageFeed hears of what is published.
type pageFeed struct{ api.Feed }

func (pageFeed) Publish(advisor.JobKind, string, advisor.Event) {}

// pageDatasets lists one small data set of 28×28 gray images in the place of the embedded one, and what was added.
type pageDatasets struct{ api.Datasets }

func (d pageDatasets) List() ([]dataset.Manifest, error) {
	list, err := d.Datasets.List()
	if err != nil {
		return nil, err
	}
	list[0] = dataset.Manifest{Name: advisor.DefaultDataset, Train: 1000, Test: 100, Height: 28, Width: 28, Channels: 1,
		Classes: make([]string, 10)}
	return list, nil
}

func (pageDatasets) Load(_ context.Context, name string) (*trainer.Dataset, error) {
	if name != advisor.DefaultDataset {
		return nil, &dataset.UnknownError{Name: name, Here: []string{advisor.DefaultDataset}}
	}
	return &trainer.Dataset{
		Name: name, ID: "d1", Height: 28, Width: 28, Channels: 1, Classes: make([]string, 10),
		Train: trainer.Images{Labels: make([]uint16, 1000)},
	}, nil
}

// site is a service with pages over a store in memory.
type site struct {
	*pageStore
	app    *fiber.App
	forest *pageForest
	woken  int
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{pageStore: &pageStore{records: map[string][]trainer.EpochRecord{}}, forest: openForest()}
	datasets := pageDatasets{dataset.Open(t.TempDir())}
	server := &api.Server{
		Service: service.Service{Store: s.pageStore, Datasets: datasets, Version: "test"},
		Store:   s.pageStore, Datasets: datasets, Analyst: s.forest, Feed: pageFeed{}, Wake: func() { s.woken++ },
		Version: "test", Log: slog.New(slog.DiscardHandler), Uploads: t.TempDir(),
	}
	site, err := New(Options{
		Server: server, Service: server.Service, Store: s.pageStore, Datasets: datasets, Wake: server.Wake,
		Web: os.DirFS("../../web"), Examples: os.DirFS("../../examples"), Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Site = site
	if s.app, err = server.App(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// pageAnswer is what a page was answered with.
type pageAnswer struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(t *testing.T, r *http.Request) pageAnswer {
	t.Helper()
	r.Header.Set("Accept", "text/html")
	response, err := s.app.Test(r, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return pageAnswer{response.StatusCode, response.Header, string(body)}
}

func (s *site) get(t *testing.T, address string) pageAnswer {
	t.Helper()
	return s.do(t, httptest.NewRequest(http.MethodGet, address, nil))
}

// post sends a form; the field "file" is sent as a file.
func (s *site) post(t *testing.T, address string, fields map[string]string) pageAnswer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range fields {
		var part io.Writer
		var err error
		if name == "file" {
			part, err = w.CreateFormFile(name, "net.json")
		} else {
			part, err = w.CreateFormField(name)
		}
		if err == nil {
			_, err = io.WriteString(part, value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, address, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return s.do(t, r)
}

// says fails where a text is missing in a page, white space aside.
func (a pageAnswer) says(t *testing.T, texts ...string) {
	t.Helper()
	body := strings.Join(strings.Fields(a.body), " ")
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("%q is missing in %s", text, body)
		}
	}
}

// Ids of what the fixtures have.
const (
	pageAdviceID = "0193a1f0-0000-7000-8000-000000000001"
	pageProbeID  = "0193a1f0-0000-7000-8000-000000000002"
	pageVerifyID = "0193a1f0-0000-7000-8000-000000000003"
	pageFullID   = "0193a1f0-0000-7000-8000-000000000004"
	pageFreshID  = "0193a1f0-0000-7000-8000-000000000005"
	pageNobody   = "0193a1f0-0000-7000-8000-00000000ffff"
)

const pageEvil = `<img src=x onerror=alert(1)>`

func pageArchitecture(t *testing.T, filters int) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse(fmt.Appendf(nil, `{"name": %q, "input": [28, 28, 1], "classes": 10, "layers": [
		{"type": "conv", "name": %q, "filters": %d, "kernel": 3}, {"type": "flatten"},
		{"type": "dense", "units": 10, "activation": "softmax"}],
		"training": {"epochs": 15}}`, pageEvil+" net", pageEvil, filters), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}

// pageRecords are three records with two layers; the last has a missing loss.
func pageRecords() []trainer.EpochRecord {
	var records []trainer.EpochRecord
	for i, epoch := range []float64{0, 0.25, 1} {
		r := trainer.EpochRecord{Epoch: epoch, TrainLoss: 2, TrainAccuracy: 0.25, ValidationLoss: trainer.Missing,
			ValidationAccuracy: trainer.Number(i) / 4,
			TestLoss:           trainer.Missing, TestAccuracy: trainer.Missing, Seconds: float64(i)}
		for j, name := range []string{pageEvil, "dense1"} {
			l := trainer.LayerStatistics{Layer: name, Type: trainer.Conv, DeadUnits: trainer.Missing}
			l.Activations.Variance = trainer.Number(1 + i + 10*j)
			l.Weights.Mean = trainer.Number(i - 1)
			r.Layers = append(r.Layers, l)
		}
		records = append(records, r)
	}
	return records
}

// pagePrediction is a prediction with a mean.
func pagePrediction(mean float64) *advisor.Prediction {
	return &advisor.Prediction{
		Target: advisor.Target{Images: 1000, Epochs: 15}, TestAccuracy: mean, Low: mean - 0.05, High: mean + 0.05,
		Confidence: 0.8, PastRuns: 40, HeldOutR2: 0.87, Deciles: []trainer.Number{0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1},
		Warnings: []string{"<b>far</b> from the past runs"},
	}
}

// withAdvice puts a succeeded advice with a revised architecture into the store.
func (s *site) withAdvice(t *testing.T) *advisor.Advice {
	t.Helper()
	base, better := pageArchitecture(t, 8), pageArchitecture(t, 16)
	s.advice = append([]advisor.Advice{
		{ID: pageAdviceID, State: advisor.Succeeded, Dataset: advisor.DefaultDataset, Architecture: base,
			ProbeRun: pageProbeID, Warnings: []string{"/training/seed: <i>default</i>"},
			Request: advisor.Request{
				Dataset: advisor.DefaultDataset, Probe: advisor.ProbeRequest{Epochs: 2, Images: 900, Seed: 1}, Epochs: 15,
				Verify: true,
			}, Prediction: pagePrediction(0.71),
			Diagnoses: []advisor.Diagnosis{
				{Rule: "parabolic-layer", Layer: "dense1", Statistic: "activation_variance_acceleration", Severity: advisor.High,
					Message: "dense1: <u>accelerates</u>"},
			},
			Suggestions: []advisor.Suggestion{
				{Rank: 1, Title: "Filters of " + pageEvil + " to 16", Rules: []string{"parabolic-layer"},
					Reason: "because <s>so</s>", Edits: []patch.Edit{{Op: "add", Path: "/layers/0/filters", Value: 16}},
					Diff: []string{pageEvil + ": filters 8 → 16"}, Verdict: advisor.Better,
					Predicted: &advisor.Expectation{TestAccuracy: 0.74, Low: 0.69, High: 0.79},
					Gain: &advisor.Gain{Mean: 0.023, Low: 0.004, High: 0.042, Confidence: 0.8, Seeds: 1, Noise: 0.007,
						Pairs: 600},
					Trial: &advisor.Trial{Run: pageVerifyID, Epochs: 0.25, Observed: 0.031, Cost: 1},
					Verified: &advisor.Verification{Run: pageFreshID, Epochs: 2, Gain: 0.023, Low: 0.004, High: 0.042,
						Observed: 0.028, Seeds: []uint64{2}},
					Parts: []advisor.Part{{Title: "More of " + pageEvil, Gain: 0.011}}},
			}, Summary: "Better: 1 change in " + pageEvil + ".",
			RateTest: pageRateTest(),
			Search: &advisor.Search{Budget: 1, Spent: 0.9, Rounds: 1, Steps: []advisor.SearchStep{
				{Round: 1, Epochs: 0.25, Kept: 1, Spent: 0.4, Tried: []advisor.Tried{
					{Title: "Filters of " + pageEvil, Observed: 0.031, Gain: 0.03, Low: -0.01, High: 0.07}}}}},
			Revised: &advisor.Revised{Architecture: better, Prediction: pagePrediction(0.74), Verified: true, Rank: 1},
			Created: time.Now().Add(-2 * time.Hour)},
	}, s.advice...)
	s.runs = append(s.runs, advisor.Run{ID: pageProbeID, Kind: advisor.Probe, State: advisor.Succeeded, Architecture: base,
		Dataset: advisor.DefaultDataset,
		Budget:  trainer.Budget{Images: 900, Epochs: 15}, StopAfter: 2, Seed: 1, Advice: pageAdviceID})
	s.records[pageProbeID], s.records[pageVerifyID] = pageRecords(), pageRecords()[:2]
	return &s.advice[0]
}

// withRun puts a full run of the advice's revised architecture into the store.
func (s *site) withRun(t *testing.T, state advisor.State) *advisor.Run {
	t.Helper()
	r := advisor.Run{
		ID: pageFullID, Kind: advisor.Full, State: state, Architecture: pageArchitecture(t, 16),
		Dataset: advisor.DefaultDataset, Budget: trainer.Budget{Images: 900, Epochs: 15}, StopAfter: 15, Seed: 1,
		FromAdvice: pageAdviceID, Predicted: pagePrediction(0.74), Created: time.Now().Add(-time.Minute),
	}
	if state == advisor.Succeeded {
		r.Weights = &advisor.Weights{Epoch: 9, Bytes: 4096, SHA256: "e3b0"}
		r.Outcome = &trainer.Outcome{Epochs: 15, TrainLoss: 0.1, TrainAccuracy: 0.9, ValidationLoss: 0.2,
			ValidationAccuracy: 0.8, TestLoss: 0.3, TestAccuracy: 0.75,
			Parameters: 1000, Seconds: 12, ParameterEfficiency: 0.012, Device: "cpu"}
	}
	s.runs, s.records[pageFullID] = append(s.runs, r), pageRecords()
	return &s.runs[len(s.runs)-1]
}

// pageRateTest suggests what it found beside points of which the last is not finite.
func pageRateTest() *advisor.RateTest {
	r := &advisor.RateTest{Suggested: 0.0042, Epochs: 0.4}
	for i, loss := range []trainer.Number{2.3, 1.1, trainer.Missing} {
		p := trainer.SweepPoint{LearningRate: []float64{0.0001, 0.042, 0.1}[i], Loss: loss}
		r.Points = append(r.Points, advisor.RatePoint{SweepPoint: p, Smoothed: loss})
	}
	return r
}
