package predict

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/forest"
	"probewise/trainer"
)

var key = advisor.Key{Dataset: "made-up", Images: 1000, Epochs: 9}

// library holds past runs in memory.
type library map[advisor.Key][]advisor.PastRun

func (l library) Of(_ context.Context, k advisor.Key) ([]advisor.PastRun, error) { return l[k], nil }
func (l library) Keys(context.Context, string) (map[advisor.Key]int, error) {
	counts := map[advisor.Key]int{}
	for k, runs := range l {
		counts[k] = len(runs)
	}
	return counts, nil
}

// run makes a past run whose final accuracy follows from the validation accuracy after the first epoch.
func run(t *testing.T, r *rand.Rand, filters int) advisor.PastRun {
	t.Helper()
	p, err := trainer.Parse(fmt.Appendf(nil, `{"version":1,"input":[28,28,1],"classes":10,"layers":[
		{"type":"conv","filters":%d,"kernel":3},{"type":"global_avg_pool"},{"type":"dense","units":10,"activation":"softmax"}]}`, filters), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	early := 0.2 + 0.5*r.Float64()
	records := []trainer.EpochRecord{{Epoch: 0, ValidationAccuracy: 0.1, ValidationLoss: 2.3, TrainLoss: trainer.Missing, TrainAccuracy: trainer.Missing}}
	for epoch := 1; epoch <= 2; epoch++ {
		statistics := trainer.LayerStatistics{Layer: "conv1", Type: trainer.Conv, Weights: trainer.Statistics{Variance: trainer.Number(early * float64(epoch))}}
		records = append(records, trainer.EpochRecord{Epoch: float64(epoch), ValidationAccuracy: trainer.Number(early), ValidationLoss: trainer.Number(1 - early),
			TrainAccuracy: trainer.Number(early), TrainLoss: trainer.Number(1 - early), Layers: []trainer.LayerStatistics{statistics}})
	}
	return advisor.PastRun{Key: key, Architecture: p.Architecture, Records: records,
		Outcome: trainer.Outcome{Epochs: 9, TestAccuracy: trainer.Number(early + 0.2)}}
}

func runs(t *testing.T, n int) []advisor.PastRun {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	var all []advisor.PastRun
	for i := range n {
		all = append(all, run(t, r, 2+i))
	}
	return all
}

func probe(p advisor.PastRun) advisor.ProbeResult {
	return advisor.ProbeResult{Architecture: p.Architecture, Epochs: 1, Records: p.Records}
}

func fromProbe(t *testing.T, p *Predictor, k advisor.Key, r advisor.ProbeResult) (advisor.Prediction, error) {
	t.Helper()
	s, err := p.Snapshot(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return s.FromProbe(t.Context(), r)
}

// fromArchitecture asks about a net that is not among the past runs.
func fromArchitecture(t *testing.T, p *Predictor, k advisor.Key) (advisor.Prediction, error) {
	t.Helper()
	s, err := p.Snapshot(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return s.FromArchitecture(t.Context(), run(t, rand.New(rand.NewPCG(2, 2)), 200).Architecture)
}

// counting fits in this process and counts.
type counting struct{ fits int }

func (c *counting) fit(ctx context.Context, t forest.Table, o forest.Options) (*forest.Model, error) {
	c.fits++
	return forest.Fit(ctx, t, o)
}

func TestPredictsAndKeepsTheModel(t *testing.T) {
	all := runs(t, 41)
	query, past := all[40], all[:40]
	folder := filepath.Join(t.TempDir(), "forests")
	c := &counting{}
	p := &Predictor{Past: library{key: past}, Fit: c.fit, Folder: folder}
	first, err := fromProbe(t, p, key, probe(query))
	if err != nil {
		t.Fatal(err)
	}
	want := float64(query.Outcome.TestAccuracy)
	if first.TestAccuracy < want-0.05 || first.TestAccuracy > want+0.05 || first.Low > first.TestAccuracy || first.High < first.TestAccuracy {
		t.Errorf("prediction %+v, the truth is %g", first, want)
	}
	if first.PastRuns != 40 || first.Target != (advisor.Target{Images: 1000, Epochs: 9}) || first.Confidence != 0.8 || first.Forest == "" || first.Warnings == nil {
		t.Errorf("prediction %+v", first)
	}
	again, err := fromProbe(t, p, key, probe(query))
	if err != nil || again.TestAccuracy != first.TestAccuracy || c.fits != 1 {
		t.Errorf("the second answer took %d fits: %+v, %v", c.fits, again, err)
	}
	// Another process finds the model in the folder; a damaged one is fitted again.
	restarted := &Predictor{Past: library{key: past}, Fit: c.fit, Folder: folder}
	if got, err := fromProbe(t, restarted, key, probe(query)); err != nil || got.TestAccuracy != first.TestAccuracy || c.fits != 1 {
		t.Errorf("after a restart %d fits: %+v, %v", c.fits, got, err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if err := os.WriteFile(filepath.Join(folder, files[0].Name()), []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	damaged := &Predictor{Past: library{key: past}, Fit: c.fit, Folder: folder}
	if got, err := fromProbe(t, damaged, key, probe(query)); err != nil || got.TestAccuracy != first.TestAccuracy || c.fits != 2 {
		t.Errorf("with a damaged model %d fits: %+v, %v", c.fits, got, err)
	}
	// One more past run is another forest.
	another := append(slices.Clone(past), run(t, rand.New(rand.NewPCG(3, 3)), 100))
	more := &Predictor{Past: library{key: another}, Fit: c.fit, Folder: folder}
	if got, err := fromProbe(t, more, key, probe(query)); err != nil || got.Forest == first.Forest || got.PastRuns != 41 || c.fits != 3 {
		t.Errorf("with one more past run %d fits: %+v, %v", c.fits, got, err)
	}
}

func TestReasonsForNoPrediction(t *testing.T) {
	c := &counting{}
	other := advisor.Key{Dataset: "made-up", Images: 1000, Epochs: 15}
	p := &Predictor{Past: library{key: runs(t, 19), other: runs(t, 30)}, Fit: c.fit}
	for name, k := range map[string]advisor.Key{"too few": key, "none": {Dataset: "made-up", Images: 5, Epochs: 9}} {
		_, err := fromArchitecture(t, p, k)
		var none *advisor.NoPredictionError
		if !errors.As(err, &none) || !strings.Contains(none.Reason, "a prediction needs 20") || !strings.Contains(none.Reason, "there are 30 of (made-up, 1000 images, 15 epochs)") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The runs were recorded for two epochs.
	long := probe(runs(t, 1)[0])
	long.Epochs = 3
	var none *advisor.NoPredictionError
	if _, err := fromProbe(t, p, other, long); !errors.As(err, &none) || !strings.Contains(none.Reason, "records of 3 epochs") {
		t.Errorf("a probe longer than the records: %v", err)
	}
	if c.fits != 0 {
		t.Errorf("%d fits", c.fits)
	}
}

// TestOwnRunsAreNotPastRuns: the answer is not among what the prediction rests on, whatever its seed; copies count once.
func TestOwnRunsAreNotPastRuns(t *testing.T) {
	all := runs(t, 41)
	query, past := all[40], all[:40]
	again := query
	again.Architecture.Training.Seed, again.Seed = 99, 99
	c := &counting{}
	want, err := fromProbe(t, &Predictor{Past: library{key: past}, Fit: c.fit}, key, probe(query))
	if err != nil {
		t.Fatal(err)
	}
	leaky := append(append(slices.Clone(past), query, again), past[0], past[1])
	got, err := fromProbe(t, &Predictor{Past: library{key: leaky}, Fit: c.fit}, key, probe(query))
	if err != nil || got.Forest != want.Forest || got.PastRuns != 40 {
		t.Errorf("with its own runs and copies: %+v, want %+v (%v)", got, want, err)
	}
	// Two nets that are compared, one of them trained in full before: one forest for both.
	s, err := (&Predictor{Past: library{key: leaky}, Fit: c.fit}).Snapshot(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	stranger := run(t, rand.New(rand.NewPCG(4, 4)), 150)
	compared := s.Without(query.Architecture, stranger.Architecture)
	before, err := compared.FromProbe(t.Context(), probe(query))
	if err != nil {
		t.Fatal(err)
	}
	after, err := compared.FromProbe(t.Context(), probe(stranger))
	if err != nil || before.Forest != after.Forest || after.PastRuns != 40 {
		t.Errorf("compared by two forests: %+v, %+v (%v)", before, after, err)
	}
	if alone, err := s.FromProbe(t.Context(), probe(stranger)); err != nil || alone.Forest == after.Forest {
		t.Errorf("leaving a net out changes nothing: %+v (%v)", alone, err)
	}
	copies := slices.Repeat(past[:1], 30)
	var none *advisor.NoPredictionError
	if _, err := fromProbe(t, &Predictor{Past: library{key: copies}, Fit: c.fit}, key, probe(query)); !errors.As(err, &none) {
		t.Errorf("thirty copies of one run: %v", err)
	}
}

func TestFitFailureIsNoAnswer(t *testing.T) {
	fault := errors.New("child killed")
	p := &Predictor{Past: library{key: runs(t, 25)}, Fit: func(context.Context, forest.Table, forest.Options) (*forest.Model, error) { return nil, fault }}
	var none *advisor.NoPredictionError
	if _, err := fromArchitecture(t, p, key); !errors.Is(err, fault) || errors.As(err, &none) {
		t.Errorf("error %v", err)
	}
}

func TestReference(t *testing.T) {
	past := runs(t, 3)
	p := &Predictor{Past: library{key: past}}
	s, err := p.Snapshot(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	r := s.Reference()
	q := advisor.Quantity{Statistic: trainer.StatisticNamed("weight_variance"), Third: trainer.ConvLower, Epoch: 2}
	values := r.Values(q)
	if r.Runs() != 3 || len(values) != 3 || values[0] > values[1] || values[1] > values[2] {
		t.Fatalf("%d runs, values %v", r.Runs(), values)
	}
	found := 0
	for _, run := range past {
		for _, v := range values {
			if v == float64(run.Records[2].Layers[0].Weights.Variance) {
				found++
			}
		}
	}
	if found != 3 {
		t.Errorf("values %v are not those of the runs", values)
	}
	q.Third = trainer.DenseHigher
	if len(r.Values(q)) != 0 {
		t.Errorf("values in a third that no run has: %v", r.Values(q))
	}
}

// TestWarnsOfTheUnseen: what no past run has and no feature tells of is said; what they have is not.
func TestWarnsOfTheUnseen(t *testing.T) {
	all := runs(t, 41)
	p := &Predictor{Past: library{key: all[:40]}, Fit: forest.Fit}
	query := all[40]
	warned := func(r advisor.PastRun) bool {
		t.Helper()
		got, err := fromProbe(t, p, key, probe(r))
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(got.Warnings, func(w string) bool {
			return strings.HasPrefix(w, "no past run has flipped images, shifted images: ")
		})
	}
	if warned(query) {
		t.Error("warned of what all past runs have")
	}
	query.Architecture.Training.Augment = trainer.Augment{Flip: true, Crop: 2}
	if !warned(query) {
		t.Error("nobody warned of augmentation")
	}
	own := query
	own.Seed++ // trained in full before; predictions leave it out
	p.Past = library{key: append(all[:40:40], own)}
	if !warned(query) {
		t.Error("its own run counts as a past run that has it")
	}
	e, err := p.Expect(t.Context(), query.Architecture, StatisticsQuery{Dataset: key.Dataset}, trainer.AllLayers)
	if err != nil || len(e.Statistics) == 0 || !slices.ContainsFunc(e.Statistics[0].Warnings, func(w string) bool { return strings.Contains(w, "flipped images") }) {
		t.Errorf("expected without a warning: %+v, %v", e, err)
	}
}
