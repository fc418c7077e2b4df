//go:build slow

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"probewise/advisor"
)

// TestKilledAdviceFinishes kills the program with SIGKILL in the middle of a probe, starts the same command again, and
// compares with advice that nothing interrupted.
func TestKilledAdviceFinishes(t *testing.T) {
	file, dir := write(t, "tiny.json", tiny), dataDir(t)
	arguments := []string{"advise", file, "--images", "1000", "--probe-epochs", "2", "--json", "--data-dir"}

	killAt(t, "probe: epoch 0.75", append(arguments, dir)...)
	killed := storedRuns(t, dir)
	if len(killed) != 1 || killed[0].State != advisor.Running {
		t.Fatalf("after the kill the store holds %+v, want one running probe", killed)
	}

	code, out, errOut := call(t, append(arguments, dir)...)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	resumed := advice(t, out)
	if resumed.ProbeRun != killed[0].ID {
		t.Errorf("the advice has probe %s, not the interrupted %s", resumed.ProbeRun, killed[0].ID)
	}
	code, out, errOut = call(t, append(arguments, dataDir(t))...)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	if got, want := timeless(t, resumed), timeless(t, advice(t, out)); !reflect.DeepEqual(got, want) {
		t.Errorf("the interrupted advice differs from one in one go:\n%v\n%v", got, want)
	}
}

// TestTheSameCommandTwice: the second waits for the first, and both give the same advice.
func TestTheSameCommandTwice(t *testing.T) {
	file, dir := write(t, "tiny.json", tiny), dataDir(t)
	arguments := []string{"advise", file, "--images", "1000", "--probe-epochs", "2", "--json", "--data-dir", dir}
	first := subprocess(t.Context(), t, arguments...)
	var printed bytes.Buffer
	first.Stdout = &printed
	stderr, err := first.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	lines.Scan() // the probe's first record
	done := make(chan struct{})
	go func() {
		for lines.Scan() { // so that the first can go on
		}
		close(done)
	}()
	code, out, errOut := call(t, arguments...)
	<-done
	if err := first.Wait(); err != nil || code != exitOK {
		t.Fatalf("the first ended with %v, the second with %d: %s", err, code, errOut)
	}
	if out != printed.String() {
		t.Errorf("the second printed\n%s\nthe first\n%s", out, printed.String())
	}
}

// TestKilledWhileSearchingAfterADivergedProbe takes the probe's result from the store, with a forest that predicts
// from it.
func TestKilledWhileSearchingAfterADivergedProbe(t *testing.T) {
	file, dir := write(t, "hot.json", hot), dataDir(t)
	arguments := []string{"advise", file, "--probe-epochs", "2", "--suggestions", "1", "--json", "--data-dir"}
	killAt(t, "search: epoch 0.25", append(arguments, dir)...)
	var documents []map[string]any
	for _, folder := range []string{dir, dataDir(t)} {
		code, out, errOut := call(t, append(arguments, folder)...)
		if code != exitOK {
			t.Fatalf("exit %d: %s", code, errOut)
		}
		a := advice(t, out)
		if a.Prediction == nil || len(a.Suggestions) != 1 || a.Suggestions[0].Trial == nil {
			t.Fatalf("advice %+v, want a prediction and a suggestion that was tried", a)
		}
		documents = append(documents, timeless(t, a))
	}
	if !reflect.DeepEqual(documents[0], documents[1]) {
		t.Errorf("the interrupted advice differs from one in one go:\n%v\n%v", documents[0], documents[1])
	}
}

// TestKilledTrainingOfAnAdviceFinishes: the same command goes on with the training of the revised architecture.
func TestKilledTrainingOfAnAdviceFinishes(t *testing.T) {
	file, dir := write(t, "tiny.json", tiny), dataDir(t)
	arguments := []string{"advise", file, "--images", "1000", "--probe-epochs", "2", "--train",
		"--weights", filepath.Join(dir, "revised.safetensors"), "--json", "--data-dir", dir}
	killAt(t, "train: epoch 1", arguments...)
	code, out, errOut := call(t, arguments...)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	if strings.Contains(errOut, "probe:") {
		t.Error("the probe was trained again")
	}
	var document advisor.Answer
	if err := json.Unmarshal([]byte(out), &document); err != nil {
		t.Fatal(err)
	}
	full := 0
	for _, r := range storedRuns(t, dir) {
		if r.Kind == advisor.Full {
			full++
		}
	}
	if full != 1 || document.Training == nil || document.Training.State != advisor.Succeeded ||
		document.Training.FromAdvice != document.ID {
		t.Errorf("%d full runs, training %+v", full, document.Training)
	}
	if _, err := os.Stat(filepath.Join(dir, "revised.safetensors")); err != nil || document.Training.Weights == nil {
		t.Errorf("weights %+v, %v", document.Training.Weights, err)
	}
}
