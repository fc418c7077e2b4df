// Package childprocess does what package forest does in a child process of the same program: the library that it uses
// draws from the process's global random source, and its panics cannot be recovered. The child ends when it is killed
// with the caller's context.
//
// The program has to begin with Serve where its arguments are those of a child: see Is.
package childprocess

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"

	"probewise/forest"
)

// argument makes the program serve one request instead of reading a command line.
const argument = "forest-child"

// Is says whether the arguments after the program's name are those of a child.
func Is(args []string) bool { return len(args) == 1 && args[0] == argument }

// Serve is the child's side: it answers one request. What cannot be done is an answer too; the error is that of the
// streams.
func Serve(in io.Reader, out io.Writer) error { return forest.ServeChild(in, out) }

// Fitter implements pastruns.Fitter.
type Fitter struct{}

// Fit fits a forest.
func (Fitter) Fit(ctx context.Context, t forest.Table, o forest.Options) (*forest.Model, error) {
	response, err := ask(ctx, forest.Request{Table: t, Options: o})
	if err != nil {
		return nil, err
	}
	return response.Model, nil
}

// Score cross-validates a forest.
func (Fitter) Score(ctx context.Context, t forest.Table, o forest.Options, repeats int) (forest.Score, error) {
	response, err := ask(ctx, forest.Request{Table: t, Options: o, Repeats: repeats})
	return response.Score, err
}

// Ablate compares groups of features. Half of the folds take half of the time of an ablation's many fits.
func (Fitter) Ablate(ctx context.Context, t forest.Table, steps []forest.AblationStep,
	o forest.AblationOptions) ([]forest.AblationScore, error) {
	response, err := ask(ctx, forest.Request{Table: t, Steps: steps, Ablation: o, Options: forest.Options{Folds: 5}})
	return response.Steps, err
}

// Relate relates columns to targets.
func (Fitter) Relate(ctx context.Context, t forest.Table) (forest.Related, error) {
	response, err := ask(ctx, forest.Request{Table: t, Relate: true, Options: forest.Options{Seed: 1}})
	return response.Related, err
}

func ask(ctx context.Context, r forest.Request) (forest.Response, error) {
	binary, err := os.Executable()
	if err != nil {
		return forest.Response{}, fmt.Errorf("find the program for the forest's child process: %w", err)
	}
	var in, out, complaints bytes.Buffer
	if err := r.Encode(&in); err != nil {
		return forest.Response{}, err
	}
	command := exec.CommandContext(ctx, binary, argument)
	command.Stdin, command.Stdout, command.Stderr = &in, &out, &complaints
	if err := command.Run(); err != nil {
		return forest.Response{}, fmt.Errorf("the forest's child process: %w: %s", err, LastLine(complaints.Bytes()))
	}
	return forest.DecodeResponse(&out)
}

// LastLine is what a process that failed said last.
func LastLine(text []byte) []byte {
	text = bytes.TrimSpace(text)
	return text[bytes.LastIndexByte(text, '\n')+1:]
}
