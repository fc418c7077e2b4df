package service

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"probewise/advisor"
	"probewise/trainer"
)

// fakeStore keeps one advice in memory, as strictly as the database does, and notes what is done to it.
type fakeStore struct {
	mu       sync.Mutex
	advice   advisor.Advice
	runs     map[string]advisor.Run
	order    []string // of the runs, the oldest first
	records  map[string][]trainer.EpochRecord
	reasons  map[string]string // why runs failed
	next     []advisor.Run
	events   []advisor.Event
	keys     map[string]advisor.Submission
	weights  map[string]fakeFile // by run
	released bool
	left     int              // runs that were unfinished when the advice ended
	reason   string           // of a job that was abandoned
	faults   map[string]error // by method
}

func (l *fakeStore) begin(r advisor.Run) {
	l.runs, l.order = map[string]advisor.Run{r.ID: r}, []string{r.ID}
	l.records, l.reasons = map[string][]trainer.EpochRecord{}, map[string]string{}
}
func (l *fakeStore) CreateAdvice(ctx context.Context, a advisor.Advice, probe advisor.Run, _ string,
	key advisor.IdempotencyKey) error {
	if err := l.Remember(ctx, advisor.Submission{IdempotencyKey: key, Kind: advisor.JobAdvice, ID: a.ID}); err != nil {
		return err
	}
	l.advice = a
	l.begin(probe)
	return nil
}
func (l *fakeStore) CreateRun(ctx context.Context, r advisor.Run, _ string, key advisor.IdempotencyKey) error {
	if err := l.Remember(ctx, advisor.Submission{IdempotencyKey: key, Kind: advisor.JobRun, ID: r.ID}); err != nil {
		return err
	}
	l.begin(r)
	return nil
}
func (l *fakeStore) Remember(_ context.Context, s advisor.Submission) error {
	if _, used := l.keys[s.Key]; used {
		return advisor.ErrSubmitted
	}
	if s.Key != "" {
		l.keys = map[string]advisor.Submission{s.Key: s}
	}
	return nil
}
func (l *fakeStore) FindSubmission(_ context.Context, key string) (advisor.Submission, bool, error) {
	s, found := l.keys[key]
	return s, found, nil
}
func (l *fakeStore) ListRuns(_ context.Context, f advisor.RunFilter) (found []advisor.Run, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range slices.Backward(l.order) {
		r, there := l.runs[id]
		if there && (f.FromAdvice == "" || r.FromAdvice == f.FromAdvice) && (f.Advice == "" || r.Advice == f.Advice) &&
			(f.State == "" || r.State == f.State) {
			found = append(found, r)
		}
	}
	return found, l.faults["ListRuns"]
}
func (l *fakeStore) AppendEvent(_ context.Context, _ advisor.Lease, e advisor.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.faults["AppendEvent"]; err != nil {
		return err
	}
	l.events = append(l.events, e)
	return nil
}
func (l *fakeStore) FindUnfinishedAdvice(context.Context, string) (advisor.Advice, bool, error) {
	return advisor.Advice{}, false, nil
}
func (l *fakeStore) FindUnfinishedRun(context.Context, string) (advisor.Run, bool, error) {
	return advisor.Run{}, false, nil
}
func (l *fakeStore) Advice(context.Context, string) (advisor.Advice, error) { return l.advice, nil }
func (l *fakeStore) Run(_ context.Context, id string) (advisor.Run, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.runs[id], nil
}
func (l *fakeStore) Heartbeat(context.Context, advisor.Lease, time.Time) error {
	return l.fault("Heartbeat")
}

