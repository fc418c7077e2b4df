package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/trainer"
	"probewise/trainer/dataset"
	"probewise/trainer/graph"
	"probewise/trainer/kernel"
)

// probes is what a net is trained on: the beginning of a run in full, as a request's defaults have it.
var (
	full        = trainer.Budget{Images: advisor.DefaultImages, Epochs: 15}
	probeLength = float64(advisor.DefaultProbeEpochs)
)

// probe trains the nets of files for the length of a probe, on one core each, and appends them to a shard.
func probe(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("probe", flag.ContinueOnError)
	f.SetOutput(stderr)
	folder := f.String("data", "", "the program's data folder, where its data sets are")
	name := f.String("dataset", dataset.Sample, "data set")
	out := f.String("out", "", "shard that probes are appended to; nets that it holds are not trained again")
	seed := f.Uint64("seed", 1, "of the probes")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *folder == "" || *out == "" || f.NArg() == 0 {
		return errors.New("wanted: -data FOLDER -out FILE.jsonl.gz NET.json …")
	}
	data, err := dataset.Open(*folder).Load(ctx, *name)
	if err != nil {
		return err
	}
	data = dataset.TestHalf(data, dataset.Fitting) // the other half is for the proof
	if err := corpus.Repair(*out); err != nil {
		return err
	}
	have, err := corpus.Read(os.DirFS(filepath.Dir(*out)))
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, e := range have {
		done[e.Architecture.Name] = true
	}
	for i, file := range f.Args() {
		title := netName(file)
		if done[title] {
			continue
		}
		past, err := probed(ctx, data, *name, file, *seed)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		past.Architecture.Name = title
		if err := corpus.Append(*out, corpus.Entry{Index: i, PastRun: past}); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%s: validation accuracy %.3f\n", title, past.Outcome.ValidationAccuracy)
	}
	return nil
}

// netName is what stands for a net in the shard: the last two parts of its file, "sound/elu".
func netName(file string) string {
	return filepath.Base(filepath.Dir(file)) + "/" + strings.TrimSuffix(filepath.Base(file), ".json")
}

// keep is an observer that keeps the records.
type keep struct{ records []trainer.EpochRecord }

func (*keep) Progress(trainer.Progress) {}

func (k *keep) Record(_ context.Context, r trainer.EpochRecord) error {
	k.records = append(k.records, r)
	return nil
}

func probed(ctx context.Context, data *trainer.Dataset, name, file string, seed uint64) (past advisor.PastRun,
	err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return past, err
	}
	parsed, err := trainer.Parse(text, trainer.ParseOptions{})
	if err != nil {
		return past, err
	}
	t := graph.Trainer{Open: func(int) (trainer.Backend, error) { return kernel.New(1) }}
	session, err := t.Start(ctx, trainer.Spec{Architecture: parsed.Architecture, Data: data, Budget: full, Seed: seed})
	if err != nil {
		return past, err
	}
	var k keep
	outcome, err := session.TrainTo(ctx, probeLength, &k)
	if err := errors.Join(err, session.Close()); err != nil {
		return past, err
	}
	return advisor.PastRun{
		Key:          advisor.Key{Dataset: name, Images: full.Images, Epochs: full.Epochs},
		DatasetID:    data.ID,
		Architecture: parsed.Architecture,
		Seed:         seed,
		Outcome:      outcome,
		Records:      k.records,
	}, nil
}
