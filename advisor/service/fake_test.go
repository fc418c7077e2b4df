package service

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"time"

	"probewise/advisor"
	"probewise/trainer"
)

// fakeStore keeps one advice in memory and notes what is done to it.
type fakeStore struct {
	advice   advisor.Advice
	runs     map[string]advisor.Run
	records  map[string][]trainer.EpochRecord
	next     []advisor.Run
	events   []advisor.Event
	keys     map[string]advisor.Submission
	weights  map[string]fakeFile // by run
	released bool
	reason   string           // of a job that was abandoned
	faults   map[string]error // by method
}

func (l *fakeStore) CreateAdvice(ctx context.Context, a advisor.Advice, probe advisor.Run, _ string,
	key advisor.IdempotencyKey) error {
	if err := l.Remember(ctx, advisor.Submission{IdempotencyKey: key, Kind: advisor.JobAdvice, ID: a.ID}); err != nil {
		return err
	}
	l.advice, l.runs, l.records = a, map[string]advisor.Run{probe.ID: probe}, map[string][]trainer.EpochRecord{}
	return nil
}
func (l *fakeStore) CreateRun(ctx context.Context, r advisor.Run, _ string, key advisor.IdempotencyKey) error {
	if err := l.Remember(ctx, advisor.Submission{IdempotencyKey: key, Kind: advisor.JobRun, ID: r.ID}); err != nil {
		return err
	}
	l.runs, l.records = map[string]advisor.Run{r.ID: r}, map[string][]trainer.EpochRecord{}
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
	for _, r := range l.runs {
		if r.FromAdvice == f.FromAdvice {
			found = append(found, r)
		}
	}
	return found, nil
}
func (l *fakeStore) AppendEvent(_ context.Context, _ advisor.Lease, e advisor.Event) error {
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
func (l *fakeStore) Advice(context.Context, string) (advisor.Advice, error)    { return l.advice, nil }
func (l *fakeStore) Run(_ context.Context, id string) (advisor.Run, error)     { return l.runs[id], nil }
func (l *fakeStore) Heartbeat(context.Context, advisor.Lease, time.Time) error { return nil }
func (l *fakeStore) Release(context.Context, advisor.Lease) error              { l.released = true; return nil }
func (l *fakeStore) Abandon(_ context.Context, _ advisor.Lease, r string) error {
	l.reason = r
	return nil
}
func (l *fakeStore) Cancelled(context.Context, advisor.Lease) error { return nil }
func (l *fakeStore) AddChildRun(_ context.Context, _ advisor.Lease, r advisor.Run) error {
	l.runs[r.ID] = r
	return nil
}
func (l *fakeStore) StartRun(_ context.Context, _ advisor.Lease, id string) error {
	return l.set(id, advisor.Running, nil)
}
func (l *fakeStore) Records(_ context.Context, id string) ([]trainer.EpochRecord, error) {
	return l.records[id], nil
}
func (l *fakeStore) AppendRecord(ctx context.Context, _ advisor.Lease, id string, r trainer.EpochRecord) error {
	if err := l.faults["AppendRecord"]; err != nil {
		return err
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
	o *trainer.Outcome, _ string) error {
	if err := l.faults["FinishRun"]; err != nil {
		return err
	}
	return l.set(id, s, o)
}
func (l *fakeStore) FinishAdvice(_ context.Context, _ advisor.Lease, a advisor.Advice, next ...advisor.Run) error {
	if err := l.faults["FinishAdvice"]; err != nil {
		return err
	}
	l.advice, l.next = a, next
	return nil
}
func (l *fakeStore) set(id string, s advisor.State, o *trainer.Outcome) error {
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

// fakeTrainer trains by formula: the accuracy of a net at an epoch follows from its architecture.
type fakeTrainer struct {
	accuracy func(a trainer.Architecture, epoch int) float64 // NaN: diverges in this epoch
	fault    error
	tooLarge func(a trainer.Architecture) bool // for the memory limit
	late     bool                              // which shows in the first epoch
	before   func(epoch int)
}

func (s *fakeTrainer) Start(_ context.Context, spec trainer.Spec) (trainer.Session, error) {
	if !s.late && s.tooLarge != nil && s.tooLarge(spec.Architecture) {
		return nil, &trainer.MemoryError{Needed: 3 << 20, Limit: 2 << 20}
	}
	return &fakeSession{fakeTrainer: s, spec: spec}, s.fault
}

type fakeSession struct {
	*fakeTrainer
	spec  trainer.Spec
	epoch int
}

func (s *fakeSession) Close() error { return nil }

func (s *fakeSession) BestWeights() []trainer.Tensor {
	if !s.spec.KeepBest || s.epoch == 0 {
		return nil
	}
	return []trainer.Tensor{{Name: "dense1.bias", Shape: []int{1}, Values: []float32{float32(s.epoch)}}}
}

func (s *fakeSession) TrainTo(ctx context.Context, moment float64, o trainer.Observer) (trainer.Outcome, error) {
	for float64(s.epoch) < moment {
		if s.before != nil {
			s.before(s.epoch + 1)
		}
		if err := ctx.Err(); err != nil {
			return trainer.Outcome{}, err
		}
		if s.late && s.tooLarge(s.spec.Architecture) {
			return trainer.Outcome{}, &trainer.MemoryError{On: "gpu:0", Err: errors.New("OutOfMemory")}
		}
		s.epoch++
		accuracy := s.accuracy(s.spec.Architecture, s.epoch)
		if math.IsNaN(accuracy) {
			return trainer.Outcome{Diverged: true, DivergedEpoch: s.epoch, Epochs: s.epoch - 1}, nil
		}
		o.Progress(trainer.Progress{Batch: s.epoch, Batches: s.spec.Budget.Epochs, Epoch: s.epoch})
		if err := o.Record(ctx,
			trainer.EpochRecord{Epoch: float64(s.epoch), ValidationAccuracy: trainer.Number(accuracy)}); err != nil {
			return trainer.Outcome{}, err
		}
	}
	out := trainer.Outcome{Epochs: s.epoch, ValidationAccuracy: 0.5}
	if s.spec.KeepBest {
		out.Best = &trainer.BestEpoch{Epoch: s.epoch, ValidationAccuracy: 0.5}
	}
	return out, nil
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

// fakeRules proposes what it holds.
type fakeRules []advisor.Proposal

func (s fakeRules) Examine(advisor.Case) (diagnoses []advisor.Diagnosis, proposals []advisor.Proposal) {
	for _, p := range s {
		diagnoses = append(diagnoses, advisor.Diagnosis{Rule: p.Rule, Severity: advisor.Medium})
	}
	return diagnoses, s
}

// fakePredictor predicts less for wider nets, or nothing at all.
type fakePredictor struct {
	reason string
	r2     float64
}

func (p fakePredictor) Snapshot(context.Context, advisor.Key) (advisor.Forecaster, error) {
	return p, nil
}

func (p fakePredictor) FromArchitecture(_ context.Context, a trainer.Architecture) (advisor.Prediction, error) {
	if p.reason != "" {
		return advisor.Prediction{}, &advisor.NoPredictionError{Reason: p.reason}
	}
	units := 0
	for _, l := range a.Layers {
		units += l.Units
	}
	return advisor.Prediction{TestAccuracy: 1 / float64(units), HeldOutR2: p.r2}, nil
}

func (p fakePredictor) FromProbe(ctx context.Context, r advisor.ProbeResult) (advisor.Prediction, error) {
	return p.FromArchitecture(ctx, r.Architecture)
}

func (p fakePredictor) Without(...trainer.Architecture) advisor.Forecaster { return p }

func (fakePredictor) Reference() advisor.Reference { return nothingKnown{} }

type nothingKnown struct{}

func (nothingKnown) Values(advisor.Quantity) []float64 { return nil }
func (nothingKnown) Runs() int                         { return 0 }
