package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"probewise/advisor"
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
func serve(t *testing.T, dir string) *served {
	t.Helper()
	s := &served{t: t, command: process(t.Context(), t, "serve", "--listen", "127.0.0.1:0", "--data-dir", dir), log: &bytes.Buffer{}, read: make(chan struct{})}
	stderr, err := s.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("the service said %q: %v", first, err)
	}
	match := announced.FindStringSubmatch(first)
	if match == nil {
		t.Fatalf("the service said %q", first)
	}
	s.url = match[1]
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

// until follows an advice until an event contains the words.
func (s *served) until(id, words string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), "GET", s.url+"/v1/advice/"+id+"/events", nil)
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

// TestServiceSurvives interrupts the service in the middle of a probe, with SIGKILL and with SIGTERM, and starts it again
// on the same data: the advice finishes, and is the one that the command line gives for the same request.
func TestServiceSurvives(t *testing.T) {
	file := write(t, "tiny.json", tiny)
	code, out, errOut := call(t, "advise", file, "--images", "1000", "--probe-epochs", "2", "--json", "--data-dir", t.TempDir())
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	want := timeless(t, advice(t, out))
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			dir := t.TempDir()
			s := serve(t, dir)
			var queued advisor.Answer
			body := fmt.Sprintf(`{"architecture":%s,"probe":{"images":1000,"epochs":2}}`, tiny)
			if err := json.Unmarshal(s.ask(http.StatusAccepted, "POST", "/v1/advice", body), &queued); err != nil {
				t.Fatal(err)
			}
			s.until(queued.ID, `"epoch":0.75`)
			err := s.end(signal)
			if signal == syscall.SIGTERM && (s.command.ProcessState.ExitCode() != exitOK || !strings.Contains(s.log.String(), "back to the queue")) {
				t.Errorf("after SIGTERM: %v\n%s", err, s.log)
			}
			again := serve(t, dir)
			a := again.answer(queued.ID)
			if got := timeless(t, a.Advice); !reflect.DeepEqual(got, want) {
				t.Errorf("the interrupted advice of the service differs from the command line's:\n%v\n%v", got, want)
			}
			if err := again.end(syscall.SIGTERM); err != nil {
				t.Errorf("stopping: %v\n%s", err, again.log)
			}
		})
	}
}

// TestServeRefuses: an address that is none is bad usage, one that is taken is a fault of the surroundings.
func TestServeRefuses(t *testing.T) {
	if code, _, errOut := call(t, "serve", "--listen", "here", "--data-dir", t.TempDir()); code != exitUsage || !strings.Contains(errOut, "here") {
		t.Errorf("exit %d: %s", code, errOut)
	}
	s := serve(t, t.TempDir())
	taken := strings.TrimPrefix(s.url, "http://")
	if code, _, errOut := call(t, "serve", "--listen", taken, "--data-dir", filepath.Join(t.TempDir(), "other")); code != exitUnevaluated || !strings.Contains(errOut, taken) {
		t.Errorf("exit %d: %s", code, errOut)
	}
	if err := s.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}