// Release queues the job again: its training starts afresh, finished trainings of advice stay.
func (l *fakeStore) Release(context.Context, advisor.Lease) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.released = true
	for _, id := range slices.Collect(maps.Keys(l.runs)) {
		r := l.runs[id]
		if r.State.Finished() || r.Advice == "" {
			continue
		}
		delete(l.records, id)
		if r.State = advisor.Queued; id == l.advice.ProbeRun {
			l.runs[id] = r
		} else {
			delete(l.runs, id)
		}
	}
	return nil
}
func (l *fakeStore) Abandon(_ context.Context, _ advisor.Lease, r string) error {
	l.reason = r
	return nil
}
func (l *fakeStore) Cancelled(context.Context, advisor.Lease) error {
	l.advice.State = advisor.Cancelled
	return nil
}
func (l *fakeStore) AddChildRun(_ context.Context, _ advisor.Lease, r advisor.Run) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.faults["AddChildRun"]; err != nil {
		return err
	}
	if _, there := l.runs[r.ID]; there || r.State != advisor.Running || r.Advice != l.advice.ID {
		return errors.New("no new running run of the advice")
	}
	l.runs[r.ID], l.order = r, append(l.order, r.ID)
	return nil
}
func (l *fakeStore) StartRun(_ context.Context, _ advisor.Lease, id string) error {
	return l.set(id, advisor.Running, nil)
}
func (l *fakeStore) Records(_ context.Context, id string) ([]trainer.EpochRecord, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.records[id]), l.faults["Records"]
}
func (l *fakeStore) AppendRecord(ctx context.Context, _ advisor.Lease, id string, r trainer.EpochRecord) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.faults["AppendRecord"]; err != nil {
		return err
	}
	if l.runs[id].State != advisor.Running {
		return errors.New("the run is not running")
	}
	if n := len(l.records[id]); n > 0 && l.records[id][n-1].Epoch >= r.Epoch {
		return errors.New("the run already has such a record")
	}
	l.records[id] = append(l.records[id], r)
	return ctx.Err()
}
func (l *fakeStore) KeepWeights(_ context.Context, _ advisor.Lease, id string, epoch int,
	write func(io.Writer) error) error {
	if err := l.faults["KeepWeights"]; err != nil {
		return err
	}
	var text bytes.Buffer
	err := write(&text)
	l.weights = map[string]fakeFile{id: {epoch, text.Bytes()}}
	return err
}
func (l *fakeStore) FinishRun(_ context.Context, _ advisor.Lease, id string, s advisor.State,
	o *trainer.Outcome, reason string) error {
	if err := l.fault("FinishRun"); err != nil {
		return err
	}
	if err := l.set(id, s, o); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reasons[id] = reason
	return nil
}
func (l *fakeStore) FinishAdvice(_ context.Context, _ advisor.Lease, a advisor.Advice, next ...advisor.Run) error {
	if err := l.faults["FinishAdvice"]; err != nil {
		return err
	}
	l.left = l.unfinished()
	l.advice, l.next = a, next
	return nil
}
func (l *fakeStore) set(id string, s advisor.State, o *trainer.Outcome) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.runs[id]
	if err := r.State.Check(s); err != nil {
		return err
	}
	r.State, r.Outcome = s, o
	l.runs[id] = r
	return nil
}

// fakeFile is a file with the weights of an epoch.
type fakeFile struct {
	epoch int
	text  []byte
}

// fail makes a method fail from now on.
func (l *fakeStore) fail(method string, fault error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = map[string]error{method: fault}
}

// fault is what a method fails for.
func (l *fakeStore) fault(method string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faults[method]
}

// unfinished counts the runs that have not ended.
func (l *fakeStore) unfinished() (n int) {
	for _, r := range l.runs {
		if !r.State.Finished() {
			n++
		}
	}
	return n
}

// count is how many runs of the advice are in a state, its probe left out.
func (l *fakeStore) count(s advisor.State) (n int) {
	for id, r := range l.runs {
		if r.State == s && id != l.advice.ProbeRun {
			n++
		}
	}
	return n
}

type fakeDatasets struct{}

func (fakeDatasets) Load(context.Context, string) (*trainer.Dataset, error) {
	return &trainer.Dataset{
		Name:     "made-up",
		ID:       "id",
		Height:   28,
		Width:    28,
		Channels: 1,
		Classes:  make([]string, 10),
		Train:    trainer.Images{Labels: make([]uint16, 100)},
	}, nil
}
