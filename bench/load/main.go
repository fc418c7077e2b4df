package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

// options say what is measured.
type options struct {
	binary string
	rate   float64       // requests a second
	pairs  int           // of a probe without readers and one with them
	epochs int           // of a probe
	alone  time.Duration // how long readers come while nothing trains
	seed   uint64
	limit  time.Duration
	json   bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.limit, fmt.Errorf("not done after %s", o.limit))
	defer cancel()
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = fmt.Errorf("%w (%w)", context.Cause(ctx), err)
		}
	}()
	dir, err := os.MkdirTemp("", "probewise-load")
	if err != nil {
		return fmt.Errorf("make a data folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := start(ctx, o.binary, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	said := func(format string, values ...any) { fmt.Fprintf(stderr, format+"\n", values...) }
	result, err := measure(ctx, s, o, said)
	if err != nil {
		return err
	}
	if o.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	}
	return result.write(stdout)
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.binary, "binary", "", "the program to measure (required)")
	f.Float64Var(&o.rate, "rate", 200, "requests a second")
	f.IntVar(&o.pairs, "pairs", 3, "pairs of a probe without readers and one with them")
	f.IntVar(&o.epochs, "epochs", 10, "epochs of a probe, about two seconds each on two cores")
	f.DurationVar(&o.alone, "alone", 10*time.Second, "how long readers come while nothing trains")
	f.Uint64Var(&o.seed, "seed", 1, "of the times and choices of requests")
	f.DurationVar(&o.limit, "limit", 5*time.Minute, "give up after this")
	f.BoolVar(&o.json, "json", false, "one JSON document on the standard output")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.binary == "":
		return o, errors.New("--binary is required")
	case o.rate <= 0 || o.rate > 1e5:
		return o, fmt.Errorf("--rate %g: expected a number above 0, at most 100000", o.rate)
	case o.pairs < 1 || o.epochs < 1 || o.epochs > fullEpochs:
		return o, fmt.Errorf("--pairs %d --epochs %d: expected at least 1 of each, and at most %d epochs", o.pairs,
			o.epochs, fullEpochs)
	}
	return o, nil
}
