package pages

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// clean fails on a page that a strict Content-Security-Policy would break, on an id that is there twice, and on a chart
// without its table, caption or place.
func clean(t *testing.T, body string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(body))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var ids, charts, places, controlled []string
	captions, inScript := 0, false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v\n%s", err, body)
		}
		switch e := token.(type) {
		case xml.StartElement:
			inScript = e.Name.Local == "script" || e.Name.Local == "style"
			attributes := map[string]string{}
			for _, a := range e.Attr {
				attributes[a.Name.Local] = a.Value
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") || strings.HasPrefix(a.Value, "javascript:") {
					t.Errorf("<%s %s=%q>", e.Name.Local, a.Name.Local, a.Value)
				}
			}
			if id := attributes["id"]; id != "" {
				ids = append(ids, id)
			}
			if _, chart := attributes["data-chart"]; chart {
				charts = append(charts, attributes["id"])
			}
			if place, ok := attributes["data-charts-of"]; ok {
				places = append(places, place)
			}
			controlled = append(controlled, strings.Fields(attributes["aria-labelledby"]+" "+attributes["aria-describedby"])...)
			switch {
			case e.Name.Local == "caption":
				captions++
			case e.Name.Local == "style", e.Name.Local == "script" && !strings.HasPrefix(attributes["src"], "/static/"):
				t.Errorf("an inline <%s>", e.Name.Local)
			}
		case xml.CharData:
			if inScript && strings.TrimSpace(string(e)) != "" {
				t.Errorf("inline script or style %q", e)
			}
		case xml.EndElement:
			inScript = false
		}
	}
	slices.Sort(ids)
	if n := len(ids); len(slices.Compact(ids)) != n {
		t.Errorf("an id is there twice: %v", ids)
	}
	for _, id := range controlled {
		if !slices.Contains(ids, id) {
			t.Errorf("#%s is referred to and not there", id)
		}
	}
	for _, id := range charts {
		if !slices.Contains(places, id) {
			t.Errorf("the chart of #%s has no place", id)
		}
	}
	if captions < len(charts) {
		t.Errorf("%d charts and %d captions", len(charts), captions)
	}
}

// every page there is, by name.
func everyPage(t *testing.T) map[string]pageAnswer {
	t.Helper()
	pages := map[string]pageAnswer{}
	s := newSite(t)
	pages["empty form"] = s.get(t, "/")
	s.withAdvice(t)
	pages["form"] = s.get(t, "/?example=flawed")
	pages["report"] = s.get(t, "/advice/"+pageAdviceID)
	pages["report of means"] = s.get(t, "/advice/"+pageAdviceID+"?statistic=weights.mean")
	pages["missing"] = s.get(t, "/nowhere")
	pages["forest"] = s.get(t, "/forest?method=importance")
	waiting, empty := newSite(t), newSite(t)
	waiting.forest.gate, empty.forest.empty = make(chan struct{}), true
	pages["forest in progress"] = waiting.get(t, "/forest")
	pages["forest without past runs"] = empty.get(t, "/forest")
	run := s.withRun(t, advisor.Running)
	s.events = pageEvents()
	pages["run in progress"] = s.get(t, "/runs/"+pageFullID)
	pages["report with a run"] = s.get(t, "/advice/"+pageAdviceID)
	*run = *newSite(t).withRun(t, advisor.Succeeded)
	pages["run"] = s.get(t, "/runs/"+pageFullID)
	pages["probe"] = s.get(t, "/runs/"+pageProbeID)
	s.advice[0].State = advisor.Running
	pages["progress"] = s.get(t, "/advice/"+pageAdviceID)
	s.events = nil
	pages["queue"] = s.get(t, "/advice/"+pageAdviceID)
	s.advice[0].State, s.advice[0].Error = advisor.Failed, pageEvil
	pages["failed"] = s.get(t, "/advice/"+pageAdviceID)
	return pages
}

func TestPagesAreClean(t *testing.T) {
	for name, a := range everyPage(t) {
		t.Run(name, func(t *testing.T) {
			if want := map[bool]int{true: http.StatusNotFound, false: http.StatusOK}[name == "missing"]; a.status != want {
				t.Errorf("%d, want %d: %s", a.status, want, a.body)
			}
			if got := a.header.Get("Content-Type"); got != "text/html; charset=utf-8" {
				t.Errorf("%s", got)
			}
			clean(t, a.body)
			a.says(t, "<title>", `<html lang="en">`, `<main id="main">`, "<h1>")
			if strings.Contains(a.body, "<img src=x") || strings.Contains(a.body, "<b>far") ||
				strings.Contains(a.body, "<u>acc") || strings.Contains(a.body, "<s>so") {
				t.Error("a text of the user's is markup")
			}
		})
	}
}

