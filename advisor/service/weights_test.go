package service

import (
	"errors"
	"slices"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
	"probewise/trainer/safetensors"
)

// trained does a run of its own of six layers.
func trained(t *testing.T, store *fakeStore, r RunRequest) (advisor.Run, error) {
	t.Helper()
	d := Service{Store: store, Datasets: fakeDatasets{}, Trainer: &fakeTrainer{accuracy: bestAt16}, Version: "v1"}
	r.Dataset = "made-up"
	run, err := d.SubmitRun(t.Context(), sixLayers(t).Canonical(), r, advisor.IdempotencyKey{})
	if err != nil {
		t.Fatal(err)
	}
	queued := store.runs[run.ID]
	queued.State = advisor.Running // as its claim does
	store.runs[run.ID] = queued
	err = d.Work(t.Context(), advisor.Lease{Kind: advisor.JobRun, ID: run.ID}, nil)
	return store.runs[run.ID], err
}

// TestWeightsOfAFullRun: they are kept before the run ends, with what one needs to use them.
func TestWeightsOfAFullRun(t *testing.T) {
	store := &fakeStore{}
	run, err := trained(t, store, RunRequest{Budget: trainer.Budget{Epochs: 4}, Seed: 9})
	if err != nil || run.State != advisor.Succeeded {
		t.Fatalf("the run is %s, %v", run.State, err)
	}
	kept := store.weights[run.ID]
	tensors, texts, err := safetensors.Read(kept.text)
	if err != nil || kept.epoch != 4 || len(tensors) != 1 || tensors[0].Name != "dense1.bias" ||
		!slices.Equal(tensors[0].Values, []float32{4}) {
		t.Errorf("epoch %d: %v, %v", kept.epoch, tensors, err)
	}
	for name, want := range map[string]string{
		"architecture": string(run.Architecture.Canonical()), "architecture_id": run.ArchitectureID,
		"dataset": "made-up", "dataset_id": "id", "images": "100", "epochs": "4", "epoch": "4", "seed": "9",
		"validation_accuracy": "0.5", "probewise_version": "v1", "input_mean": "[0]", "input_deviation": "[255]",
		"classes": `["","","","","","","","","",""]`,
	} {
		if texts[name] != want {
			t.Errorf("%s is %q, want %q", name, texts[name], want)
		}
	}
	if _, named := texts["run"]; named {
		t.Error("equal trainings give unequal files")
	}
}

func TestProbesKeepNoWeights(t *testing.T) {
	store := &fakeStore{}
	run, err := trained(t, store, RunRequest{Kind: advisor.Probe, Budget: trainer.Budget{Epochs: 4}, StopAfter: 4})
	if err != nil || run.State != advisor.Succeeded || len(store.weights) != 0 || run.Outcome.Best != nil {
		t.Errorf("the probe is %s, %v, with weights %v", run.State, err, store.weights)
	}
}

// TestWeightsThatCannotBeKept: where there is no room the job waits for another time, else the run says why it failed.
func TestWeightsThatCannotBeKept(t *testing.T) {
	full := &fakeStore{faults: map[string]error{"KeepWeights": advisor.ErrStorageFull}}
	if run, err := trained(t, full, RunRequest{}); !errors.Is(err, advisor.ErrStorageFull) || !full.released ||
		run.State != advisor.Running {
		t.Errorf("on a full disk: %v, released %v, %s", err, full.released, run.State)
	}
	refused := errors.New("permission denied")
	store := &fakeStore{faults: map[string]error{"KeepWeights": refused}}
	if run, err := trained(t, store, RunRequest{}); !errors.Is(err, refused) || run.State != advisor.Failed {
		t.Errorf("in a folder of another's: %v, %s", err, run.State)
	}
}

// TestPredictionGoesWithTheTraining: what was predicted stays with the run that shows what is reached.
func TestPredictionGoesWithTheTraining(t *testing.T) {
	store := &fakeStore{}
	d := newService(store, fakeRules{narrow})
	d.Predictor = fakePredictor{accuracy: 0.5}
	a, err := ask(t, d, advisor.Request{Verify: true, Train: true})
	if err != nil || a.Revised == nil || a.Revised.Prediction == nil || len(store.next) != 1 {
		t.Fatalf("revised %+v, next %v, %v", a.Revised, store.next, err)
	}
	if got := store.next[0].Predicted; got == nil || got.TestAccuracy != a.Revised.Prediction.TestAccuracy {
		t.Errorf("predicted %+v, want %+v", got, a.Revised.Prediction)
	}
}
