package gain

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/forest"
	"probewise/trainer"
)

func TestPairs(t *testing.T) {
	all := entries(t, 3)
	all = append(all, corpus.Entry{Seed: 7, Index: 9, Edit: 1, Settings: []string{"x"}}, // its base is not there
		corpus.Entry{Seed: 8, Index: 0, Edit: 1, Settings: []string{"x"}, PastRun: all[1].PastRun})
	all[0], all[5] = all[5], all[0]          // in any order
	pairs := Pairs(append(all, all[1:4]...)) // the same run counts once
	if len(pairs) != 3*5 {
		t.Fatalf("%d pairs, want 15", len(pairs))
	}
	families := map[string]int{}
	for _, p := range pairs {
		families[p.Family]++
		if p.Again() != (p.Base.Architecture.ID() == p.Edited.Architecture.ID()) {
			t.Errorf("pair %v again: %t", p.Settings, p.Again())
		}
		if p.Base.Architecture.Layers[3].Units != p.Edited.Architecture.Layers[3].Units {
			t.Errorf("an edit of %s is with another base", p.Family)
		}
	}
	if len(families) != 3 {
		t.Errorf("families %v", families)
	}
	p := Pair{Base: pastRun(small(t), 0.5, nil), Edited: pastRun(small(t), 0.9, nil)}
	if got := p.Gain(); math.Abs(got-0.4) > 1e-12 {
		t.Errorf("gain %g", got)
	}
	if p.Edited.Outcome.Diverged = true; math.Abs(p.Gain()+0.4) > 1e-12 { // it stands at chance
		t.Errorf("gain of a pair that diverged %g", p.Gain())
	}
}

func TestTables(t *testing.T) {
	pairs := Pairs(entries(t, 4))
	all, edits, bases := runs(pairs)
	if len(all) != 4*6 || len(edits) != len(pairs) || len(bases) != len(pairs) {
		t.Fatalf("%d runs, %d edits, %d bases", len(all), len(edits), len(bases))
	}
	for i, p := range pairs {
		if all[edits[i]].Architecture.ID() != p.Edited.Architecture.ID() || all[bases[i]].family != p.Family ||
			all[bases[i]].Architecture.ID() != p.Base.Architecture.ID() {
			t.Errorf("pair %d: run %d is no edit, or %d no base", i, edits[i], bases[i])
		}
	}
	for _, moment := range Moments {
		of := seen{ProbeEpochs, moment}
		beside, alone := besideTable(pairs, of, nil), aloneTable(all, moment, nil)
		if len(beside.X) != len(pairs) || len(alone.X) != len(all) {
			t.Fatalf("tables of %d and %d rows", len(beside.X), len(alone.X))
		}
		for i, p := range pairs {
			if beside.Groups[i] != p.Family || math.Abs(logit(beside.Y[i])-p.logits()) > 1e-9 {
				t.Errorf("row %d is of %s with target %g", i, beside.Groups[i], beside.Y[i])
			}
		}
		for i, r := range all {
			if alone.Groups[i] != r.family || alone.Y[i] != reached(r.PastRun) {
				t.Errorf("run %d is of %s with target %g", i, alone.Groups[i], alone.Y[i])
			}
		}
		checkTable(t, beside, moment, observed)
		checkTable(t, alone, moment, validationColumn("trial", moment))
		for _, g := range []Group{OfNet, OfEdit, OfCurve, OfStatistics, OfTrial} {
			without := besideTable(pairs, of, []Group{g})
			if fewer := len(without.Names) < len(beside.Names); fewer != (g != OfTrial || moment > 0) ||
				g == OfTrial && without.Current != "" {
				t.Errorf("without %s %d columns are left, current %q", g, len(without.Names), without.Current)
			}
		}
	}
}

