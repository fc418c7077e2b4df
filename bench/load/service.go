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
	"regexp"
	"time"
)

// service is the program in a process of its own.
type service struct {
	command *exec.Cmd
	url     string
	client  *http.Client  // for what is no load: it must not wait in the same queue
	log     *bytes.Buffer // what it wrote; complete once read is closed
	read    chan struct{}
}

// announced is how the first line of the log says where the service listens.
var announced = regexp.MustCompile(`url=(http://127\.0\.0\.1:\d+)`)

// start starts the binary and waits until it listens.
func start(ctx context.Context, binary, dir string) (*service, error) {
	s := &service{
		command: exec.CommandContext(ctx, binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", dir),
		client:  &http.Client{Transport: &http.Transport{}},
		log:     &bytes.Buffer{},
		read:    make(chan struct{}),
	}
	s.command.Cancel = func() error { return s.command.Process.Signal(os.Interrupt) }
	s.command.WaitDelay = 10 * time.Second
	stderr, err := s.command.StderrPipe()
	if err == nil {
		err = s.command.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	lines := bufio.NewReader(stderr)
	first, err := lines.ReadString('\n')
	match := announced.FindStringSubmatch(first)
	go func() {
		defer close(s.read)
		_, _ = io.Copy(s.log, lines) // ends with the process
	}()
	if match == nil {
		rest := s.stop()
		return nil, fmt.Errorf("%s said %q and no address: %w", binary, first+s.log.String(), errors.Join(err, rest))
	}
	s.url = match[1]
	return s, nil
}

// stop ends the process as a user would.
func (s *service) stop() error {
	_ = s.command.Process.Signal(os.Interrupt) // it has ended where this fails
	<-s.read
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("the service ended: %w; it wrote:\n%s", err, s.log)
	}
	return nil
}

// post sends a document, reads the answer into out, and says how long that took.
func (s *service) post(ctx context.Context, path string, document, out any) (time.Duration, error) {
	body, err := json.Marshal(document)
	if err != nil {
		return 0, fmt.Errorf("POST %s: %w", path, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("POST %s: %w", path, err)
	}
	request.Header.Set("Content-Type", "application/json")
	began := time.Now()
	response, err := s.client.Do(request)
	if err != nil {
		return 0, err // names the method and the address
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	took := time.Since(began)
	if err != nil {
		return took, fmt.Errorf("POST %s: %w", path, err)
	}
	if response.StatusCode != http.StatusOK { // 202: not done after all the waiting
		return took, fmt.Errorf("POST %s: status %d: %s", path, response.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return took, fmt.Errorf("POST %s: %w", path, err)
	}
	return took, nil
}
