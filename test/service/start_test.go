package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"probewise/advisor"
	"probewise/advisor/rule"
	"probewise/advisor/service"
	"probewise/api"
	"probewise/api/pages"
	"probewise/db"
	"probewise/jobs"
	"probewise/trainer"
	"probewise/trainer/dataset"
	"probewise/web"
)

// TestMain looks for goroutines of ours that outlive their service. Fasthttp has two that sleep.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// runningService is a service under test.
type runningService struct {
	t        *testing.T
	url      string
	db       *db.DB
	contract *contract
	trainer  *fakeTrainer
	stop     func() // as SIGTERM would; returns when everything has ended
	log      *journal
}

// journal is a log that is written and read at the same time.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// start runs a service on a database in dir until the test ends. The changes are to what is usual.
func start(t *testing.T, dir string, s *fakeTrainer, changes ...func(*api.Server)) *runningService {
	t.Helper()
	store, err := db.Open(t.Context(), filepath.Join(dir, "probewise.db"))
	if err != nil {
		t.Fatal(err)
	}
	work := service.Service{Store: store, Datasets: dataset.Open(dir), Trainer: s, Predictor: forecaster{}, Judge: judge{},
		Rules: rule.Driver{}, Version: "test"}
	feed := &jobs.Feed{Log: store}
	worker := jobs.NewWorker(store, work)
	worker.Watch = func(l advisor.Lease, e advisor.Event) { feed.Publish(l.Kind, l.ID, e) }
	var log journal
	server := &api.Server{
		Service: work, Store: store, Datasets: dataset.Open(dir), Analyst: cards{}, Feed: feed, Wake: worker.Wake,
		Hosts: []string{"127.0.0.1"}, Uploads: filepath.Join(dir, "uploads"), Version: "test",
		Log: slog.New(slog.NewTextHandler(&log, nil)), Trouble: worker.Trouble,
	}
	server.Site, err = pages.New(pages.Options{
		Server: server, Service: work, Store: store, Datasets: dataset.Open(dir), Wake: worker.Wake,
		Web: web.Files, Examples: os.DirFS("../../examples"), Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		change(server)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var ended sync.WaitGroup
	for _, run := range []func() error{func() error { return worker.Run(ctx) },
		func() error { return server.Serve(ctx, listener) }} {
		ended.Go(func() {
			if err := run(); err != nil {
				t.Error(err)
			}
		})
	}
	out := &runningService{t: t, url: "http://" + listener.Addr().String(), db: store, trainer: s, log: &log}
	out.stop = sync.OnceFunc(func() {
		cancel()
		ended.Wait()
		http.DefaultClient.CloseIdleConnections()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(out.stop)
	out.contract = newContract(t, out.url)
	return out
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(a.body, into); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
}

// call sends a request and holds the answer against the contract.
func (s *runningService) call(method, path, body string, headers ...string) answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewBufferString(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	s.contract.check(s.t, request, body, response, content)
	return answer{response.StatusCode, response.Header, content}
}

// want sends a request and fails the test where the status is another.
func (s *runningService) want(status int, method, path, body string, headers ...string) answer {
	s.t.Helper()
	got := s.call(method, path, body, headers...)
	if got.status != status {
		s.t.Fatalf("%s %s: %d, want %d: %s", method, path, got.status, status, got.body)
	}
	return got
}

const architecture = `{"version":1,"name":"small","layers":[
	{"type":"conv","filters":8,"kernel":3,"padding":"same","activation":"relu"},{"type":"max_pool","size":4},
	{"type":"conv","filters":8,"kernel":3,"padding":"same","activation":"relu"},{"type":"flatten"},
	{"type":"dense","units":16,"activation":"relu"},{"type":"dense","units":32,"activation":"relu"},
	{"type":"dense","units":10,"activation":"softmax"}],
	"training":{"epochs":15}}`

// named is the architecture under another name.
func named(name string) string {
	return `{"architecture":` +
		string(bytes.Replace([]byte(architecture), []byte(`"small"`), fmt.Appendf(nil, "%q", name), 1)) +
		`,"dataset":"fashion-mnist-sample","probe":{"epochs":2,"images":1000}}`
}

// fakeTrainer trains by formula: wider nets are better. At the epochs that it is told to, it waits.
type fakeTrainer struct {
	mu    sync.Mutex
	gates map[float64]chan struct{}
	at    chan float64 // hears of each epoch that is waited at
}

func newFakeTrainer() *fakeTrainer {
	return &fakeTrainer{gates: map[float64]chan struct{}{}, at: make(chan float64, 10)}
}

// gate makes every training wait before the epoch until the returned function is called.
func (s *fakeTrainer) gate(epoch float64) (open func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := make(chan struct{})
	s.gates[epoch] = c
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.gates, epoch)
		close(c)
	}
}

func (s *fakeTrainer) wait(ctx context.Context, epoch float64) error {
	s.mu.Lock()
	c := s.gates[epoch]
	s.mu.Unlock()
	if c == nil {
		return ctx.Err()
	}
	s.at <- epoch
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *fakeTrainer) Start(_ context.Context, spec trainer.Spec) (trainer.Session, error) {
	return &fakeSession{fakeTrainer: s, spec: spec, records: moments}, nil
}

// Sweep has a loss that falls to the end, which is not finite.
func (s *fakeTrainer) Sweep(ctx context.Context, _ trainer.Spec, w trainer.Sweep,
	see func(trainer.SweepPoint) bool) error {
	for i := range w.Updates {
		p := trainer.SweepPoint{LearningRate: w.Rate(i), Loss: trainer.Number(2 - float64(i)/float64(w.Updates))}
		if i == w.Updates-1 {
			p.Loss = trainer.Missing
		}
		if !see(p) {
			break
		}
	}
	return ctx.Err()
}

var moments = []float64{0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75, 3, 4, 5, 6, 7, 8, 9,
	10, 11, 12, 13, 14, 15}

type fakeSession struct {
	*fakeTrainer
	spec    trainer.Spec
	records []float64
}

func (l *fakeSession) Close() error { return nil }

// BestWeights are those of the last epoch, which is always the best.
func (l *fakeSession) BestWeights() []trainer.Tensor {
	if !l.spec.KeepBest {
		return nil
	}
	return []trainer.Tensor{{Name: "dense3.bias", Shape: []int{10}, Values: make([]float32, 10)}}
}

func (l *fakeSession) TrainTo(ctx context.Context, moment float64, o trainer.Observer) (trainer.Outcome, error) {
	cost := l.spec.Architecture.Cost()
	accuracy := func(at float64) trainer.Number {
		return trainer.Number(0.9 - 0.8*math.Exp(-at*math.Log10(float64(cost.MultiplyAdds))/6))
	}
	for len(l.records) > 0 && l.records[0] <= moment {
		at := l.records[0]
		if err := l.wait(ctx, at); err != nil {
			return trainer.Outcome{}, err
		}
		o.Progress(trainer.Progress{Batch: int(at * 4), Batches: 4 * l.spec.Budget.Epochs, Epoch: int(at) + 1})
		if err := o.Record(ctx, l.record(at, accuracy(at))); err != nil {
			return trainer.Outcome{}, err
		}
		l.records = l.records[1:]
	}
	a := accuracy(moment)
	out := trainer.Outcome{
		Epochs: int(moment), TrainLoss: 0.5, TrainAccuracy: a, ValidationLoss: 0.6, ValidationAccuracy: a, TestLoss: 0.6,
		TestAccuracy: a - 0.01, Parameters: cost.Parameters, Seconds: 1,
		ParameterEfficiency: trainer.Number(1 / float64(cost.Parameters)), Device: "formula",
	}
	if l.spec.KeepBest {
		out.Best = &trainer.BestEpoch{Epoch: int(moment), ValidationAccuracy: a, ValidationLoss: 0.6, TestAccuracy: a - 0.01,
			TestLoss: 0.6}
	}
	return out, nil
}

func (l *fakeSession) record(at float64, accuracy trainer.Number) trainer.EpochRecord {
	r := trainer.EpochRecord{Epoch: at, LearningRate: 0.001, TrainLoss: trainer.Number(2 - at/10), TrainAccuracy: accuracy,
		ValidationLoss:     trainer.Number(2 - at/12),
		ValidationAccuracy: accuracy, TestLoss: trainer.Missing, TestAccuracy: trainer.Missing, Seconds: at}
	if at == 0 {
		r.TrainLoss, r.TrainAccuracy = trainer.Missing, trainer.Missing
	}
	for i, layer := range l.spec.Architecture.Layers {
		if layer.HasWeights() {
			s := trainer.Statistics{Mean: 0, Variance: trainer.Number(0.01 * float64(i+1)), MaxAbs: 0.3, ShareBelow: 0.1,
				ShareZero: 0, L2Norm: 1,
				Histogram: make([]float32, trainer.HistogramBins)}
			s.Histogram[3] = 1
			r.Layers = append(r.Layers, trainer.LayerStatistics{Layer: layer.Name, Type: layer.Type, Weights: s, Gradients: s,
				Activations: s, DeadUnits: trainer.Missing})
		}
	}
	return r
}

// forecaster predicts by formula: the last validation accuracy, or the logarithm of the cost.
type forecaster struct{}

func (f forecaster) Snapshot(context.Context, advisor.Key) (advisor.Forecaster, error) { return f, nil }

func (forecaster) FromProbe(_ context.Context, r advisor.ProbeResult) (advisor.Prediction, error) {
	return forecast(float64(r.Records[len(r.Records)-1].ValidationAccuracy)), nil
}

func (forecaster) FromArchitecture(_ context.Context, a trainer.Architecture) (advisor.Prediction, error) {
	return forecast(math.Log10(float64(a.Cost().MultiplyAdds)) / 10), nil
}

func (f forecaster) Without(...trainer.Architecture) advisor.Forecaster { return f }
func (f forecaster) Reference() advisor.Reference                       { return nothing{} }

func forecast(accuracy float64) advisor.Prediction {
	return advisor.Prediction{
		Target: advisor.Target{Images: 1000, Epochs: 15}, TestAccuracy: accuracy, Low: accuracy - 0.05,
		High: min(accuracy+0.05, 1), Confidence: 0.8, PastRuns: 40, Forest: "formula", HeldOutR2: 0.5,
		Deciles: []trainer.Number{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.88, 0.9}, Warnings: []string{},
	}
}

type nothing struct{}

func (nothing) Values(advisor.Quantity) []float64 { return nil }
func (nothing) Runs() int                         { return 0 }

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second