// checkTable: the column of what the curve has reached is there when there is a curve, and no column is a target.
func checkTable(t *testing.T, table forest.Table, moment float64, soFar string) {
	t.Helper()
	if len(table.Names) != len(table.Linear) || len(table.Names) != len(table.X[0]) {
		t.Fatalf("%d names, %d linear, %d columns", len(table.Names), len(table.Linear), len(table.X[0]))
	}
	for _, name := range table.Names {
		if slices.Contains([]string{"test_accuracy", "gain"}, name) {
			t.Errorf("column %s is a target", name)
		}
	}
	at := slices.Index(table.Names, current)
	if (moment > 0) != (at >= 0) || (table.Current == current) != (at >= 0) {
		t.Fatalf("moment %g: current is %q at %d", moment, table.Current, at)
	}
	if at < 0 {
		return
	}
	seen := slices.Index(table.Names, soFar)
	if x := table.X[2]; math.Abs(logit(x[at])-x[seen]) > 1e-9 || !table.Linear[at] || !table.Linear[seen] {
		t.Errorf("moment %g: current %g, %s %g", moment, x[at], soFar, x[seen])
	}
}

func TestStage(t *testing.T) {
	for moment, want := range map[float64]float64{0: 0, 0.1: 0, 0.25: 0.25, 0.75: 0.5, 1: 1, 1.5: 1, 2: 2, 3: 3, 10: 3} {
		if got := stage(moment); got != want {
			t.Errorf("stage(%g) = %g, want %g", moment, got, want)
		}
	}
}

// TestNoise: the spread of what a net gains over itself, among those that reached about as much.
func TestNoise(t *testing.T) {
	var pairs []Pair
	for i := range 40 {
		level := 0.2 + 0.015*float64(i)
		gain := 0.02 // of poor nets
		if i >= 20 {
			gain = -0.005
		}
		a := small(t)
		run := func(test float64) advisor.PastRun {
			return pastRun(a, test, curve(level, level, level, level, level))
		}
		pairs = append(pairs, Pair{Family: fmt.Sprint(i), Base: run(level), Edited: run(level + gain)},
			Pair{Family: fmt.Sprint(i), Settings: []string{"x"}, Base: run(level), Edited: run(level + 0.3)})
	}
	for level, want := range map[float64]float64{0.25: 0.02, 0.75: 0.005} {
		base := advisor.ProbeResult{Architecture: small(t), Epochs: 3, Records: curve(0.1, 0.1, 0.1, 0.1, level)}
		if got := noise(pairs, base); math.Abs(got-normalMedian*want) > 1e-9 {
			t.Errorf("the noise at %g is %g, want %g", level, got, want)
		}
	}
	if got := noise(nil, advisor.ProbeResult{Architecture: small(t)}); got != 0 {
		t.Errorf("without pairs the noise is %g", got)
	}
}

func judgeOf(pairs []Pair, r *ridge) *Judge {
	return &Judge{Pairs: func() ([]Pair, error) { return pairs, nil }, Forests: r}
}

// probed is a new net after its probe, and a trial of an edit of it that is so much better.
func probed(t *testing.T, epochs int, better float64) (base, trial advisor.ProbeResult) {
	t.Helper()
	a := edited(small(t), func(a *trainer.Architecture) { a.Layers[3].Units = 35 })
	b := edited(a, func(a *trainer.Architecture) { a.Training.Optimizer.LearningRate = 0.003 })
	base = advisor.ProbeResult{Architecture: a, Epochs: epochs, Records: curve(0.3, 0.4, 0.5, 0.6, 0.6)}
	trial = advisor.ProbeResult{Architecture: b, Epochs: epochs,
		Records: curve(0.3+better, 0.4+better, 0.5+better, 0.6+better, 0.6+better)}
	return base, trial
}

