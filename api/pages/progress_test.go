package pages

import (
	"fmt"
	"strings"
	"testing"

	"probewise/advisor"
)

// pageEvents are those of advice that was interrupted once and is verifying now.
func pageEvents() []advisor.Event {
	records := pageRecords()
	events := []advisor.Event{
		{Type: advisor.EventState, State: advisor.Running},
		{Type: advisor.EventState, State: advisor.Running, Phase: "probe", Run: pageNobody},
		{Type: advisor.EventEpoch, Phase: "probe", Run: pageNobody, Record: &records[0]},
		{Type: advisor.EventState, State: advisor.Queued},
		{Type: advisor.EventState, State: advisor.Running},
		{Type: advisor.EventState, State: advisor.Running, Phase: "probe", Run: pageProbeID},
		{Type: advisor.EventEpoch, Phase: "probe", Run: pageProbeID, Record: &records[0]},
		{Type: advisor.EventEpoch, Phase: "probe", Run: pageProbeID, Record: &records[1]},
		{Type: advisor.EventDiagnosis,
			Diagnosis: &advisor.Diagnosis{Rule: "flat-filters", Severity: advisor.Low, Message: "filters do not grow"}},
		{Type: advisor.EventState, State: advisor.Running, Phase: "verify 1 of 4", Run: pageVerifyID},
		{Type: advisor.EventEpoch, Phase: "verify 1 of 4", Run: pageVerifyID, Record: &records[1]},
	}
	for i := range events {
		events[i].ID = int64(i + 1)
	}
	return events
}

// Without scripts the page shows what there is and comes again.
func TestProgress(t *testing.T) {
	s := newSite(t)
	s.withAdvice(t).State = advisor.Running
	s.events = pageEvents()
	a := s.get(t, "/advice/"+pageAdviceID)
	a.says(t, `<noscript><meta http-equiv="refresh" content="2"></noscript>`,
		`data-events="/v1/advice/`+pageAdviceID+`/events"`,
		`<span class="state running" data-state>running</span> `+
			`<span data-now>Verify 1 of 4: epoch 0.25, validation accuracy 0.250</span>`,
		`<form method="post" action="/advice/`+pageAdviceID+`/cancel">`, `data-run="`+pageVerifyID+`" open>`,
		`<span class="phase">Probe</span>`, `<span class="rule">flat-filters</span>`,
		`data-key="validation_accuracy" data-digits="3" data-plot="Accuracy"`)
	if strings.Contains(a.body, pageNobody) {
		t.Error("what came before the queue is shown")
	}
	if strings.Index(a.body, pageVerifyID) > strings.Index(a.body, pageProbeID) {
		t.Error("the latest run is not the first")
	}
}

func TestProgressOfTheProbe(t *testing.T) {
	s := newSite(t)
	s.withAdvice(t).State = advisor.Running
	s.events = pageEvents()[:7] // the probe is at epoch 0 of 2 …
	s.get(t, "/advice/"+pageAdviceID).says(t, `max="1" value="0">`, "Diagnoses come when the probe has ended.")
	s.events = pageEvents()[:8] // … and at 0.25
	s.get(t, "/advice/"+pageAdviceID).says(t, `max="1" value="0.125">`)
}

func TestProgressBeforeTheWork(t *testing.T) {
	s := newSite(t)
	s.withAdvice(t).State = advisor.Queued
	s.get(t, "/advice/"+pageAdviceID).says(t, "Waiting for a worker.", "Epochs appear here as they come.")
	s.withRun(t, advisor.Queued)
	a := s.get(t, "/runs/"+pageFullID)
	a.says(t, "Waiting for a worker.", `data-events="/v1/runs/`+pageFullID+`/events"`,
		`action="/runs/`+pageFullID+`/cancel"`, "Test accuracy</th>")
	if strings.Contains(a.body, "Found so far") {
		t.Error("a run finds nothing")
	}
}

// A log that is longer than one reading.
func TestProgressReadsTheWholeLog(t *testing.T) {
	s := newSite(t)
	s.withRun(t, advisor.Running)
	for i := range 2*eventsAtOnce + 1 {
		r := pageRecords()[1]
		r.Epoch = float64(i)
		s.events = append(s.events,
			advisor.Event{ID: int64(i + 1), Type: advisor.EventEpoch, Phase: "train", Run: pageFullID, Record: &r})
	}
	s.get(t, "/runs/"+pageFullID).says(t, fmt.Sprintf("Train: epoch %d, validation accuracy 0.250", 2*eventsAtOnce))
}
