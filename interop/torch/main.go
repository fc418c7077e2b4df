package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"probewise/trainer"
	"probewise/trainer/dataset"
	"probewise/trainer/graph"
	"probewise/trainer/kernel"
)

// steps is how long each net is trained.
const steps = 20

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "torch:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, args []string, errOut io.Writer) error {
	f := flag.NewFlagSet("torch", flag.ContinueOnError)
	f.SetOutput(errOut)
	out := f.String("out", "", "the folder to write to")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *out == "" {
		return errors.New("-out says where to write")
	}
	nets, err := read(f.Args())
	if err != nil {
		return err
	}
	sampled, err := sample()
	if err != nil {
		return err
	}
	images, err := dataset.Open(*out).Load(ctx, dataset.Sample)
	if err != nil {
		return err
	}
	for i, a := range append(nets, sampled...) {
		folder := filepath.Join(*out, fmt.Sprintf("%02d", i+1))
		if err := train(ctx, a, images, folder); err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
	}
	return nil
}

// weighted is a session whose weights can be looked at.
type weighted interface {
	trainer.Session
	Weights() ([]trainer.Tensor, error)
}

// train trains one net and writes its folder.
func train(ctx context.Context, a trainer.Architecture, images *trainer.Dataset, folder string) (err error) {
	d, err := fit(images, a.Input)
	if err != nil {
		return err
	}
	used, training, validation, err := oneBatch(d, a.Training.BatchSize)
	if err != nil {
		return err
	}
	w, err := newWriter(folder)
	if err != nil {
		return err
	}
	tr := graph.Trainer{Open: func(threads int) (trainer.Backend, error) { return kernel.New(threads) }}
	session, err := tr.Start(ctx,
		trainer.Spec{Architecture: a, Data: d, Budget: trainer.Budget{Images: used, Epochs: steps}, Seed: a.Training.Seed})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	s, ok := session.(weighted)
	if !ok {
		return errors.New("the session does not show its weights")
	}
	w.images("validation", d, validation, dataset.Augmentation{})
	augmented := func(epoch int) dataset.Augmentation {
		return dataset.Augmentation{Augment: a.Training.Augment, Seed: a.Training.Seed, Epoch: epoch}
	}
	w.images("norms", d, training, augmented(0))
	w.weights(s)
	var outcome trainer.Outcome
	for epoch := range steps {
		w.images("images", d, dataset.Order(training, a.Training.Seed, epoch), augmented(epoch))
		if outcome, err = s.TrainTo(ctx, float64(epoch+1), w); err != nil {
			return err
		}
		w.images("norms", d, training, augmented(epoch))
		w.weights(s)
	}
	if outcome.Diverged {
		return fmt.Errorf("diverged at step %d: there is nothing to compare", outcome.DivergedEpoch)
	}
	return w.finish(a, outcome.Device)
}

// oneBatch finds how many images a run has whose training images are one batch, and which they are.
func oneBatch(d *trainer.Dataset, batch int) (images int, training, validation []int, err error) {
	for images = max(batch, 5); ; images++ {
		training, validation, err = dataset.Partition(d, images)
		if err != nil || len(training) == batch {
			return images, training, validation, err
		}
	}
}
