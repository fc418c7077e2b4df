package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer/safetensors"
)

// TestTrainedWeights: the file of --weights is the one that is kept, and the same training gives the same bytes.
func TestTrainedWeights(t *testing.T) {
	net, dir := write(t, "tiny.json", tiny), t.TempDir()
	var files [][]byte
	for _, name := range []string{"first.safetensors", "second.safetensors"} {
		out := filepath.Join(dir, name)
		code, document, errOut := call(t, "train", net, "--images", "500", "--epochs", "3", "--weights", out, "--json",
			"--data-dir", dir)
		if code != exitOK {
			t.Fatalf("exit %d: %s", code, errOut)
		}
		var run advisor.Run
		if err := json.Unmarshal([]byte(document), &run); err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := os.ReadFile(filepath.Join(dir, "weights", run.ID+".safetensors"))
		if err != nil || !bytes.Equal(file, kept) || run.Weights == nil || run.Weights.Bytes != int64(len(file)) {
			t.Errorf("%s: %d bytes, kept are %d, the run says %+v (%v)", name, len(file), len(kept), run.Weights, err)
		}
		if run.Outcome.Best == nil || run.Outcome.Best.Epoch != run.Weights.Epoch {
			t.Errorf("the best epoch is %+v, the weights are %+v", run.Outcome.Best, run.Weights)
		}
		files = append(files, file)
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the same training gave other bytes")
	}
	tensors, texts, err := safetensors.Read(files[0])
	if err != nil || len(tensors) != 10 || tensors[0].Name != "conv1.bias" || texts["seed"] != "7" {
		t.Errorf("%d tensors, %v, %v", len(tensors), texts, err)
	}
}

// TestNoTrainedWeights: what diverges in its first epoch has none, and nothing is written.
func TestNoTrainedWeights(t *testing.T) {
	net, dir := write(t, "hot.json", hot), t.TempDir()
	code, out, errOut := call(t, "train", net, "--images", "500", "--epochs", "2", "--data-dir", dir, "--weights",
		filepath.Join(dir, "w.safetensors"))
	if code != exitUnevaluated || !strings.Contains(errOut, "the run has no weights") ||
		!strings.Contains(out, "The run diverged in epoch 1") {
		t.Errorf("exit %d: %s\n%s", code, errOut, out)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.safetensors*")); err != nil || len(left) > 0 {
		t.Errorf("left are %q, %v", left, err)
	}
}