func TestForetell(t *testing.T) {
	r := &ridge{}
	pairs := Pairs(entries(t, 30))
	j := judgeOf(pairs, r)
	base, trial := probed(t, 3, 0.03)
	for _, moment := range Moments {
		g, err := j.Foretell(t.Context(), base, trial.Architecture, trial, moment)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(g.Mean-0.03) > 0.02 || g.Low >= g.Mean || g.High <= g.Mean || g.Confidence != 0.8 ||
			g.Pairs != len(pairs) || g.Noise <= 0 || g.Noise > 0.015 {
			t.Errorf("at epoch %g: %+v", moment, g)
		}
	}
	fitted := len(r.tables)
	if fitted != 3*len(Moments) { // *pastruns.Forests fits equal tables once
		t.Errorf("%d forests were fitted, want three for each of %d moments", fitted, len(Moments))
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := j.Foretell(t.Context(), base, trial.Architecture, trial, 1); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(r.tables) != fitted {
		t.Error("a forest is fitted twice")
	}
	worse := edited(base.Architecture, func(a *trainer.Architecture) { a.Training.Optimizer.LearningRate = 0.0001 })
	g, err := j.Foretell(t.Context(), base, worse, advisor.ProbeResult{}, 0)
	if err != nil || g.Mean > -0.03 {
		t.Errorf("what costs is foretold to gain %+v (%v)", g, err)
	}
}

// TestProbesOfOtherLengths: a shorter probe is compared with pairs that were looked at no longer; what a longer one
// shows after epoch 3 is left out.
func TestProbesOfOtherLengths(t *testing.T) {
	j := judgeOf(Pairs(entries(t, 30)), &ridge{})
	for _, epochs := range []int{1, 2, 3, 10} {
		for _, better := range []float64{0, 0.03} {
			base, trial := probed(t, epochs, better)
			trial.Architecture = base.Architecture
			if epochs == 10 {
				for e := 4.0; e <= 10; e++ {
					base.Records = append(base.Records, trainer.EpochRecord{Epoch: e, ValidationAccuracy: 0.9, ValidationLoss: 0.1})
				}
			}
			g, err := j.Foretell(t.Context(), base, trial.Architecture, trial, float64(epochs))
			if err != nil || math.Abs(g.Mean-better) > 0.015 {
				t.Errorf("after a probe of %d epochs what gains %g is foretold to gain %+v (%v)", epochs, better, g, err)
			}
		}
	}
}

func TestNoJudge(t *testing.T) {
	base, trial := probed(t, 3, 0)
	var none *NoJudgeError
	_, err := judgeOf(Pairs(entries(t, 5)), &ridge{}).Foretell(t.Context(), base, trial.Architecture, trial, 1)
	if !errors.As(err, &none) || none.Reason == "" {
		t.Errorf("25 pairs: %v", err)
	}
	fault := errors.New("broken")
	j := &Judge{Pairs: func() ([]Pair, error) { return nil, fault }, Forests: &ridge{}}
	if _, err := j.Foretell(t.Context(), base, trial.Architecture, trial, 1); !errors.Is(err, fault) ||
		errors.As(err, &none) {
		t.Errorf("pairs that cannot be read: %v", err)
	}
	r := &ridge{fault: fault}
	j = judgeOf(Pairs(entries(t, 30)), r)
	if _, err := j.Foretell(t.Context(), base, trial.Architecture, trial, 1); !errors.Is(err, fault) {
		t.Errorf("a fit that fails: %v", err)
	}
	r.fault = nil
	if _, err := j.Foretell(t.Context(), base, trial.Architecture, trial, 1); err != nil {
		t.Errorf("after a fit that failed: %v", err)
	}
}

// TestShippedPairs: they are there, sound, and no base is in two families.
func TestShippedPairs(t *testing.T) {
	pairs, err := Joined{Folder: t.TempDir()}.Pairs()
	if err != nil || len(pairs) < MinPairs {
		t.Fatalf("%d pairs, %v", len(pairs), err)
	}
	family := map[string]string{}
	again := 0
	for _, p := range pairs {
		if g := p.Gain(); math.IsNaN(g) || g < -1 || g > 1 {
			t.Errorf("%s, %v gains %g", p.Family, p.Settings, g)
		}
		id := fmt.Sprint(p.Base.Key, p.Base.Seed, p.Base.Architecture.ID())
		if other, there := family[id]; there && other != p.Family {
			t.Errorf("a base is in %s and in %s", p.Family, other)
		}
		family[id] = p.Family
		if p.Again() {
			again++
		}
	}
	if again == 0 {
		t.Error("no net was trained again")
	}
	for _, moment := range Moments[1:] {
		table := besideTable(pairs, seen{ProbeEpochs, moment}, nil)
		for i, row := range table.X {
			for j, x := range row {
				if math.IsInf(x, 0) {
					t.Errorf("pair %d at epoch %g: %s is infinite", i, moment, table.Names[j])
				}
			}
		}
	}
	damaged := t.TempDir()
	err = os.WriteFile(filepath.Join(damaged, "x.jsonl.gz"), []byte("this is no shard of past runs"), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Joined{Folder: damaged}).Pairs(); err == nil || !strings.Contains(err.Error(), damaged) {
		t.Errorf("a damaged shard of pairs: %v", err)
	}
}
