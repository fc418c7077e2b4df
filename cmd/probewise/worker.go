package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/jobs"
	"probewise/trainer"
)

func (a *app) workerCommand() *cobra.Command {
	var drain bool
	c := &cobra.Command{
		Use:   "worker",
		Short: "Work on queued advice and runs",
		Long: "Claims queued jobs, one at a time, also those whose worker is gone or whose lease has expired. Stops on\n" +
			"SIGINT or SIGTERM, and with exit code 3 when its GPU fails: only a new process can use that again. " +
			"Each time the job in\n" +
			"hand goes back to the queue.",
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
	w := jobs.NewWorker(s.db, s.service)
	w.Drain, w.Log = drain, a.logger()
	can, err := a.ability()
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	w.Log.Info("this worker trains on", "device", can.Device, "name", can.Name, "detail", can.Detail)
	if watch := a.watch(); watch != nil {
		w.Watch = func(_ advisor.Lease, e advisor.Event) { watch(e) }
	}
	w.Ended = func(l advisor.Lease, err error) {
		failed = errors.Join(failed, a.ended(l, err))
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

// ended tells how a job ended and returns its error where it failed.
func (a *app) ended(l advisor.Lease, err error) error {
	var lost *trainer.DeviceLostError
	switch {
	case errors.As(err, &lost):
		a.tell("the device was lost during %s %s", l.Kind, l.ID) // the worker ends with the error itself
	case err == nil:
		a.tell("finished %s %s", l.Kind, l.ID)
	case errors.Is(err, advisor.ErrCancelRequested):
		a.tell("cancelled %s %s", l.Kind, l.ID)
	case errors.Is(err, advisor.ErrLeaseLost):
		fmt.Fprintf(a.errOut, "probewise: another worker has taken %s %s\n", l.Kind, l.ID)
	default:
		err = fmt.Errorf("%s %s: %w", l.Kind, l.ID, err)
		fmt.Fprintln(a.errOut, "probewise:", err)
		return err
	}
	return nil
}
