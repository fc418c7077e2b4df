package predict

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/forest"
	"probewise/trainer"
)

// PastRuns reads past runs.
type PastRuns interface {
	Of(ctx context.Context, k advisor.Key) ([]advisor.PastRun, error)
	// Keys counts the past runs of a data set by key; "": of all data sets.
	Keys(ctx context.Context, dataset string) (map[advisor.Key]int, error)
}

// Predictor implements advisor.Predictor. It is safe for concurrent use.
type Predictor struct {
	Past PastRuns
	// Fit fits a forest; in the program, in a child process.
	Fit func(context.Context, forest.Table, forest.Options) (*forest.Model, error)
	// Score cross-validates a forest; in the program, in a child process.
	Score func(ctx context.Context, t forest.Table, o forest.Options, repeats int) (forest.Score, error)
	// Climb compares features with and without some of them; in the program, in a child process.
	Climb func(ctx context.Context, t forest.Table, rungs []forest.AblationStep, l forest.AblationOptions) ([]forest.AblationScore, error)
	// Relate relates columns to targets; in the program, in a child process.
	Relate func(ctx context.Context, t forest.Table) (forest.Related, error)
	// Folder keeps fitted models and their scores; "" keeps models in memory only.
	Folder string
	// FolderBytes bounds the folder: what was used longest ago goes. 0: 512 MiB, some 250 forests.
	FolderBytes int64
	// Background runs what no answer waits for: where it is set, new past runs are left out of account until their forests are
	// fitted (renew.go). Where it is nil, an answer waits for its forest.
	Background func(func(context.Context))

	fits    singleflight.Group // by model
	mu      sync.Mutex
	models  map[string]*forest.Model
	settled map[advisor.Key]*settled
}

// architectureOnly is the probe length of a prediction without a probe.
const architectureOnly = -1

// Snapshot implements advisor.Predictor.
func (p *Predictor) Snapshot(ctx context.Context, k advisor.Key) (advisor.Forecaster, error) {
	s, err := p.snapshot(ctx, k)
	if err != nil || p.Background == nil {
		return s, err
	}
	return p.settle(s), nil
}

func (p *Predictor) snapshot(ctx context.Context, k advisor.Key) (*snapshot, error) {
	runs, err := p.Past.Of(ctx, k)
	if err != nil {
		return nil, fmt.Errorf("read the past runs of %s: %w", k, err)
	}
	s := &snapshot{predictor: p, key: k, names: map[string]bool{}, traits: map[string][]string{}}
	for _, r := range runs {
		group := features.GroupOf(r.Architecture)
		if name := fmt.Sprint(group, r.Seed, r.DatasetID); !s.names[name] { // the same run again tells nothing new
			s.names[name] = true
			s.runs, s.groups = append(s.runs, r), append(s.groups, group)
			for _, trait := range features.Traits(r.Architecture) {
				s.traits[trait] = append(s.traits[trait], group)
			}
		}
	}
	s.reference = newReference(s.runs)
	return s, nil
}

// Table is what the forest of a key and probe length, in epochs, is fitted on.
func (p *Predictor) Table(ctx context.Context, k advisor.Key, epochs float64) (forest.Table, error) {
	s, err := p.snapshot(ctx, k)
	if err != nil {
		return forest.Table{}, err
	}
	return s.table(ctx, epochs)
}

// Forest returns the forest of a key and probe length, in epochs, and fits it where that has not been done.
func (p *Predictor) Forest(ctx context.Context, k advisor.Key, epochs float64) (*forest.Model, error) {
	s, err := p.snapshot(ctx, k)
	if err != nil {
		return nil, err
	}
	t, err := s.table(ctx, epochs)
	if err != nil {
		return nil, err
	}
	return s.forest(ctx, t, epochs)
}

// snapshot implements advisor.Forecaster.
type snapshot struct {
	predictor *Predictor
	key       advisor.Key
	runs      []advisor.PastRun
	groups    []string            // of the runs: their architecture, whatever the seed
	names     map[string]bool     // of the runs: architecture, seed, data set
	traits    map[string][]string // groups that have them
	reference *reference
	without   []string // groups that no prediction rests on
}