func TestReport(t *testing.T) {
	s := newSite(t)
	s.withAdvice(t)
	a := s.get(t, "/advice/"+pageAdviceID)
	a.says(t, "Better: 1 change in &lt;img src=x onerror=alert(1)&gt;.",
		`<dt>Predicted now</dt><dd><span class="number">0.710</span> <span class="note">0.660–0.760</span>`,
		`<dt>Predicted after the changes</dt><dd><span class="number">0.740</span>`, `<span class="number">&#43;2.3</span>`,
		`<span class="number">&#43;2.8</span>`, `<span class="number">±0.7</span>`,
		"0.710, 80 % interval 0.660–0.760, from 40 past runs",
		"Between 70 and 80 % of the 40 past runs ended below it.", "(R² 0.87)",
		"<strong>Warning</strong> &lt;b&gt;far&lt;/b&gt; from the past runs.",
		`<span class="severity high">high</span> <span class="rule">parabolic-layer</span>`,
		`<a href="?statistic=activations.variance#statistics">`, `<span class="verdict better">better</span>`,
		"&#43;2.3 points of test accuracy in full training (80 % interval &#43;0.4…&#43;4.2), 1 fresh seed",
		`<li><span class="num">&#43;1.1</span> More of &lt;img`, `<svg class="gain better"`,
		"0.90 of 1 full training of the net spent", `<a href="/runs/`+pageFreshID+`">`,
		"filters 8 → 16", `&#34;path&#34;: &#34;/layers/0/filters&#34;`,
		`<form method="post" action="/advice/`+pageAdviceID+`/train">`,
		`href="/advice/`+pageAdviceID+`/revised.json" download`,
		`<button name="statistic" value="activations.variance" class="chosen" aria-current="true">variance</button>`,
		`<table id="statistic" class="figures" data-chart>`, `data-plot="Variance">dense1</th>`, "▸ dense1",
		`<strong>Note</strong> /training/seed: &lt;i&gt;default&lt;/i&gt;`, `<table id="trials" class="figures" data-chart>`,
		"Suggestion 1</th>", "0.1, suggests 0.0042; 0.40 epochs of training.</p>", "suggested 0.0042</text>",
		`<table id="rate-test" class="figures">`)
	s.get(t, "/advice/"+pageAdviceID+"?statistic=weights.mean").says(t, "<h3>Weights: mean</h3>", `class="heat signed"`,
		"zero in the middle")

	s.withRun(t, advisor.Succeeded)
	a = s.get(t, "/advice/"+pageAdviceID)
	a.says(t, `<a href="/runs/`+pageFullID+`">The full run</a>`,
		"Predicted 0.740, reached 0.750: &#43;1.0 points, inside the 80 % interval 0.690–0.790.")
	if strings.Contains(a.body, "Train in full") {
		t.Error("it is trained twice")
	}
	run := &s.runs[len(s.runs)-1]
	run.Outcome.Diverged = true
	s.get(t, "/advice/"+pageAdviceID).says(t, "The full run</a>", "Train in full")
	for state, again := range map[advisor.State]bool{advisor.Queued: false, advisor.Running: false, advisor.Failed: true,
		advisor.Cancelled: true} {
		run.State, run.Outcome = state, nil
		if a := s.get(t, "/advice/"+pageAdviceID); strings.Contains(a.body, "Train in full") != again ||
			!strings.Contains(a.body, "The full run</a>") {
			t.Errorf("with a run that is %s: trained again %t, want %t", state, !again, again)
		}
	}
}

func TestReportWithoutAnything(t *testing.T) {
	s := newSite(t)
	a := s.withAdvice(t)
	a.Prediction, a.PredictionReason, a.Diagnoses, a.Suggestions, a.Revised, a.RevisedReason = nil, "too few past runs",
		nil, nil, nil, "no change advised: nothing is wrong"
	a.Summary, a.RateTest, a.Search = "", nil, nil
	delete(s.records, pageProbeID)
	got := s.get(t, "/advice/"+pageAdviceID)
	got.says(t, "No change advised: nothing is wrong.",
		"There is no prediction of the test accuracy after full training: too few past runs.",
		"No rule found anything wrong.", "Nothing was recorded.", `href="/?from=`+pageAdviceID+`">Ask again`)
	clean(t, got.body)
	if strings.Contains(got.body, "range test") {
		t.Error("a range test that was not made is told")
	}
	if got := s.get(t, "/advice/"+pageAdviceID+"/revised.json"); got.status != http.StatusNotFound {
		t.Errorf("a revised architecture: %d", got.status)
	}
	if got := s.post(t, "/advice/"+pageAdviceID+"/train", nil); got.status != http.StatusConflict {
		t.Errorf("a training: %d", got.status)
	}
}

func TestUnansweredSaysWhy(t *testing.T) {
	s := newSite(t)
	a := s.withAdvice(t)
	a.State, a.Error = advisor.Failed, "the disk is full"
	s.get(t, "/advice/"+pageAdviceID).says(t, "The disk is full.",
		`href="/?from=`+pageAdviceID+`">Ask again with this architecture`)
	a.State, a.Error = advisor.Cancelled, ""
	s.get(t, "/advice/"+pageAdviceID).says(t, "It was cancelled before there was an answer.")
}

