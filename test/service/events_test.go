package service

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/api"
)

// message is one server-sent event.
type message struct {
	id, event, data string
}

// stream follows a path over a connection of its own.
type stream struct {
	t        *testing.T
	response *http.Response
	lines    *bufio.Scanner
}

func (s *runningService) follow(path, after string) *stream {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if after != "" {
		request.Header.Set("Last-Event-ID", after)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); response.StatusCode == http.StatusOK &&
		!strings.HasPrefix(kind, "text/event-stream") {
		s.t.Fatalf("content type %q", kind)
	}
	return &stream{s.t, response, bufio.NewScanner(response.Body)}
}

// next returns the next event; false at the stream's end.
func (s *stream) next() (message, bool) {
	var m message
	for s.lines.Scan() {
		line := s.lines.Text()
		switch name, value, _ := strings.Cut(line, ": "); {
		case line == "" && m.data != "":
			return m, true
		case name == "id":
			m.id = value
		case name == "event":
			m.event = value
		case name == "data":
			m.data = value
		}
	}
	return m, false
}

// rest reads to the end, without progress.
func (s *stream) rest() []message {
	var all []message
	for {
		m, ok := s.next()
		if !ok {
			return all
		}
		if m.event != "progress" {
			all = append(all, m)
		}
	}
}

// TestEvents follows advice from its first epoch to the end, loses the connection on the way, and comes again.
func TestEvents(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	open := s.trainer.gate(1)
	var a advisor.Answer
	s.want(http.StatusAccepted, "POST", "/v1/advice", named("followed")).decode(t, &a)
	<-s.trainer.at
	path := "/v1/advice/" + a.ID + "/events"

	live := s.follow(path, "")
	var before []message
	// comes while the work waits at epoch 1
	for len(before) == 0 || !strings.Contains(before[len(before)-1].data, `"epoch":0.75`) {
		m, ok := live.next()
		if !ok {
			t.Fatal("the stream ended")
		}
		if m.event != "progress" {
			before = append(before, m)
		}
	}
	live.response.Body.Close()
	open()
	last := before[len(before)-1].id
	got := append(before, s.follow(path, last).rest()...)
	if whole := s.follow(path, "").rest(); !slices.Equal(got, whole) {
		t.Errorf("in two parts:\n%q\nat once:\n%q", got, whole)
	}

	var kinds []string
	previous := int64(0)
	for _, m := range got {
		if len(kinds) == 0 || kinds[len(kinds)-1] != m.event {
			kinds = append(kinds, m.event)
		}
		var id int64
		if _, err := fmt.Sscan(m.id, &id); err != nil || id <= previous {
			t.Errorf("id %q after %d", m.id, previous)
		}
		previous = id
		if !json.Valid([]byte(m.data)) {
			t.Errorf("data %q", m.data)
		}
	}
	if first, last := got[0], got[len(got)-1]; first.data != `{"state":"queued"}` || last.event != "done" ||
		last.data != `{"state":"succeeded"}` {
		t.Errorf("first %q, last %q", first, last)
	}
	if !slices.Contains(kinds, "diagnosis") || !slices.Contains(kinds, "suggestion") || !slices.Contains(kinds, "epoch") {
		t.Errorf("kinds %q", kinds)
	}
	for _, after := range []string{"none", "-1", "1e3"} { // what is no id counts as none
		if whole := s.follow(path, after).rest(); !slices.Equal(got, whole) {
			t.Errorf("after %q: %q", after, whole)
		}
	}
	if live := s.follow(path, ""); !live.response.Close { // a deadline stays on it
		t.Error("the stream's connection can be used again")
	}
	if again := s.follow(path, got[len(got)-1].id); again.response.StatusCode != http.StatusNoContent {
		t.Errorf("after the last event: %d, want 204", again.response.StatusCode)
	}
}

