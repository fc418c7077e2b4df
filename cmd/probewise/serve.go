package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"

	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/api"
	"probewise/api/pages"
	"probewise/examples"
	"probewise/jobs"
	"probewise/trainer"
	"probewise/web"
)

func (a *app) serveCommand() *cobra.Command {
	var listen string
	var hosts []string
	var maxUpload int64
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the REST interface and the web form, and work on what is queued",
		Long: "Listens on the loopback address by default: there is no authentication. " +
			"One job at a time is worked on in this\n" +
			"process; \"probewise worker\" beside it takes more. " +
			"On SIGINT or SIGTERM the job in hand goes back to the queue, and\n" +
			"also when the GPU fails, which ends the service with exit code 3: only a new process can use the GPU again.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.serve(c.Context(), listen, hosts, maxUpload) },
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "address and port; port 0: any free one")
	c.Flags().StringSliceVar(&hosts, "allowed-host", nil,
		"a further name by which the service may be called, such as a proxy's")
	c.Flags().Int64Var(&maxUpload, "max-upload", api.DefaultMaxUpload,
		"largest archive of a data set that is taken, in bytes")
	return c
}

func (a *app) serve(ctx context.Context, listen string, hosts []string, maxUpload int64) error {
	if maxUpload < 1 {
		return fmt.Errorf("--max-upload %d: expected a number of bytes", maxUpload)
	}
	if _, _, err := net.SplitHostPort(listen); err != nil {
		return fmt.Errorf("--listen %s: %w", listen, err)
	}
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }() // everything is on disk when its write returned
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	log := a.logger()
	ctx, stop := context.WithCancel(ctx)
	var background sync.WaitGroup // what no answer waits for; it reads the store
	defer func() {
		stop()
		background.Wait()
	}()
	s.predictor.Background = func(f func(context.Context)) { background.Go(func() { f(ctx) }) }
	names := ownHosts(listener.Addr())
	log.Info("listening", "url", "http://"+listener.Addr().String(), "data", a.DataDir)
	if names == nil {
		log.Warn("listening beyond this machine: there is no authentication", "address", listener.Addr().String())
		if len(hosts) == 0 {
			log.Warn("any host name is accepted, so that pages elsewhere can reach the service through a browser here: give " +
				"the names with --allowed-host")
		}
	}
	feed := &jobs.Feed{Log: s.db}
	worker := jobs.NewWorker(s.db, s.service)
	worker.Log = log
	worker.Watch = func(l advisor.Lease, e advisor.Event) { feed.Publish(l.Kind, l.ID, e) }
	worker.Ended = func(l advisor.Lease, err error) {
		feed.Publish(l.Kind, l.ID, advisor.Event{Type: advisor.EventState}) // whatever the log says now
		logEnd(ctx, log, l, err)
		s.predictor.Background(func(ctx context.Context) {
			if err := s.predictor.Renew(ctx); err != nil && ctx.Err() == nil {
				log.Warn("the forests are as they were", "error", err.Error())
			}
		})
	}
	server := &api.Server{
		Service:   s.service,
		Store:     s.db,
		Datasets:  s.library,
		Analyst:   s.analyst,
		Feed:      feed,
		Wake:      worker.Wake,
		Hosts:     append(names, hosts...),
		Uploads:   filepath.Join(a.DataDir, "uploads"),
		Version:   version(),
		Log:       log,
		Trouble:   worker.Trouble,
		MaxUpload: maxUpload,
	}
	server.Site, err = pages.New(pages.Options{
		Server:   server,
		Service:  s.service,
		Store:    s.db,
		Datasets: s.library,
		Wake:     worker.Wake,
		Web:      web.Files,
		Examples: examples.Architectures,
		Version:  version(),
	})
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	return together(ctx, worker.Run, func(ctx context.Context) error { return server.Serve(ctx, listener) })
}

// logEnd tells how a job ended.
func logEnd(ctx context.Context, log *slog.Logger, l advisor.Lease, err error) {
	log = log.With("kind", string(l.Kind), "id", l.ID)
	var lost *trainer.DeviceLostError
	switch {
	case errors.As(err, &lost):
		log.Error("the device is lost", "error", err.Error())
	case err == nil:
		log.Info("finished")
	case errors.Is(err, advisor.ErrCancelRequested):
		log.Info("cancelled")
	case errors.Is(err, advisor.ErrLeaseLost):
		log.Warn("another worker has taken it", "error", err.Error())
	case ctx.Err() != nil:
		log.Info("back to the queue")
	case errors.Is(err, advisor.ErrBusy), errors.Is(err, advisor.ErrStorageFull):
		log.Warn("back to the queue", "error", err.Error())
	default:
		log.Error("failed", "error", err.Error())
	}
}

// ownHosts are the names by which a service on the loopback address may be called; none where it listens elsewhere:
// any.
func ownHosts(address net.Addr) []string {
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		return []string{"localhost", "127.0.0.1", "::1", tcp.IP.String()}
	}
	return nil
}

// together runs both until ctx ends; where one fails, the other is stopped.
func together(ctx context.Context, first, second func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 2)
	for _, f := range []func(context.Context) error{first, second} {
		go func() {
			err := f(ctx)
			stop()
			ended <- err
		}()
	}
	if err := errors.Join(<-ended, <-ended); err != nil {
		return &exitError{exitUnevaluated, err}
	}
	return nil
}

// logger writes what happens to the standard error: errors alone where quiet was asked for.
func (a *app) logger() *slog.Logger {
	level := slog.LevelInfo
	if a.Quiet {
		level = slog.LevelError
	}
	return slog.New(slog.NewTextHandler(a.errOut, &slog.HandlerOptions{Level: level}))
}
