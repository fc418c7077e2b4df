package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// late is a listener at whose address the service looks just before it listens: then the stop comes.
type late struct {
	net.Listener
	stop   func()
	once   sync.Once
	closed chan struct{}
}

func (l *late) Addr() net.Addr {
	l.once.Do(func() {
		l.stop()
		<-l.closed
	})
	return l.Listener.Addr()
}

func (l *late) Close() error {
	defer func() {
		defer func() { _ = recover() }() // it was closed before
		close(l.closed)
	}()
	return l.Listener.Close()
}

// TestStopDuringTheStart: a service that is told to stop before it listens stops.
func TestStopDuringTheStart(t *testing.T) {
	for _, before := range []bool{true, false} {
		inner, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
		l := &late{Listener: inner, stop: stop, closed: make(chan struct{})}
		if before {
			stop()
		}
		server := &Server{Log: slog.New(slog.DiscardHandler)}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(ctx, l) }()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("the service does not stop")
		}
	}
}

type request = huma.Context // which has a method of its type's name

// deadlines is a request of which the deadlines count.
type deadlines struct {
	request
	set []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}

// TestUploadsMayTakeLong: each read of an archive has its own deadline, so that an upload ends by silence alone.
func TestUploadsMayTakeLong(t *testing.T) {
	d := &deadlines{}
	body := &incoming{from: strings.NewReader("archive"), ctx: d, announced: 7}
	var got bytes.Buffer
	if _, err := io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{body}, make([]byte, 2)); err != nil ||
		got.String() != "archive" {
		t.Fatalf("%q, %v", got.String(), err)
	}
	if len(d.set) < 4 || time.Until(d.set[0]) > silence || d.set[3].Before(d.set[0]) {
		t.Errorf("deadlines %v", d.set)
	}
	var broken *Problem
	short := &incoming{from: strings.NewReader("arch"), ctx: d, announced: 7}
	if _, err := io.ReadAll(short); !errors.As(err, &broken) || broken.Status != http.StatusBadRequest {
		t.Errorf("an archive that ends too early: %v", err)
	}
}

// TestStreamsSurviveAPanic: a panic on a stream's goroutine is logged and ends the stream alone.
func TestStreamsSurviveAPanic(t *testing.T) {
	var log bytes.Buffer
	s := &Server{Log: slog.New(slog.NewTextHandler(&log, nil))}
	func() {
		defer s.survive("a stream")
		panic("oh")
	}()
	if !strings.Contains(log.String(), "a stream panicked") || !strings.Contains(log.String(), "oh") {
		t.Errorf("logged %q", log.String())
	}
}