// Without implements advisor.Forecaster.
func (s *snapshot) Without(architectures ...trainer.Architecture) advisor.Forecaster {
	narrowed := *s
	narrowed.without = slices.Clone(s.without)
	for _, a := range architectures {
		narrowed.without = append(narrowed.without, features.GroupOf(a))
	}
	return &narrowed
}

// FromProbe implements advisor.Forecaster.
func (s *snapshot) FromProbe(ctx context.Context, r advisor.ProbeResult) (advisor.Prediction, error) {
	v := features.Probe(r.Architecture, r.Records, r.Outcome, float64(r.Epochs))
	return s.predict(ctx, float64(r.Epochs), r.Architecture, v)
}

// FromArchitecture implements advisor.Forecaster.
func (s *snapshot) FromArchitecture(ctx context.Context, a trainer.Architecture) (advisor.Prediction, error) {
	return s.predict(ctx, architectureOnly, a, features.Architecture(a))
}

// Reference implements advisor.Forecaster.
func (s *snapshot) Reference() advisor.Reference { return s.reference }

func (s *snapshot) predict(ctx context.Context, epochs float64, a trainer.Architecture, v features.Vector) (advisor.Prediction, error) {
	s.predictor.asked(s, epochs, features.GroupOf(a))
	t, err := s.table(ctx, epochs, features.GroupOf(a))
	if err != nil {
		return advisor.Prediction{}, err
	}
	model, err := s.forest(ctx, t, epochs)
	if err != nil {
		return advisor.Prediction{}, err
	}
	got, err := model.Predict(v.Values)
	if err != nil {
		return advisor.Prediction{}, fmt.Errorf("predict for %s: %w", s.key, err)
	}
	return advisor.Prediction{
		Target:       advisor.Target{Images: s.key.Images, Epochs: s.key.Epochs},
		TestAccuracy: got.Mean, Low: got.Low, High: got.High, Confidence: got.Confidence, Novelty: got.Novelty,
		PastRuns: got.PastRuns, Forest: model.ID(), HeldOutR2: model.R2(), Deciles: deciles(t.Y), Warnings: append(s.unseen(a), got.Warnings...),
	}, nil
}

// unseen warns of what none of the past runs has that a prediction about the architecture rests on.
func (s *snapshot) unseen(a trainer.Architecture) []string {
	left := append([]string{features.GroupOf(a)}, s.without...)
	traits := slices.DeleteFunc(features.Traits(a), func(trait string) bool {
		return slices.ContainsFunc(s.traits[trait], func(group string) bool { return !slices.Contains(left, group) })
	})
	if len(traits) == 0 {
		return []string{}
	}
	return []string{fmt.Sprintf("no past run has %s: what that does is not in this prediction", strings.Join(traits, ", "))}
}

// forest is that of the table; past runs that none can be fitted on are an *advisor.NoPredictionError.
func (s *snapshot) forest(ctx context.Context, t forest.Table, epochs float64) (*forest.Model, error) {
	model, err := s.predictor.model(ctx, t, asUsual)
	if errors.Is(err, forest.ErrEqualTargets) || errors.Is(err, forest.ErrTooFewGroups) {
		return nil, &advisor.NoPredictionError{Reason: fmt.Sprintf("the past runs of (%s) are too much alike: %v", s.key, err)}
	} else if err != nil {
		return nil, fmt.Errorf("fit the forest of %s at %g epochs: %w", s.key, epochs, err)
	}
	return model, nil
}

// asUsual are the options of the forests that predict accuracy.
var asUsual = forest.Options{Seed: 1}

// deciles returns the lowest, the first to ninth decile (linear interpolation between order statistics), and the highest.
func deciles(y []float64) []trainer.Number {
	sorted := slices.Sorted(slices.Values(y))
	out := make([]trainer.Number, 11)
	for i := range out {
		at := float64(i) / 10 * float64(len(sorted)-1)
		low := int(at)
		high := min(low+1, len(sorted)-1)
		out[i] = trainer.Number(sorted[low] + (at-float64(low))*(sorted[high]-sorted[low]))
	}
	return out
}