func TestRevisedDownload(t *testing.T) {
	s := newSite(t)
	s.withAdvice(t)
	a := s.get(t, "/advice/"+pageAdviceID+"/revised.json")
	got := a.header.Get("Content-Disposition")
	if got != `attachment; filename="img-src-x-onerror-alert-1-net-revised.json"` {
		t.Errorf("%s", got)
	}
	var back trainer.Architecture
	if err := json.Unmarshal([]byte(a.body), &back); err != nil || back.Layers[0].Filters != 16 ||
		!strings.Contains(a.body, "\n  \"layers\"") {
		t.Errorf("%v: %s", err, a.body)
	}
}

func TestTrainGoesToTheRun(t *testing.T) {
	s := newSite(t)
	s.withAdvice(t)
	a := s.post(t, "/advice/"+pageAdviceID+"/train", nil)
	run := s.runs[len(s.runs)-1]
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/runs/"+run.ID ||
		run.FromAdvice != pageAdviceID || s.woken != 1 {
		t.Errorf("%d to %s, %+v", a.status, a.header.Get("Location"), run)
	}
}

func TestCancel(t *testing.T) {
	s := newSite(t)
	s.withAdvice(t).State = advisor.Running
	for address, want := range map[string]string{"/advice/" + pageAdviceID: "advice " + pageAdviceID,
		"/runs/" + pageFullID: "run " + pageFullID} {
		a := s.post(t, address+"/cancel", nil)
		if a.status != http.StatusSeeOther || a.header.Get("Location") != address || !slices.Contains(s.cancelled, want) {
			t.Errorf("%s: %d to %s, %v", address, a.status, a.header.Get("Location"), s.cancelled)
		}
	}
	s.advice[0].State = advisor.Succeeded // while the page was open
	if a := s.post(t, "/advice/"+pageAdviceID+"/cancel", nil); a.status != http.StatusSeeOther {
		t.Errorf("one that has ended: %d", a.status)
	}
}

func TestRunPage(t *testing.T) {
	s := newSite(t)
	s.withAdvice(t)
	s.withRun(t, advisor.Succeeded)
	s.get(t, "/runs/"+pageFullID).says(t, "Full run",
		`<span class="number">0.750</span> <span class="note">on all test images, after 15 epochs</span>`,
		"<strong>Predicted 0.740, reached 0.750: &#43;1.0 points, inside the 80 % interval 0.690–0.790.</strong>",
		"12.0 s on cpu", "reached 0.750</text>",
		`<a class="button" href="/v1/runs/`+pageFullID+`/weights.safetensors" download>Download the weights</a> of epoch 9`,
		`<a href="/advice/`+pageAdviceID+`">The advice whose revised architecture this run trains</a>`, "Test accuracy</th>")
	s.get(t, "/runs/"+pageProbeID).says(t, "Probe of 2 epochs", "The advice that this run serves")
	s.advice = nil // deleted
	s.get(t, "/runs/"+pageFullID).says(t, `<span class="number">0.750</span>`, "Predicted 0.740, reached 0.750")
	s.runs[1].State, s.runs[1].Outcome, s.runs[1].Error = advisor.Failed, nil, "no memory"
	s.get(t, "/runs/"+pageFullID).says(t, "The run has failed: No memory.")
}

func TestErrorsArePages(t *testing.T) {
	s := newSite(t)
	for _, address := range []string{"/nowhere", "/advice/" + pageNobody, "/runs/" + pageNobody,
		"/advice/" + pageNobody + "/revised.json", "/static/nothing.js", "/static/../templates/layout.html"} {
		a := s.get(t, address)
		if a.status != http.StatusNotFound {
			t.Errorf("%s: %d", address, a.status)
		}
		a.says(t, "<h1>There is no such resource</h1>", `href="/">To the form</a>`)
	}
	if a := s.post(t, "/advice/"+pageNobody+"/train", nil); a.status != http.StatusNotFound {
		t.Errorf("train: %d", a.status)
	}
	if a := s.post(t, "/advice/"+pageNobody+"/cancel", nil); a.status == http.StatusOK {
		t.Errorf("cancel: %d", a.status)
	}
}

func TestStaticFiles(t *testing.T) {
	s := newSite(t)
	for address, want := range map[string]string{
		"/static/style.css": "text/css; charset=utf-8", "/static/form.js": "text/javascript; charset=utf-8",
		"/static/icon.svg":                  "image/svg+xml",
		"/static/vendor/uplot/uPlot.esm.js": "text/javascript; charset=utf-8",
		"/static/vendor/uplot/LICENSE":      "text/plain; charset=utf-8",
	} {
		a := s.get(t, address)
		if a.status != http.StatusOK || a.header.Get("Content-Type") != want {
			t.Errorf("%s: %d, %s", address, a.status, a.header.Get("Content-Type"))
		}
		r := httptest.NewRequest(http.MethodGet, address, nil)
		r.Header.Set("If-None-Match", a.header.Get("ETag"))
		if again := s.do(t, r); again.status != http.StatusNotModified || again.body != "" {
			t.Errorf("%s again: %d", address, again.status)
		}
	}
}
