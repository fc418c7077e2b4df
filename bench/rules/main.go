package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"probewise/advisor/corpus"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "rules:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "probe" {
		return probe(ctx, args[1:], stdout, stderr)
	}
	f := flag.NewFlagSet("rules", flag.ContinueOnError)
	f.SetOutput(stderr)
	pairs := f.String("pairs", "", "folder of shards of pairs")
	foretold := f.Bool("foretold", false, "compare with what is foretold of the pairs, too; takes minutes")
	probes := f.String("probes", "", "folder of shards that the command probe wrote")
	if err := f.Parse(args); err != nil {
		return err
	}
	shipped, err := corpus.Shipped()
	if err != nil {
		return err
	}
	if err := usefulness(ctx, stdout, shipped); err != nil {
		return err
	}
	if *pairs != "" {
		entries, err := corpus.Read(os.DirFS(*pairs))
		if err != nil {
			return err
		}
		if err := proposalGains(ctx, stdout, shipped, entries); err != nil {
			return err
		}
		kindGains(stdout, entries)
	}
	if *foretold {
		entries, err := corpus.Read(os.DirFS(*pairs))
		if err != nil {
			return err
		}
		if err := beyondForetold(ctx, stdout, shipped, entries); err != nil {
			return err
		}
	}
	if *probes == "" {
		return nil
	}
	entries, err := corpus.Read(os.DirFS(*probes))
	if err != nil {
		return err
	}
	return alarms(ctx, stdout, shipped, entries)
}
