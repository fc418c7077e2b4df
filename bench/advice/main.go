package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"probewise/forest/childprocess"
)

func main() {
	if childprocess.Is(os.Args[1:]) { // a forest is fitted
		if err := childprocess.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "advice:", err)
			os.Exit(1) //nolint:forbidigo // this is main
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "advice:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

// command is one of the program's.
type command struct {
	name, does string
	run        func(ctx context.Context, args []string, stdout, stderr io.Writer) error
}

var commands = []command{
	{"baseline", "train the nets of a set in full", baseline},
	{"revise", "let an arm revise the nets of a set", revise},
	{"trial", "answer the search of another program, a line of JSON each",
		func(ctx context.Context, args []string, stdout, stderr io.Writer) error {
			return trial(ctx, args, stdout, stderr, os.Stdin)
		}},
	{"train", "train in full what arms made of the nets", trainRevisions},
	{"report", "write docs/results from what runs left behind", report},
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		for _, c := range commands {
			if c.name == args[0] {
				err := c.run(ctx, args[1:], stdout, stderr)
				if errors.Is(err, flag.ErrHelp) {
					return nil
				}
				return err
			}
		}
	}
	for _, c := range commands {
		fmt.Fprintf(stderr, "go run ./bench/advice %-10s %s\n", c.name, c.does)
	}
	if len(args) == 0 {
		return errors.New("which command?")
	}
	return fmt.Errorf("there is no command %q", args[0])
}
