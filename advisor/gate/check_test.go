package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

var update = flag.Bool("update", false, "write the golden files")

// bench answers as the past runs of a test do: the lower bound of a prediction falls by a hundredth a seed.
type bench struct {
	low   map[string]float64 // by the architecture's name; without one there is no prediction
	finds map[string][]advisor.Diagnosis
	fails error // of Probe
	calls []string
}

func (b *bench) Validate(_ context.Context, data []byte, dataset string) (trainer.Architecture, error) {
	b.calls = append(b.calls, "validate for "+dataset)
	p, err := trainer.Parse(data, trainer.ParseOptions{})
	return p.Architecture, err
}

func (b *bench) Probe(_ context.Context, a trainer.Architecture, dataset string, epochs int,
	seed uint64) (p Probed, err error) {
	b.calls = append(b.calls, fmt.Sprintf("probe %s, %d epochs, seed %d", a.Name, epochs, seed))
	if b.fails != nil {
		return p, b.fails
	}
	p.Diagnoses = b.finds[a.Name]
	p.Prediction, p.Key, err = b.predict(a, dataset, float64(seed)/100)
	return p, err
}

func (b *bench) FromArchitecture(_ context.Context, a trainer.Architecture,
	dataset string) (advisor.Prediction, advisor.Key, error) {
	b.calls = append(b.calls, "look at "+a.Name)
	return b.predict(a, dataset, 0)
}

func (b *bench) predict(a trainer.Architecture, dataset string, less float64) (advisor.Prediction, advisor.Key, error) {
	k := advisor.Key{Dataset: dataset, Images: 10_000, Epochs: a.Training.Epochs}
	low, ok := b.low[a.Name]
	if !ok {
		return advisor.Prediction{}, k,
			&advisor.NoPredictionError{Reason: "4 past runs of (" + k.String() + "); a prediction needs 20"}
	}
	return forecast(low+0.05-less, low-less, low+0.1-less, "unlike the past runs"), k, nil
}

// net is a small architecture: 28·28·units + units + 10·units + 10 parameters.
func net(name string, units, epochs int) File {
	return File{Name: "nets/" + name + ".json", Data: fmt.Appendf(nil,
		`{"version": 1, "name": %q, "input": [28, 28, 1], "classes": 10, "layers": [{"type": "flatten"},
		{"type": "dense", "units": %d, "activation": "relu"}, {"type": "dense", "units": 10, "activation": "softmax"}],
		"training": {"epochs": %d}}`, name, units, epochs)}
}

