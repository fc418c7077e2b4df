package corpus

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// TestPairsInAShard: what edits and settings say comes back, and of edits the records that a search looks at.
func TestPairsInAShard(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pairs"+suffix)
	drafts, err := DrawPairs(pairSpace, 3, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	var records []trainer.EpochRecord
	for _, epoch := range []float64{0, 0.25, 0.5, 0.75, 1, 1.25, 2, 3, 4, 5, 6, 15} {
		records = append(records, trainer.EpochRecord{Epoch: epoch, ValidationAccuracy: 0.123456, TestLoss: trainer.Missing,
			Layers: []trainer.LayerStatistics{{Layer: "conv1", Weights: trainer.Statistics{Histogram: []float32{0.5}}}}})
	}
	for _, d := range drafts {
		err := Append(file, Entry{Seed: 3, Index: 0, Edit: d.Edit, Settings: d.Settings,
			PastRun: advisor.PastRun{Architecture: d.Architecture, Seed: d.Architecture.Training.Seed, Records: records}})
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := Read(os.DirFS(filepath.Dir(file)))
	if err != nil || len(got) != len(drafts) {
		t.Fatalf("%d runs, %v", len(got), err)
	}
	for i, e := range got {
		d := drafts[i]
		if e.Edit != d.Edit || len(e.Settings) != len(d.Settings) || len(d.Settings) > 0 &&
			!slices.Equal(e.Settings, d.Settings) || e.Architecture.ID() != d.Architecture.ID() || e.Seed != 3 {
			t.Errorf("draft %+v came back as edit %d with %q", d, e.Edit, e.Settings)
		}
		want := []float64{0.25, 0.5, 1, 2, 3, 15}
		if d.Edit == 0 {
			want = []float64{0, 0.25, 0.5, 0.75, 1, 1.25, 2, 3, 4, 5, 15}
		}
		var epochs []float64
		for _, r := range e.Records {
			epochs = append(epochs, r.Epoch)
			if histogram := r.Layers[0].Weights.Histogram != nil; histogram != (d.Edit == 0) || r.ValidationAccuracy != 0.123 {
				t.Errorf("edit %d: record %+v", d.Edit, r)
			}
		}
		if !slices.Equal(epochs, want) {
			t.Errorf("edit %d has records of epochs %v, want %v", d.Edit, epochs, want)
		}
	}
	plain, err := json.Marshal(got[0])
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(plain, &members); err != nil || members["edit"] != nil || members["settings"] != nil {
		t.Errorf("a run that is no edit says %v (%v)", members, err)
	}
}

// TestBuildOfPairsGoesOn: runs that the shard holds are not made again, its bases are kept as they are, and the shard
// is the same as that of one go.
func TestBuildOfPairsGoesOn(t *testing.T) {
	pairsPlan := func(file string, bases int) Plan {
		p := plan(file, bases)
		p.Draw, p.Space = DrawPairs, pairSpace
		return p
	}
	folder := t.TempDir()
	whole := filepath.Join(folder, "whole", "x"+suffix)
	all := &scripted{stop: func(string) error { return nil }}
	if err := Build(t.Context(), all, pairsPlan(whole, 2), ignore); err != nil {
		t.Fatal(err)
	}
	runs := 2*(1+singles+packages) + 1
	if len(all.started) != runs {
		t.Fatalf("%d runs, want %d", len(all.started), runs)
	}
	cut := errors.New("power cut")
	for _, after := range []int{1, 9} {
		file := filepath.Join(folder, "parts", "x"+suffix)
		first := &scripted{}
		first.stop = func(string) error {
			if len(first.started) > after {
				return cut
			}
			return nil
		}
		if err := Build(t.Context(), first, pairsPlan(file, 2), ignore); !errors.Is(err, cut) {
			t.Fatalf("error %v, want the training's", err)
		}
		second := &scripted{stop: func(string) error { return nil }}
		var last Progress
		if err := Build(t.Context(), second, pairsPlan(file, 2), func(p Progress) { last = p }); err != nil {
			t.Fatal(err)
		}
		if len(second.started) != runs-after || last.Done != runs || last.Runs != runs {
			t.Errorf("after %d runs %d were made, and %d of %d are done", after, len(second.started), last.Done, last.Runs)
		}
		want, err := Read(os.DirFS(filepath.Dir(whole)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(os.DirFS(filepath.Dir(file)))
		if err != nil || !reflect.DeepEqual(sorted(got), sorted(want)) {
			t.Errorf("after %d runs the shard is another one (%v)", after, err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	more := &scripted{stop: func(string) error { return nil }}
	if err := Build(t.Context(), more, pairsPlan(whole, 3), ignore); err != nil ||
		len(more.started) != 2+singles+packages { // it is trained again as well
		t.Errorf("one base more made %d runs (%v)", len(more.started), err)
	}
	again := &scripted{stop: func(string) error { return nil }}
	if err := Build(t.Context(), again, pairsPlan(whole, 3), ignore); err != nil || len(again.started) != 0 {
		t.Errorf("a build that is done made %d runs (%v)", len(again.started), err)
	}
}

// sorted orders runs as they were drawn, and leaves out what tests cannot compare: NaN is not equal to itself.
func sorted(all []Entry) []Entry {
	slices.SortFunc(all, func(a, b Entry) int {
		if a.Index != b.Index {
			return a.Index - b.Index
		}
		return a.Edit - b.Edit
	})
	for i := range all {
		for j := range all[i].Records {
			all[i].Records[j] = trainer.EpochRecord{Epoch: all[i].Records[j].Epoch}
		}
		all[i].Outcome = trainer.Outcome{Epochs: all[i].Outcome.Epochs, TestAccuracy: all[i].Outcome.TestAccuracy}
	}
	return all
}
