package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/api/jobs"
)

func (a *app) workerCommand() *cobra.Command {
	var drain bool
	c := &cobra.Command{
		Use:   "worker",
		Short: "Work on queued advice and runs",
		Long: "Claims queued jobs, one at a time, and also those whose worker is gone or whose lease has expired. Stops on\n" +
			"SIGINT or SIGTERM; the job in hand goes back to the queue.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.worker(c.Context(), drain) },
	}
	c.Flags().BoolVar(&drain, "drain", false, "stop when the queue is empty")
	return c
}

func (a *app) worker(ctx context.Context, drain bool) error {
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }()
	var failed error
	w := jobs.NewWorker(s.db, s.desk)
	w.Drain = drain
	if watch := a.watch(); watch != nil {
		w.Watch = func(_ advisor.Lease, e advisor.Event) { watch(e) }
	}
	w.Ended = func(l advisor.Lease, err error) {
		if err != nil {
			failed = fmt.Errorf("%s %s: %w", l.Kind, l.ID, err)
			fmt.Fprintln(a.errOut, "probewise:", failed)
		} else if !a.Quiet {
			fmt.Fprintf(a.errOut, "finished %s %s\n", l.Kind, l.ID)
		}
	}
	switch err := w.Run(ctx); {
	case err != nil:
		return &exitError{exitUnevaluated, err}
	case ctx.Err() != nil:
		return ctx.Err()
	case failed != nil:
		return &exitError{exitUnevaluated, nil}
	}
	return nil
}