// TestProgress is sent while the work goes on, without an id.
func TestProgress(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	open := s.trainer.gate(0)
	var run advisor.Run
	s.want(http.StatusAccepted, "POST", "/v1/runs",
		`{"architecture":`+architecture+`,"kind":"probe","stop_after":1}`).decode(t, &run)
	<-s.trainer.at
	live := s.follow("/v1/runs/"+run.ID+"/events", "")
	for { // until the stream is there for sure
		if m, ok := live.next(); !ok || strings.Contains(m.data, `"phase"`) {
			break
		}
	}
	late := s.trainer.gate(1)
	open()
	<-s.trainer.at
	for {
		m, ok := live.next()
		if !ok {
			t.Fatal("no progress was sent")
		}
		if m.event == "progress" {
			if m.id != "" || !strings.Contains(m.data, `"batches":4`) {
				t.Errorf("progress %+v", m)
			}
			break
		}
	}
	late()
	if rest := live.rest(); rest[len(rest)-1].event != "done" {
		t.Errorf("the rest %q", rest)
	}
}

// TestShutdown: a stop ends the streams and gives the work in hand back to the queue, uncharged; a service that is
// started again on the same data finishes it, with the answer of one that was not interrupted.
func TestShutdown(t *testing.T) {
	dir := t.TempDir()
	held := make(chan struct{}, 1)
	s := start(t, dir, newFakeTrainer(), func(s *api.Server) { s.Feed = announcing{s.Feed, held} })
	s.trainer.gate(1.5)
	var a advisor.Answer
	s.want(http.StatusAccepted, "POST", "/v1/advice", named("interrupted")).decode(t, &a)
	<-s.trainer.at
	live := s.follow("/v1/advice/"+a.ID+"/events", "")
	if _, ok := live.next(); !ok {
		t.Fatal("no event")
	}
	waiting := make(chan int, 1)
	go func() {
		response, err := http.Get(s.url + "/v1/advice/" + a.ID + "?wait=5m")
		if err != nil {
			waiting <- 0
			return
		}
		response.Body.Close()
		waiting <- response.StatusCode
	}()
	<-held
	ended := make(chan struct{})
	go func() {
		s.stop()
		close(ended)
	}()
	live.rest() // ends
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("the service does not stop")
	}
	if status := <-waiting; status != http.StatusOK && status != http.StatusServiceUnavailable {
		t.Errorf("a held answer: %d", status)
	}

	again := start(t, dir, newFakeTrainer())
	var resumed, whole advisor.Answer
	again.want(http.StatusOK, "GET", "/v1/advice/"+a.ID+"?wait=30s", "").decode(t, &resumed)
	if resumed.State != advisor.Succeeded {
		t.Fatalf("after the restart the advice is %s %s", resumed.State, resumed.Error)
	}
	again.want(http.StatusOK, "POST", "/v1/advice?wait=30s", named("interrupted")).decode(t, &whole)
	if got, want := timeless(t, resumed), timeless(t, whole); got != want {
		t.Errorf("the interrupted advice:\n%s\nan uninterrupted one:\n%s", got, want)
	}
	states := 0
	for _, m := range again.follow("/v1/advice/"+a.ID+"/events", "").rest() {
		if m.data == `{"state":"queued"}` {
			states++
		}
	}
	if states != 2 {
		t.Errorf("the advice was queued %d times, want 2", states)
	}
}

// announcing tells of each answer that is held open.
type announcing struct {
	api.Feed
	held chan struct{}
}

func (f announcing) Wait(ctx context.Context, kind advisor.JobKind, id string, most time.Duration) error {
	f.held <- struct{}{}
	return f.Feed.Wait(ctx, kind, id, most)
}

// timeless writes an answer without ids and times.
func timeless(t *testing.T, a advisor.Answer) string {
	t.Helper()
	a.ID, a.ProbeRun, a.Started, a.Finished = "", "", nil, nil
	a.Created = time.Time{}
	for i := range a.Suggestions {
		if t := a.Suggestions[i].Trial; t != nil {
			t.Run = ""
		}
		if v := a.Suggestions[i].Verified; v != nil {
			v.Run = ""
		}
	}
	text, err := json.MarshalIndent(a, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
