package service

import (
	"context"
	"errors"
	"math"
	"sync"

	"probewise/advisor"
	"probewise/advisor/gain"
	"probewise/trainer"
)

// fakeTrainer trains by formula: the accuracy of a net at an epoch follows from its architecture and the seed.
type fakeTrainer struct {
	accuracy func(s trainer.Spec, epoch float64) float64 // NaN: diverges there
	fault    error
	// tooLarge says whether the memory does not allow a net beside so many others.
	tooLarge func(a trainer.Architecture, others int) bool
	late     bool // which shows when it is trained
	before   func(s trainer.Spec, epoch float64)
	// sweep is the loss of an update at a rate; nil: least at 0.02, on average at about 0.06
	sweep   func(rate float64) float64
	refuses error // sweeps, at their twentieth update

	mu    sync.Mutex
	open  int
	most  int     // sessions open at once
	flops float64 // trained, of one image
	swept []trainer.Spec
}

// Sweep implements ratetest.Trainer.
func (f *fakeTrainer) Sweep(ctx context.Context, s trainer.Spec, w trainer.Sweep,
	see func(trainer.SweepPoint) bool) error {
	f.swept = append(f.swept, s)
	batch := float64(s.Architecture.Training.BatchSize) / float64(s.Budget.Training()) // in epochs
	for i := range w.Updates {
		if f.before != nil {
			f.before(s, -1)
		}
		if f.refuses != nil && i == 20 {
			return f.refuses
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		loss := math.Abs(math.Log10(w.Rate(i)) - math.Log10(0.02))
		if f.sweep != nil {
			loss = f.sweep(w.Rate(i))
		}
		f.flops += batch * float64(s.Architecture.Cost().TrainingFLOPs)
		if !see(trainer.SweepPoint{LearningRate: w.Rate(i), Loss: trainer.Number(loss)}) {
			break
		}
	}
	return nil
}

func (f *fakeTrainer) Start(_ context.Context, spec trainer.Spec) (trainer.Session, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault != nil {
		return nil, f.fault
	}
	if !f.late && f.tooLarge != nil && f.tooLarge(spec.Architecture, f.open) {
		return nil, &trainer.MemoryError{Needed: 3 << 20, Limit: 2 << 20}
	}
	f.open++
	f.most = max(f.most, f.open)
	return &fakeSession{fakeTrainer: f, spec: spec, epoch: -1}, nil
}

// BestWeights implements trainer.Session.
func (s *fakeSession) BestWeights() []trainer.Tensor {
	if !s.spec.KeepBest || s.epoch < 1 {
		return nil
	}
	return []trainer.Tensor{{Name: "dense1.bias", Shape: []int{1}, Values: []float32{float32(s.epoch)}}}
}

type fakeSession struct {
	*fakeTrainer
	spec   trainer.Spec
	epoch  float64 // of the last record; -1: none yet
	closed bool
}

func (s *fakeSession) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("closed twice")
	}
	s.closed = true
	s.open--
	return nil
}

// step is the next moment of which there is a record: quarters before epoch 3.
func (s *fakeSession) step() float64 {
	switch {
	case s.epoch < 0:
		return 0
	case s.epoch < 3:
		return s.epoch + 0.25
	}
	return s.epoch + 1
}

func (s *fakeSession) TrainTo(ctx context.Context, moment float64, o trainer.Observer) (trainer.Outcome, error) {
	for s.epoch < moment {
		if s.before != nil {
			s.before(s.spec, s.step())
		}
		if err := ctx.Err(); err != nil {
			return trainer.Outcome{}, err
		}
		s.mu.Lock()
		refused := s.late && s.tooLarge(s.spec.Architecture, s.open-1)
		s.mu.Unlock()
		if refused {
			return trainer.Outcome{}, &trainer.MemoryError{On: "gpu:0", Err: errors.New("OutOfMemory")}
		}
		accuracy := s.accuracy(s.spec, s.step())
		if math.IsNaN(accuracy) {
			return trainer.Outcome{Diverged: true, DivergedEpoch: int(s.step()) + 1, Epochs: int(s.step())}, nil
		}
		s.mu.Lock()
		s.flops += (s.step() - max(s.epoch, 0)) * float64(s.spec.Architecture.Cost().TrainingFLOPs)
		s.mu.Unlock()
		s.epoch = s.step()
		o.Progress(trainer.Progress{Batch: int(4 * s.epoch), Batches: s.spec.Budget.Epochs, Epoch: int(s.epoch)})
		err := o.Record(ctx, trainer.EpochRecord{
			Epoch: s.epoch, ValidationLoss: 1, ValidationAccuracy: trainer.Number(accuracy)})
		if err != nil {
			return trainer.Outcome{}, err
		}
	}
	out := trainer.Outcome{Epochs: int(s.epoch), ValidationAccuracy: 0.5}
	if s.spec.KeepBest {
		out.Best = &trainer.BestEpoch{Epoch: int(s.epoch), ValidationAccuracy: 0.5}
	}
	return out, nil
}

// fakeJudge foretells what the trial shows, and nothing before any; none says that it cannot.
type fakeJudge struct {
	none bool
	wide float64 // half of the interval; 0: one point
}

func (j fakeJudge) Foretell(_ context.Context, base advisor.ProbeResult, _ trainer.Architecture,
	trial advisor.ProbeResult, moment float64) (gain.Gain, error) {
	if j.none {
		return gain.Gain{}, &gain.NoJudgeError{Reason: "3 pairs of runs, and 40 are the least"}
	}
	mean, wide := 0.0, orDefault(j.wide, 0.01)
	if moment > 0 {
		mean = gain.Observed(base, trial, moment)
	}
	return gain.Gain{Mean: mean, Low: mean - wide, High: mean + wide, Confidence: 0.8, Noise: 0.005, Pairs: 100}, nil
}

// fakeRules proposes what it holds.
type fakeRules []advisor.Proposal

func (s fakeRules) Examine(advisor.Case) (diagnoses []advisor.Diagnosis, proposals []advisor.Proposal) {
	for _, p := range s {
		diagnoses = append(diagnoses, advisor.Diagnosis{Rule: p.Rule, Severity: advisor.Medium})
	}
	return diagnoses, s
}

// fakePredictor predicts one accuracy, or nothing at all.
type fakePredictor struct {
	reason   string
	accuracy float64
}

func (p fakePredictor) Snapshot(context.Context, advisor.Key) (advisor.Forecaster, error) {
	return p, nil
}

func (p fakePredictor) FromArchitecture(context.Context, trainer.Architecture) (advisor.Prediction, error) {
	if p.reason != "" {
		return advisor.Prediction{}, &advisor.NoPredictionError{Reason: p.reason}
	}
	return advisor.Prediction{TestAccuracy: p.accuracy, Low: p.accuracy - 0.02, High: p.accuracy + 0.02}, nil
}

func (p fakePredictor) FromProbe(ctx context.Context, r advisor.ProbeResult) (advisor.Prediction, error) {
	return p.FromArchitecture(ctx, r.Architecture)
}

func (p fakePredictor) Without(...trainer.Architecture) advisor.Forecaster { return p }

func (fakePredictor) Reference() advisor.Reference { return nothingKnown{} }

type nothingKnown struct{}

func (nothingKnown) Values(advisor.Quantity) []float64 { return nil }
func (nothingKnown) Runs() int                         { return 0 }
