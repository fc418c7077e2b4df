package predict

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/advisor/pastruns"
	"probewise/advisor/pastruns/pastrunstest"
	"probewise/forest"
	"probewise/trainer"
)

var (
	key       = pastrunstest.Key
	runs, run = pastrunstest.Runs, pastrunstest.Run
)

type source = pastrunstest.Source

func newPredictor(past source, f pastruns.Fitter, folder string) *Predictor {
	return &Predictor{Past: past, Forests: &pastruns.Forests{Fitter: f, Folder: folder}}
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

func (c *counting) fitter() pastrunstest.Fitter {
	return pastrunstest.Fitter{OnFit: func(ctx context.Context, t forest.Table, o forest.Options) (*forest.Model, error) {
		c.fits++
		return forest.Fit(ctx, t, o)
	}}
}

func TestPredictsAndKeepsTheModel(t *testing.T) {
	all := runs(t, 41)
	query, past := all[40], all[:40]
	folder := filepath.Join(t.TempDir(), "forests")
	c := &counting{}
	p := newPredictor(source{key: past}, c.fitter(), folder)
	first, err := fromProbe(t, p, key, probe(query))
	if err != nil {
		t.Fatal(err)
	}
	want := float64(query.Outcome.TestAccuracy)
	if first.TestAccuracy < want-0.05 || first.TestAccuracy > want+0.05 || first.Low > first.TestAccuracy ||
		first.High < first.TestAccuracy {
		t.Errorf("prediction %+v, the truth is %g", first, want)
	}
	if first.PastRuns != 40 || first.Target != (advisor.Target{Images: 1000, Epochs: 9}) || first.Confidence != 0.8 ||
		first.Forest == "" || first.Warnings == nil {
		t.Errorf("prediction %+v", first)
	}
	again, err := fromProbe(t, p, key, probe(query))
	if err != nil || again.TestAccuracy != first.TestAccuracy || c.fits != 1 {
		t.Errorf("the second answer took %d fits: %+v, %v", c.fits, again, err)
	}
	// Another process finds the model in the folder; a damaged one is fitted again.
	restarted := newPredictor(source{key: past}, c.fitter(), folder)
	if got, err := fromProbe(t, restarted, key, probe(query)); err != nil ||
		got.TestAccuracy != first.TestAccuracy || c.fits != 1 {
		t.Errorf("after a restart %d fits: %+v, %v", c.fits, got, err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if err := os.WriteFile(filepath.Join(folder, files[0].Name()), []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	damaged := newPredictor(source{key: past}, c.fitter(), folder)
	if got, err := fromProbe(t, damaged, key, probe(query)); err != nil ||
		got.TestAccuracy != first.TestAccuracy || c.fits != 2 {
		t.Errorf("with a damaged model %d fits: %+v, %v", c.fits, got, err)
	}
	// One more past run is another forest.
	another := append(slices.Clone(past), run(t, rand.New(rand.NewPCG(3, 3)), 100))
	more := newPredictor(source{key: another}, c.fitter(), folder)
	if got, err := fromProbe(t, more, key, probe(query)); err != nil || got.Forest == first.Forest ||
		got.PastRuns != 41 || c.fits != 3 {
		t.Errorf("with one more past run %d fits: %+v, %v", c.fits, got, err)
	}
}

func TestReasonsForNoPrediction(t *testing.T) {
	c := &counting{}
	other := advisor.Key{Dataset: "made-up", Images: 1000, Epochs: 15}
	p := newPredictor(source{other: runs(t, 30)}, c.fitter(), "")
	nowhere := newPredictor(source{}, c.fitter(), "")
	_, err := fromArchitecture(t, nowhere, key)
	var nothing *advisor.NoPredictionError
	if !errors.As(err, &nothing) || !strings.Contains(nothing.Reason, "0 past runs of (made-up, 1000 images, 9 epochs)") {
		t.Errorf("no runs of any data set: %v", err)
	}
	// The runs were recorded for two epochs.
	long := probe(runs(t, 1)[0])
	long.Epochs = 3
	var none *advisor.NoPredictionError
	if _, err := fromProbe(t, p, other, long); !errors.As(err, &none) ||
		!strings.Contains(none.Reason, "records of 3 epochs") {
		t.Errorf("a probe longer than the records: %v", err)
	}
	if c.fits != 0 {
		t.Errorf("%d fits", c.fits)
	}
}

// TestOwnRunsAreNotPastRuns: the answer is not among what the prediction rests on, whatever its seed; copies count
// once.
func TestOwnRunsAreNotPastRuns(t *testing.T) {
	all := runs(t, 41)
	query, past := all[40], all[:40]
	again := query
	again.Architecture.Training.Seed, again.Seed = 99, 99
	c := &counting{}
	want, err := fromProbe(t, newPredictor(source{key: past}, c.fitter(), ""), key, probe(query))
	if err != nil {
		t.Fatal(err)
	}
	leaky := append(append(slices.Clone(past), query, again), past[0], past[1])
	got, err := fromProbe(t, newPredictor(source{key: leaky}, c.fitter(), ""), key, probe(query))
	if err != nil || got.Forest != want.Forest || got.PastRuns != 40 {
		t.Errorf("with its own runs and copies: %+v, want %+v (%v)", got, want, err)
	}
	// Two nets that are compared, one of them trained in full before: one forest for both.
	s, err := (newPredictor(source{key: leaky}, c.fitter(), "")).Snapshot(t.Context(), key)
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
	if got, err := fromProbe(t, newPredictor(source{key: copies}, c.fitter(), ""), key, probe(query)); err != nil ||
		got.PastRuns != 1 || got.LevelKnown {
		t.Errorf("thirty copies of one run: %+v, %v", got, err)
	}
}

// TestFewRunsOfItsOwn: from none to twenty-nine own runs, a level on what other keys tell; from thirty on, a forest.
func TestFewRunsOfItsOwn(t *testing.T) {
	all := runs(t, 60)
	foreign := advisor.Key{Dataset: "another", Images: 1000, Epochs: 9}
	longer := advisor.Key{Dataset: key.Dataset, Images: 1000, Epochs: 20}
	c := &counting{}
	for _, own := range []int{0, 4, 5, 29, 30} {
		p := newPredictor(source{key: all[:own], foreign: all[30:59]}, c.fitter(), "")
		got, err := fromProbe(t, p, key, probe(all[59]))
		want := float64(all[59].Outcome.TestAccuracy)
		if err != nil || got.PastRuns != own || got.LevelKnown != (own >= 5) || got.Forest == "" || got.Warnings == nil ||
			got.Low > want+0.01 || got.High < want-0.01 {
			t.Errorf("%d own runs: %+v (%v), the truth is %g", own, got, err, want)
		}
		if forests := map[bool]int{true: 1}[own == 30]; c.fits != forests {
			t.Errorf("%d own runs: %d fits, want %d", own, c.fits, forests)
		}
		if own == 0 && len(got.Warnings) == 0 {
			t.Error("no word of what a prediction without own runs is")
		}
	}
	// Runs of another length of the data set tell the level too.
	p := newPredictor(source{longer: all[:20], foreign: all[30:59]}, c.fitter(), "")
	if got, err := fromProbe(t, p, key, probe(all[59])); err != nil || got.PastRuns != 0 || !got.LevelKnown {
		t.Errorf("from another length: %+v (%v)", got, err)
	}
	// Before any training, too.
	if got, err := fromArchitecture(t, p, key); err != nil || !got.LevelKnown {
		t.Errorf("from an architecture: %+v (%v)", got, err)
	}
}

func TestFitFailureIsNoAnswer(t *testing.T) {
	fault := errors.New("child killed")
	p := newPredictor(source{key: runs(t, 35)}, pastrunstest.Fitter{
		OnFit: func(context.Context, forest.Table, forest.Options) (*forest.Model, error) { return nil, fault },
	}, "")
	var none *advisor.NoPredictionError
	if _, err := fromArchitecture(t, p, key); !errors.Is(err, fault) || errors.As(err, &none) {
		t.Errorf("error %v", err)
	}
}

// TestWarnsOfTheUnseen: what no past run has and no feature tells of is said; what they have is not.
func TestWarnsOfTheUnseen(t *testing.T) {
	all := runs(t, 41)
	p := newPredictor(source{key: all[:40]}, pastrunstest.Fitter{}, "")
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
	p.Past = source{key: append(all[:40:40], own)}
	if !warned(query) {
		t.Error("its own run counts as a past run that has it")
	}
}

// TestDeciles: by linear interpolation between order statistics, worked by hand.
func TestDeciles(t *testing.T) {
	got := deciles([]float64{0.5, 0.1, 0.3}) // the place of decile i among 0.1, 0.3, 0.5 is i/5
	want := []trainer.Number{0.1, 0.14, 0.18, 0.22, 0.26, 0.3, 0.34, 0.38, 0.42, 0.46, 0.5}
	for i := range want {
		if d := got[i] - want[i]; d > 1e-12 || d < -1e-12 {
			t.Fatalf("deciles %v, want %v", got, want)
		}
	}
	if one := deciles([]float64{0.7}); slices.Min(one) != 0.7 || slices.Max(one) != 0.7 || len(one) != 11 {
		t.Errorf("deciles of one value: %v", one)
	}
}
