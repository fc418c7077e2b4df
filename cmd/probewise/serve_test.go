package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// served is a service in a process of its own.
type served struct {
	t       *testing.T
	command *exec.Cmd
	url     string
	log     *bytes.Buffer // complete once the process has ended
	read    chan struct{} // closed at the log's end
}

var announced = regexp.MustCompile(`url=(\S+)`)

// serve starts the service on a free port and waits until it listens.
func serve(t *testing.T, dir string, arguments ...string) *served {
	t.Helper()
	// the last of a flag counts
	all := append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", dir}, arguments...)
	s := &served{t: t, command: subprocess(t.Context(), t, all...), log: &bytes.Buffer{}, read: make(chan struct{})}
	stderr, err := s.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	for s.url == "" { // a build for GPUs says first which it takes
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the service said %q: %v", line, err)
		}
		if match := announced.FindStringSubmatch(line); match != nil {
			s.url = match[1]
		}
	}
	go func() {
		defer close(s.read)
		_, _ = io.Copy(s.log, lines) // ends with the process
	}()
	return s
}

// end sends the signal and returns how the process ended.
func (s *served) end(signal os.Signal) error {
	s.t.Helper()
	if err := s.command.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	<-s.read
	return s.command.Wait()
}

// ask returns the body of the answer, which must have the status.
func (s *served) ask(status int, method, path, body string) []byte {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode != status {
		s.t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, content)
	}
	return content
}

// until follows advice until an event contains the words.
func (s *served) until(id, words string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/v1/advice/"+id+"/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if strings.Contains(lines.Text(), words) {
			return
		}
	}
	s.t.Fatalf("no event had %q", words)
}

func (s *served) answer(id string) advisor.Answer {
	s.t.Helper()
	var a advisor.Answer
	if err := json.Unmarshal(s.ask(http.StatusOK, "GET", "/v1/advice/"+id+"?wait=2m", ""), &a); err != nil {
		s.t.Fatal(err)
	}
	if a.State != advisor.Succeeded {
		s.t.Fatalf("the advice %s: %s", a.State, a.Error)
	}
	return a
}

// TestServeRefuses: an address that is none is bad usage, one that is taken is a fault of its environment.
func TestServeRefuses(t *testing.T) {
	if code, _, errOut := call(t, "serve", "--listen", "here", "--data-dir", t.TempDir()); code != exitUsage ||
		!strings.Contains(errOut, "here") {
		t.Errorf("exit %d: %s", code, errOut)
	}
	s := serve(t, t.TempDir())
	taken := strings.TrimPrefix(s.url, "http://")
	if code, _, errOut := call(t, "serve", "--listen", taken, "--data-dir",
		filepath.Join(t.TempDir(), "other")); code != exitUnevaluated || !strings.Contains(errOut, taken) {
		t.Errorf("exit %d: %s", code, errOut)
	}
	if err := s.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}

// timelessText is advice as the document that was sent, without ids and times.
func timelessText(t *testing.T, document []byte) map[string]any {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(document, &d); err != nil {
		t.Fatal(err)
	}
	return withoutTimes(d)
}

// TestHowJobsEnd: a cancelled job is no failure, and neither is one that another worker has taken.
func TestHowJobsEnd(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	lost := fmt.Errorf("db: heartbeat: %w", advisor.ErrLeaseLost)
	cancelled := errors.Join(fmt.Errorf("db: heartbeat: %w", advisor.ErrCancelRequested), nil)
	for _, c := range []struct {
		ctx          context.Context //nolint:containedctx // of the service, in a table
		err          error
		logged, said string
		failed       bool
	}{
		{t.Context(), nil, "level=INFO msg=finished", "finished run r", false},
		{t.Context(), cancelled, "level=INFO msg=cancelled", "cancelled run r", false},
		{t.Context(), lost, "level=WARN", "another worker has taken run r", false},
		{stopped, context.Canceled, `level=INFO msg="back to the queue"`, "run r: context canceled", true},
		{t.Context(), advisor.ErrBusy, `level=WARN msg="back to the queue"`, "run r: busy", true},
		{t.Context(), &trainer.DeviceLostError{Device: "gpu:0", Err: errors.New("Assert")},
			`level=ERROR msg="the device is lost"`, "the device was lost during run r", false},
		{t.Context(), errors.New("no memory"), "level=ERROR msg=failed", "run r: no memory", true},
	} {
		var log, said bytes.Buffer
		a := &app{errOut: &log}
		l := advisor.Lease{Kind: advisor.JobRun, ID: "r"}
		logEnd(c.ctx, a.logger(), l, c.err)
		if !strings.Contains(log.String(), c.logged) {
			t.Errorf("%v: logged %q, want %q", c.err, log.String(), c.logged)
		}
		a.errOut = &said
		if err := a.ended(l, c.err); (err != nil) != c.failed || !strings.Contains(said.String(), c.said) {
			t.Errorf("%v: %v, said %q, want %q", c.err, err, said.String(), c.said)
		}
	}
}

// TestServeWarns: who opens the service to others is told that nothing protects it.
func TestServeWarns(t *testing.T) {
	const open, names = "no authentication", "--allowed-host"
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--listen", "127.0.0.1:0"}, nil},
		{[]string{"--listen", "0.0.0.0:0"}, []string{open, names}},
		{[]string{"--listen", "0.0.0.0:0", "--allowed-host", "example.org"}, []string{open}},
	} {
		s := serve(t, t.TempDir(), c.args...)
		if err := s.end(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		for _, text := range []string{open, names} {
			if got := strings.Contains(s.log.String(), text); got != slices.Contains(c.want, text) {
				t.Errorf("%q: %q is said: %t\n%s", c.args, text, got, s.log)
			}
		}
	}
}
