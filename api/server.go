package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
	panics "github.com/gofiber/fiber/v2/middleware/recover"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/service"
	"probewise/trainer"
	"probewise/trainer/dataset"
)

// Store is what the handlers read and change beyond the service's use cases.
type Store interface {
	Records
	Jobs
	// Ping says why the store cannot be used.
	Ping(ctx context.Context) error
}

// Records reads runs and advice. advisor.ErrNotFound: there is none of that id.
type Records interface {
	Run(ctx context.Context, id string) (advisor.Run, error)
	Records(ctx context.Context, run string) ([]trainer.EpochRecord, error)
	// Weights opens the weights of a run that has ended; advisor.ErrUnfinished: it has not; advisor.ErrNoWeights: there
	// are none; advisor.ErrDamagedWeights: they cannot be given out.
	Weights(ctx context.Context, run string) (io.ReadCloser, advisor.Weights, error)
	ListAdvice(ctx context.Context, f advisor.AdviceFilter) ([]advisor.Advice, error)
	ListRuns(ctx context.Context, f advisor.RunFilter) ([]advisor.Run, error)
}

// Jobs follows and ends jobs. advisor.ErrServesAdvice: the run is no job of its own.
type Jobs interface {
	// Events returns what was logged of a job after an event, at most limit.
	Events(ctx context.Context, kind advisor.JobKind, id string, after int64, limit int) ([]advisor.Event, error)
	// Cancel asks the job to stop; advisor.ErrFinished: it has ended.
	Cancel(ctx context.Context, kind advisor.JobKind, id string) error
	// Delete removes a job that has ended, with its runs; advisor.ErrUnfinished: it has not.
	Delete(ctx context.Context, kind advisor.JobKind, id string) error
}

// Datasets lists, counts, draws, adds and removes data sets.
type Datasets interface {
	List() ([]dataset.Manifest, error)
	Details(ctx context.Context, name string) (dataset.Details, error)
	// Sheet draws a sheet as a PNG that shows so many classes.
	Sheet(ctx context.Context, name string, s dataset.Sheet) (content []byte, classes int, err error)
	Remove(name string) error
	Add(ctx context.Context, name, path string, o dataset.Options,
		progress func(done, total int64)) (dataset.Manifest, error)
}

// Analyst says what the past runs of a data set tell, which takes a while.
type Analyst interface {
	Cards(ctx context.Context, dataset string, e analysis.Effort) (analysis.Cards, error)
	Statistics(ctx context.Context, q analysis.StatisticsQuery) (analysis.StatisticsTable, error)
	Hyperparameters(ctx context.Context, q analysis.StatisticsQuery,
		position trainer.LayerSet) (analysis.HyperparameterTable, error)
	// Datasets names the data sets that have past runs.
	Datasets(ctx context.Context) ([]string, error)
	Expect(ctx context.Context, a trainer.Architecture, q analysis.StatisticsQuery,
		position trainer.LayerSet) (analysis.ExpectedStatistics, error)
}

// Feed follows jobs through the log of their events.
type Feed interface {
	// Follow sends the events after one, nil when nothing happened for a while, until the job is done or send fails.
	Follow(ctx context.Context, kind advisor.JobKind, id string, after int64, send func(*advisor.Event) error) error
	// Wait returns when the job is done, or after so long.
	Wait(ctx context.Context, kind advisor.JobKind, id string, most time.Duration) error
	// Done says whether the job has ended and has no event after one.
	Done(ctx context.Context, kind advisor.JobKind, id string, after int64) (bool, error)
	// Publish makes followers look at the log.
	Publish(kind advisor.JobKind, id string, e advisor.Event)
}

// Site is the pages that stand beside the REST interface.
type Site interface {
	// Mount adds the routes of the pages.
	Mount(app fiber.Router)
	// Fail answers an error that a browser is shown.
	Fail(c *fiber.Ctx, p *Problem) error
}