// table leaves out the runs of the given groups, so that no prediction rests on the answer.
func (s *snapshot) table(ctx context.Context, epochs float64, without ...string) (forest.Table, error) {
	var t forest.Table
	for i, r := range s.runs {
		if slices.Contains(without, s.groups[i]) || slices.Contains(s.without, s.groups[i]) || epochs != architectureOnly && !features.Covers(r, epochs) {
			continue
		}
		v := features.Architecture(r.Architecture)
		if epochs != architectureOnly {
			v = features.Probe(r.Architecture, r.Records, r.Outcome, epochs)
			t.Current = features.CurrentAccuracy
		}
		t.Names, t.Linear = v.Names, v.Linear
		t.X = append(t.X, v.Values)
		t.Y = append(t.Y, features.Target(r))
		t.Groups = append(t.Groups, s.groups[i])
	}
	if len(t.Y) < forest.MinPastRuns {
		return t, s.tooFew(ctx, epochs, len(t.Y))
	}
	return t, nil
}

// tooFew says how many past runs there are, how many it takes, and which full run could be predicted instead.
func (s *snapshot) tooFew(ctx context.Context, epochs float64, runs int) error {
	k := s.key
	reason := fmt.Sprintf("%d past runs of (%s)", runs, k)
	if epochs != architectureOnly {
		reason += fmt.Sprintf(" with records of %g epochs", epochs)
	}
	reason += fmt.Sprintf("; a prediction needs %d", forest.MinPastRuns)
	counts, err := s.predictor.Past.Keys(ctx, k.Dataset)
	if err != nil {
		return fmt.Errorf("count the past runs of %s: %w", k.Dataset, err)
	}
	best := k
	for other, n := range counts {
		if n > counts[best] || n == counts[best] && other.String() < best.String() {
			best = other
		}
	}
	if best != k && counts[best] >= forest.MinPastRuns {
		reason += fmt.Sprintf("; there are %d of (%s)", counts[best], best)
	}
	return &advisor.NoPredictionError{Reason: reason}
}

// mostModels are kept in memory; the folder has them all.
const mostModels = 128

// model returns the fitted forest, from memory, from the folder or by fitting it: once, however many ask at the same time.
func (p *Predictor) model(ctx context.Context, t forest.Table, o forest.Options) (*forest.Model, error) {
	name := hash(t) + o.Only + ".forest"
	for {
		p.mu.Lock()
		m, known := p.models[name]
		p.mu.Unlock()
		if known {
			return m, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx) // a fit would be begun for nothing
		}
		mine := false
		fit := p.fits.DoChan(name, func() (any, error) {
			mine = true
			return p.find(ctx, name, t, o)
		})
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case got := <-fit:
			if got.Err == nil {
				return got.Val.(*forest.Model), nil //nolint:forcetypeassert // of find
			}
			if mine || ctx.Err() != nil || !errors.Is(got.Err, errGone) {
				return nil, got.Err
			} // who had it fitted has gone away: fit it for this one
		}
	}
}

// errGone says that a fit was given up with its context.
var errGone = errors.New("the fit was given up")

// find loads or fits a model and keeps it.
func (p *Predictor) find(ctx context.Context, name string, t forest.Table, o forest.Options) (*forest.Model, error) {
	m, err := p.load(name)
	if err != nil {
		if m, err = p.Fit(ctx, t, o); err != nil && ctx.Err() != nil {
			return nil, fmt.Errorf("%w: %w", errGone, context.Cause(ctx))
		} else if err != nil {
			return nil, err
		}
		_ = p.save(name, m.Save) // a model that cannot be kept is fitted again
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.models == nil || len(p.models) >= mostModels {
		p.models = map[string]*forest.Model{}
	}
	p.models[name] = m
	return m, nil
}

// assessments is the version of how tables are scored, related and ablated: figures kept under another one are found again.
const assessments = 2

// assessed names a table's kept figures.
func assessed(t forest.Table) string { return fmt.Sprintf("%s-%d", hash(t), assessments) }

// hash names a table: the same runs and feature definitions give the same name.
func hash(t forest.Table) string {
	h := sha256.New()
	fmt.Fprintln(h, features.Version, forest.Version, t.Names, t.Linear, t.Current, t.Groups)
	write := func(row []float64) {
		for _, x := range row {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(x))
			h.Write(b[:])
		}
	}
	for _, row := range t.X {
		write(row)
	}
	write(t.Y)
	return hex.EncodeToString(h.Sum(nil))
}