func parsed(t *testing.T, document string) Policy {
	t.Helper()
	p, err := ParsePolicy([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const guarded = `
version: 1
extends: off
dataset: mnist
probe: {epochs: 3, runs: 2, seed: 5}
rules:
  predicted-accuracy: [error, {min: 0.7}]
  parameters: [warn, {max: 30_000}]
exceptions: [{rule: parameters, until: 2025-12-31, reason: the old net}]
`

func TestCheckExitCodes(t *testing.T) {
	good, poor, odd := net("good", 16, 15), net("poor", 64, 15), net("odd", 16, 15)
	warned := strings.Replace(guarded, "accuracy: [error", "accuracy: [warn", 1)
	low := map[string]float64{"good": 0.8, "poor": 0.6}
	for _, c := range []struct {
		name, policy string
		files        []File
		want         Status
		code         int
	}{
		{"good", guarded, []File{good}, Passed, 0},
		{"one poor", guarded, []File{good, poor}, Failed, 1},
		{"one without a prediction", guarded, []File{good, odd}, Unevaluated, 3},
		{"failure wins", guarded, []File{odd, poor}, Failed, 1},
		{"a warning", warned, []File{poor}, Passed, 0},
		{"a warning not judged", warned, []File{poor, odd}, Unevaluated, 3},
		{"recommended, without a prediction", "version: 1", []File{odd}, Unevaluated, 3},
	} {
		r, err := Check(t.Context(), &bench{low: low}, parsed(t, c.policy), c.files, Options{})
		if err != nil || r.Verdict != c.want || r.ExitCode() != c.code {
			t.Errorf("%s: %s, exit %d, %v; want %s, %d", c.name, r.Verdict, r.ExitCode(), err, c.want, c.code)
		}
	}
	if code := (Report{}).ExitCode(); code != 3 {
		t.Errorf("no verdict: exit %d", code)
	}
}

func TestCheckAsksForWhatRulesNeed(t *testing.T) {
	sized := "version: 1\nextends: off\nrules: {parameters: [error, {max: 1}]}"
	for _, c := range []struct {
		name, policy string
		noProbe      bool
		want         []string
	}{
		{"a probe a seed, no longer than the full run", guarded, false, []string{"validate for mnist", "validate for mnist",
			// no prediction: no second one
			"probe good, 3 epochs, seed 5", "probe good, 3 epochs, seed 6", "probe brief, 2 epochs, seed 5"}},
		{"diagnoses of all probes", "version: 1\ndataset: mnist\nprobe: {runs: 2, seed: 5}", false, []string{
			"validate for mnist", "validate for mnist", "probe good, 3 epochs, seed 5", "probe good, 3 epochs, seed 6",
			"probe brief, 2 epochs, seed 5", "probe brief, 2 epochs, seed 6"}},
		{"no probe", guarded, true, []string{"validate for mnist", "validate for mnist", "look at good", "look at brief"}},
		{"size alone", sized, false, []string{"validate for fashion-mnist-sample", "validate for fashion-mnist-sample"}},
	} {
		b := &bench{low: map[string]float64{"good": 0.8}}
		r, err := Check(t.Context(), b, parsed(t, c.policy), []File{net("good", 16, 15), net("brief", 16, 2)},
			Options{NoProbe: c.noProbe})
		if err != nil || !reflect.DeepEqual(b.calls, c.want) {
			t.Errorf("%s: %q, want %q; %v", c.name, b.calls, c.want, err)
		}
		if id := r.Files[0].ArchitectureID; len(id) != 64 || id == r.Files[1].ArchitectureID { // their epochs differ
			t.Errorf("%s: architectures %q and %q", c.name, id, r.Files[1].ArchitectureID)
		}
		if probed := r.Files[0].Probed; probed == (c.noProbe || c.policy == sized) {
			t.Errorf("%s: probed %v", c.name, probed)
		}
	}
}

func TestCheckRefusesBadInputBeforeAnyProbe(t *testing.T) {
	b := &bench{}
	_, err := Check(t.Context(), b, parsed(t, guarded),
		[]File{{"a.json", []byte(`{`)}, net("good", 16, 15), {"b.json", []byte(`{"version": 1, "layer": []}`)}}, Options{})
	var invalid *InvalidFilesError
	if !errors.As(err, &invalid) || len(invalid.Files) != 2 || invalid.Files[0].File != "a.json" ||
		invalid.Files[1].File != "b.json" || len(invalid.Files[1].Findings) == 0 {
		t.Errorf("error %v", err)
	}
	if got := invalid.Error(); !strings.Contains(got, "a.json: invalid architecture: ") ||
		!strings.Contains(got, "; b.json: invalid architecture: ") {
		t.Errorf("message %q", got)
	}
	if got, err := json.Marshal(InvalidFile{"a.json",
		[]trainer.Finding{{Pointer: "/layers", Code: "c", Message: "m"}}}); err != nil ||
		!strings.HasPrefix(string(got), `{"file":"a.json","errors":[{"pointer":"/layers"`) {
		t.Errorf("JSON %s, %v", got, err)
	}
	if len(b.calls) != 3 {
		t.Errorf("calls %q", b.calls)
	}
	if _, err := Check(t.Context(), b, parsed(t, guarded), nil, Options{}); err == nil {
		t.Error("no files: no error")
	}
}

func TestCheckPassesFailuresOn(t *testing.T) {
	_, err := Check(t.Context(), &bench{fails: context.Canceled}, parsed(t, guarded),
		[]File{net("good", 16, 15)}, Options{})
	if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "nets/good.json: ") {
		t.Errorf("error %v", err)
	}
}

func TestGolden(t *testing.T) {
	b := &bench{low: map[string]float64{"good": 0.8, "poor": 0.6}}
	files := []File{net("good", 16, 15), net("poor", 64, 15), net("odd", 16, 15)}
	probed, err := Check(t.Context(), b, parsed(t, guarded), files, Options{Today: date(t, "2026-01-02")})
	if err != nil {
		t.Fatal(err)
	}
	looked, err := Check(t.Context(), b, parsed(t, strings.Replace(guarded, "2025", "2026", 1)), files[1:2],
		Options{NoProbe: true, Today: date(t, "2026-01-02")})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Report{probed, looked} {
		for i := range r.Files {
			r.Files[i].ArchitectureID = strings.Repeat("0123456789abcdef", 4) // the golden files stand for no canonical form
		}
	}
	for file, write := range map[string]func(*bytes.Buffer) error{
		"probed.txt":    func(w *bytes.Buffer) error { return WriteText(w, probed, false) },
		"probed.colour": func(w *bytes.Buffer) error { return WriteText(w, probed, true) },
		"probed.json":   func(w *bytes.Buffer) error { return WriteJSON(w, probed) },
		"looked.txt":    func(w *bytes.Buffer) error { return WriteText(w, looked, false) },
		"looked.json":   func(w *bytes.Buffer) error { return WriteJSON(w, looked) },
	} {
		var w bytes.Buffer
		if err := write(&w); err != nil {
			t.Fatal(err)
		}
		golden(t, file, w.Bytes())
	}

	var plain, coloured bytes.Buffer
	if err := errors.Join(WriteText(&plain, probed, false), WriteText(&coloured, probed, true)); err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(coloured.String(), "") != plain.String() {
		t.Error("colour changes more than the colour")
	}
	if regexp.MustCompile(`(?m)[ \t]+$`).MatchString(plain.String()) {
		t.Error("a line ends in a space")
	}
}

func TestTextSaysWhereThePredictionIsFrom(t *testing.T) {
	runs := []advisor.Prediction{forecast(0.8, 0.75, 0.85), forecast(0.8, 0.75, 0.85)}
	for _, c := range []struct {
		v    Verdict
		want string
	}{
		{Verdict{Runs: runs[:1], Aggregate: Mean}, "by the architecture alone, without a probe"},
		{Verdict{Runs: runs[:1], Aggregate: Mean, Probed: true}, "from one probe"},
		{Verdict{Runs: runs, Aggregate: Mean, Probed: true}, "mean of 2 probes"},
		{Verdict{Runs: runs, Aggregate: Pessimistic, Probed: true}, "lowest of 2 probes"},
	} {
		if got := c.v.source(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s; run with -update and look at the difference\n%s", path, got)
	}
}