// Server answers requests. Every field but Hosts, Site, Trouble and MaxUpload is needed.
type Server struct {
	Service  service.Service
	Store    Store
	Datasets Datasets
	Analyst  Analyst
	Feed     Feed
	Wake     func()   // tells the worker that something was queued
	Hosts    []string // names by which the service may be called; empty: any
	Uploads  string   // folder for archives while they are read
	Version  string
	Log      *slog.Logger

	// Site is the pages for people; nil: there are none.
	Site Site
	// Trouble returns what keeps the worker from its work, nil where nothing does; nil: there is no worker to ask.
	Trouble func() error
	// MaxUpload is the most bytes of an archive; 0: DefaultMaxUpload.
	MaxUpload int64

	ctx          context.Context //nolint:containedctx // ends with the service and all streams; Fiber's own never end
	computations computations
}

// MaxBody is the most bytes of any body but an archive: an architecture below 2 MiB, escaped.
const MaxBody = 3 << 20

// Bounds of how long a connection may be silent.
const (
	readTimeout = time.Minute
	idleTimeout = 2 * time.Minute
	stopTimeout = 5 * time.Second
)

// App returns the service as a Fiber application. Its streams end with ctx.
func (s *Server) App(ctx context.Context) (*fiber.App, error) {
	s.ctx = ctx
	s.sweep()
	app := fiber.New(fiber.Config{
		AppName:                      "probewise",
		DisableStartupMessage:        true,
		Immutable:                    true, // strings outlive their handler: they go into the store
		StreamRequestBody:            true, // archives are larger than memory should hold
		DisablePreParseMultipartForm: true, // else forms are read whole, to the disk, before limitBody can refuse them
		StrictRouting:                true,
		CaseSensitive:                true,
		BodyLimit:                    MaxBody,
		ReadTimeout:                  readTimeout,
		IdleTimeout:                  idleTimeout,
		ErrorHandler:                 s.failed,
	})
	app.Use(panics.New(panics.Config{EnableStackTrace: true, StackTraceHandler: s.panicked}), s.withContext,
		// Every later handler needs limitBody: a body that is not read would be taken for the next request.
		secure, limitBody, s.knownHost, sameOrigin, etag, headAsGet)
	a := humafiber.NewV2(app, s.config())
	s.routes(a)
	describe(a.OpenAPI())
	app.Get(trainer.SchemaID, func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/schema+json")
		return c.Send(trainer.SchemaJSON())
	})
	if s.Site != nil {
		s.Site.Mount(app)
	}
	return app, nil
}

func (s *Server) config() huma.Config {
	c := huma.DefaultConfig("Probewise", s.Version)
	c.Info.Description = "Train a probe of a convolutional network, predict its test accuracy after full training, " +
		"and get edits that were tried.\n" +
		"\n" +
		"Work is queued: POST /v1/advice answers 202 with the advice, which changes until its state is succeeded, failed " +
		"or cancelled. Follow it at its events, or ask with ?wait=30s. Errors are problem documents (RFC 9457)."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.DocsPath = ""     // its pages load scripts from a CDN
	c.SchemasPath = ""  // the schemas stand in the document
	c.CreateHooks = nil // no links to schemas in answers
	c.Components.Schemas = newRegistry()
	c.RejectUnknownQueryParameters = true
	return c
}

func (s *Server) routes(a huma.API) {
	s.adviceRoutes(a)
	s.runRoutes(a)
	s.forestRoutes(a)
	s.datasetRoutes(a)
	s.architectureRoutes(a)
	s.healthRoutes(a)
}

// Serve answers requests on the listener until ctx ends; requests in hand are finished first.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	app, err := s.App(ctx)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if ctx.Err() != nil {
		return l.Close()
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		err := app.ShutdownWithTimeout(stopTimeout)
		_ = l.Close() // again, where it is open: a server that has not begun to listen when it is stopped begins all the same
		stopped <- err
	}()
	if err := app.Listener(l); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	}
	if err := <-stopped; err != nil && !errors.Is(err, context.DeadlineExceeded) { // what is slower than that is cut off
		return fmt.Errorf("stop serving: %w", err)
	}
	return nil
}

// withContext makes the end of the service the end of every request's context: Fiber's own never ends.
func (s *Server) withContext(c *fiber.Ctx) error {
	c.SetUserContext(s.ctx)
	return c.Next()
}

// panicked keeps what a handler's panic was.
func (s *Server) panicked(c *fiber.Ctx, reason any) {
	s.Log.Error("a handler panicked", "method", c.Method(), "route", c.Route().Path, "reason", fmt.Sprint(reason))
}
