package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

var inputs = map[string][3]int{dataset.Sample: {28, 28, 1}, "cifar10": {32, 32, 3}}

func mustNets(t *testing.T) []Net {
	t.Helper()
	nets, err := allNets()
	if err != nil {
		t.Fatal(err)
	}
	return nets
}

func TestSetsHaveTheirSizes(t *testing.T) {
	count := map[string]int{}
	byHand := map[string]int{}
	for _, n := range mustNets(t) {
		key := n.Dataset() + " " + n.Set() + " " + string(n.Group())
		count[key]++
		if n.Origin == "hand" {
			byHand[key]++
		}
	}
	least := map[Group]int{flawed: 24, sound: 12, broken: 12}
	for name := range inputs {
		for _, set := range setNames {
			for g, want := range least {
				key := name + " " + set + " " + string(g)
				if count[key] < want {
					t.Errorf("%s: %d nets, want %d", key, count[key], want)
				}
				if 3*byHand[key] < 2*count[key] {
					t.Errorf("%s: %d of %d nets are written by hand, want two thirds", key, byHand[key], count[key])
				}
				delete(count, key)
			}
		}
	}
	for key := range count {
		t.Errorf("nets of %s, which is no part of a set", key)
	}
}

// Reading a net has checked its hash.
func TestSetsAreValid(t *testing.T) {
	origin := regexp.MustCompile(`^(hand|sampled seed \d+ index \d+)$`)
	listed := map[string]bool{"sets/sets.json": true}
	for _, n := range mustNets(t) {
		listed["sets/"+n.File] = true
		data, err := fs.ReadFile(setFiles, "sets/"+n.File)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := trainer.Parse(data,
			trainer.ParseOptions{Input: inputs[n.Dataset()], Classes: 10, Dataset: n.Dataset()})
		if err != nil || len(parsed.Warnings) > 0 {
			t.Errorf("%s: %v %v", n.File, err, parsed.Warnings)
		}
		if parsed.Architecture.Training.Epochs != epochs {
			t.Errorf("%s: %d epochs, want %d", n.File, parsed.Architecture.Training.Epochs, epochs)
		}
		if cost := parsed.Architecture.Cost(); cost.MultiplyAdds > 5_000_000 {
			t.Errorf("%s: %d multiply-adds, more than the proof can train", n.File, cost.MultiplyAdds)
		}
		if !origin.MatchString(n.Origin) {
			t.Errorf("%s: origin %q", n.File, n.Origin)
		}
		if n.Group() == sound {
			if n.Flaw != "" || n.Cause != "" || len(n.Also) > 0 {
				t.Errorf("%s: a sound net with a flaw", n.File)
			}
			continue
		}
		if n.Flaw == "" || strings.TrimSpace(n.Flaw) != n.Flaw {
			t.Errorf("%s: flaw %q", n.File, n.Flaw)
		}
		for _, c := range append(slices.Clone(n.Also), n.Cause) {
			if !c.known() {
				t.Errorf("%s: cause %q is not one of causes.go", n.File, c)
			}
		}
	}
	err := fs.WalkDir(setFiles, "sets", func(file string, d fs.DirEntry, err error) error {
		if !d.IsDir() && !listed[file] {
			t.Errorf("%s is not in the manifest", file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// bare is what a net is made of, without its training settings: nets of two sets must differ in it.
func bare(a trainer.Architecture) string {
	a.Training = trainer.Training{
		Optimizer: trainer.Optimizer{Type: trainer.SGD, LearningRate: 1},
		Schedule:  trainer.Schedule{Type: trainer.Constant},
		BatchSize: 1,
		Epochs:    1,
	}
	return a.ID()
}

func seedless(a trainer.Architecture) string {
	a.Training.Seed = 0
	return a.ID()
}

// pastRuns are the nets of the shipped corpora and pairs. Shards are read without the records, which are nearly all of
// them.
func pastRuns(t *testing.T) iter.Seq[trainer.Architecture] {
	t.Helper()
	shards, err := filepath.Glob("../../advisor/corpus/*/*.jsonl.gz")
	if err != nil || len(shards) < 3 {
		t.Fatalf("shards %v, %v", shards, err)
	}
	return func(yield func(trainer.Architecture) bool) {
		for _, name := range shards {
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			z, err := gzip.NewReader(f)
			if err != nil {
				t.Fatal(err)
			}
			for d := json.NewDecoder(z); ; {
				var run struct{ Architecture trainer.Architecture }
				if err := d.Decode(&run); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				if !yield(run.Architecture) {
					return
				}
			}
		}
	}
}

func TestSetsAreDisjoint(t *testing.T) {
	known := map[string]string{}
	for a := range pastRuns(t) {
		known[seedless(a)] = "a past run"
	}
	examples := os.DirFS("../../examples")
	files, err := fs.Glob(examples, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := fs.ReadFile(examples, name)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := trainer.Parse(data, trainer.ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		known[seedless(parsed.Architecture)] = name
	}
	built := map[string]Net{}
	for _, n := range mustNets(t) {
		id := seedless(n.Architecture)
		if was, ok := known[id]; ok {
			t.Errorf("%s is %s", n.File, was)
		}
		known[id] = n.File
		if was, ok := built[bare(n.Architecture)]; ok && was.Set() != n.Set() {
			t.Errorf("%s and %s differ in their training settings alone", n.File, was.File)
		}
		built[bare(n.Architecture)] = n
	}
}

// One seed draws much the same nets for both data sets, so what is drawn for one is left out of the other.
func TestDrawnNetsAreOfOneDataSet(t *testing.T) {
	drawn := map[string]Net{}
	for _, n := range mustNets(t) {
		if n.Origin == "hand" {
			continue
		}
		if was, ok := drawn[n.Origin]; ok {
			t.Errorf("%s and %s are both %s", n.File, was.File, n.Origin)
		}
		drawn[n.Origin] = n
	}
}

func TestNetsOf(t *testing.T) {
	for _, set := range setNames {
		nets, err := netsOf("cifar10", set)
		if err != nil || len(nets) < 48 {
			t.Errorf("%s: %d nets, %v", set, len(nets), err)
		}
	}
	_, err := netsOf("cifar10", "train")
	if err == nil || !strings.Contains(err.Error(), "dev, test and test2") {
		t.Errorf("a set that is not there: %v", err)
	}
}
