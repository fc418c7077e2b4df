package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"probewise/advisor"
)

// poll is how often an idle worker looks for work.
const poll = time.Second

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
	watch := a.watch()
	var failed error
	for {
		if _, err := s.db.Recover(ctx, time.Now(), advisor.Worker.Gone); err != nil {
			return &exitError{exitUnevaluated, err}
		}
		lease, found, err := s.db.Claim(ctx, advisor.ThisWorker(), time.Now().Add(advisor.LeaseTime))
		switch {
		case err != nil:
			return &exitError{exitUnevaluated, err}
		case found:
			if err := s.desk.Work(ctx, lease, watch); err != nil {
				failed = fmt.Errorf("%s %s: %w", lease.Kind, lease.ID, err)
				fmt.Fprintln(a.errOut, "probewise:", failed)
			} else if !a.Quiet {
				fmt.Fprintf(a.errOut, "finished %s %s\n", lease.Kind, lease.ID)
			}
		case drain && failed != nil:
			return &exitError{exitUnevaluated, nil}
		case drain:
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait(found):
		}
	}
}

// wait returns at once where there was work, else after the poll interval.
func wait(found bool) <-chan time.Time {
	if found {
		c := make(chan time.Time, 1)
		c <- time.Time{}
		return c
	}
	return time.After(poll)
}
