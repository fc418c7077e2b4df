package pages

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/api"
)

func readExample(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../examples/flawed.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestFormOffersExamplesAndDataSets(t *testing.T) {
	s := newSite(t)
	s.get(t, "/").says(t, `<a href="/?dataset=fashion-mnist-sample&amp;example=flawed">flawed</a>`,
		`<span>11 layers, 28×28×1</span>`,
		`<a href="/?example=paper">paper</a> <span>13 layers, 32×32×3; no data set here fits</span>`,
		`<option value="fashion-mnist-sample" selected>fashion-mnist-sample (28×28×1, 10 classes)</option>`,
		`name="probe_epochs" min="1" step="1" inputmode="numeric" value="3"`, `name="verify" value="on" checked`,
		`<option value="standard" selected>`, `<option value="accuracy" selected>`,
		"Nothing has been asked yet.")
	s.get(t, "/?example=flawed").says(t, `aria-current="true">flawed</a>`, `&#34;name&#34;: &#34;flawed&#34;`)
	s.get(t, "/?dataset=cifar10").says(t, `aria-invalid="true"`, `The data set &#34;cifar10&#34; is not here.`)
	if a := s.get(t, "/?from="+pageNobody); a.status != http.StatusNotFound {
		t.Errorf("from advice that is not there: %d", a.status)
	}
}

func TestFormFromAnAdvice(t *testing.T) {
	s := newSite(t)
	s.withAdvice(t)
	s.get(t, "/?from="+pageAdviceID).says(t, `&#34;filters&#34;: 8`,
		`name="probe_epochs" min="1" step="1" inputmode="numeric" value="2"`, `value="900"`)
	s.get(t, "/?from="+pageAdviceID+"&revised=1").says(t, `&#34;filters&#34;: 16`)
}

func TestRecentAdvice(t *testing.T) {
	s := newSite(t)
	for range 13 {
		s.withAdvice(t)
	}
	for i := range s.advice {
		s.advice[i].ID = pageAdviceID[:len(pageAdviceID)-1] + string("0123456789abcd"[i])
	}
	_, twelfth := api.CutPage(s.advice, 12, func(a advisor.Advice) advisor.Place {
		return advisor.Place{Created: a.Created, ID: a.ID}
	})
	first := s.get(t, "/")
	first.says(t, `&lt;img src=x onerror=alert(1)&gt; net</a>`, `<span class="state succeeded">succeeded</span>`,
		"0.710 (0.660–0.760)", "2 hours ago",
		`<a href="/?after=`+twelfth+`#recent">Older</a>`)
	if n := strings.Count(first.body, `<a href="/advice/`); n != 12 {
		t.Errorf("%d advice are listed, want 12", n)
	}
	second := s.get(t, "/?after="+twelfth)
	second.says(t, `<a href="/advice/`+s.advice[12].ID+`">`, `<a href="/#recent">Newest</a>`)
	if n := strings.Count(second.body, `<a href="/advice/`); n != 1 || strings.Contains(second.body, ">Older<") {
		t.Errorf("%d advice on the last page, want 1", n)
	}
}

func TestFormSubmits(t *testing.T) {
	s := newSite(t)
	a := s.post(t, "/advice", map[string]string{"architecture": readExample(t), "dataset": advisor.DefaultDataset,
		"probe_epochs": "2", "images": "900", "verify": "on", "effort": "quick", "goal": "target", "target": "0.87"})
	if a.status != http.StatusSeeOther || len(s.advice) != 1 || s.woken != 1 {
		t.Fatalf("%d, %d advice, worker told %d times: %s", a.status, len(s.advice), s.woken, a.body)
	}
	made := s.advice[0]
	if got := a.header.Get("Location"); got != "/advice/"+made.ID {
		t.Errorf("to %s", got)
	}
	r := made.Request
	if r.Probe.Epochs != 2 || r.Probe.Images != 900 || !r.Verify || r.Train ||
		r.Suggestions != advisor.DefaultSuggestions || r.Effort != advisor.Quick || r.Budget != advisor.QuickBudget ||
		r.Goal != advisor.GoalTarget || r.Target != 0.87 || made.Architecture.Name != "flawed" {
		t.Errorf("%+v of %s", r, made.Architecture.Name)
	}
}

func TestFileGoesBeforeText(t *testing.T) {
	s := newSite(t)
	a := s.post(t, "/advice", map[string]string{"architecture": "{}", "file": readExample(t),
		"dataset": advisor.DefaultDataset, "train": "on", "suggestions": "3"})
	if a.status != http.StatusSeeOther || s.advice[0].Architecture.Name != "flawed" {
		t.Fatalf("%d: %s", a.status, a.body)
	}
	if r := s.advice[0].Request; r.Verify || !r.Train || r.Suggestions != 3 ||
		r.Probe.Epochs != advisor.DefaultProbeEpochs {
		t.Errorf("%+v", r)
	}
}

// What is wrong stands at its field, with all that was typed.
func TestFormRefuses(t *testing.T) {
	good := readExample(t)
	for name, c := range map[string]struct {
		fields map[string]string
		want   []string
	}{
		"findings have pointer and line": {
			map[string]string{
				"architecture": "{\n" +
					" \"layers\": [\n" +
					"  {\"type\": \"conv\", \"filters\": 0, \"kernel\": 3},\n" +
					"  {\"type\": \"denes\"}]}",
				"probe_epochs": "2",
				"train":        "on",
			},
			[]string{
				`<textarea id="architecture"`, `aria-describedby="architecture-hint architecture-error" aria-invalid="true"`,
				`<span class="line">line 3</span> <code>/layers/0/filters</code> must be at least 1`,
				`<code class="excerpt">{&#34;type&#34;: &#34;conv&#34;, &#34;filters&#34;: 0,`,
				`<span class="line">line 4</span> <code>/layers/1/type</code> unknown layer type`,
				`<a href="#architecture" data-line="3">Line 3: /layers/0/filters must be`, "2 things to correct",
				`role="alert" tabindex="-1" autofocus`, `{&#34;type&#34;: &#34;denes&#34;}]}</textarea>`,
				`inputmode="numeric" value="2"`, `name="train" value="on" checked`, `name="verify" value="on">`,
			},
		},
		"syntax has its line": {
			map[string]string{"architecture": "{\n \"layers\": ]"},
			[]string{`<span class="line">line 2</span>`, "One thing to correct"},
		},
		"lines end in CR LF": {
			map[string]string{"architecture": "{\r\n\"version\": 1,\r\n\"layers\": 3}"},
			[]string{`<span class="line">line 3</span> <code>/layers</code>`},
		},
		"markup is text": {
			map[string]string{"architecture": `{"</textarea><script>alert(1)</script>": 1, "layers": []}`},
			[]string{`&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;`},
		},
		"nothing": {
			map[string]string{"architecture": " \n"},
			[]string{`<a href="#architecture">Paste an architecture`, "There is no architecture yet."},
		},
		"a long probe": {
			map[string]string{"architecture": good, "probe_epochs": "99"},
			[]string{`aria-describedby="probe_epochs-hint probe_epochs-error" aria-invalid="true"`,
				"A probe of 99 epochs does not fit a full run of 15."},
		},
		"no number": {
			map[string]string{"architecture": good, "probe_epochs": "three"},
			[]string{`value="three"`, `<a href="#probe_epochs">Expected a whole number from 1</a>`},
		},
		"few images": {
			map[string]string{"architecture": good, "images": "1"},
			[]string{`<details class="more" open>`, `id="images-error"`},
		},
		"suggestions": {
			map[string]string{"architecture": good, "suggestions": "-1"},
			[]string{`id="suggestions-error"`},
		},
		"no target": {
			map[string]string{"architecture": good, "goal": "target", "target": "90"},
			[]string{`<option value="target" selected>`, `value="90"`, `id="target-error"`,
				`<a href="#target">Expected a test accuracy between 0 and 1, such as 0.9</a>`},
		},
		"a target below chance": {
			map[string]string{"architecture": good, "goal": "target", "target": "0.05"},
			[]string{`id="target-error"`, "A target of 0.05: give a test accuracy above chance"},
		},
		"an unknown effort": {
			map[string]string{"architecture": good, "effort": "huge"},
			[]string{`id="effort-error"`, "is standard or quick"},
		},
		"an unknown metric": {
			map[string]string{"architecture": good, "metric": "fame"},
			[]string{`id="metric-error"`, "is accuracy, balanced_accuracy or macro_f1", `<details class="more" open>`},
		},
		"a target of another metric": {
			map[string]string{"architecture": good, "metric": "macro_f1", "goal": "target", "target": "0.9"},
			[]string{`id="metric-error"`, "a target is a test accuracy"},
		},
		"an unknown goal": {
			map[string]string{"architecture": good, "goal": "fame"},
			[]string{`id="goal-error"`, "is accuracy, shrink or target"},
		},
		"data set": {
			map[string]string{"architecture": good, "dataset": "nope"},
			[]string{`id="dataset-error"`, `data set &#34;nope&#34; is not here`},
		},
		"another shape": {
			map[string]string{"architecture": strings.Replace(good, "[28, 28, 1]", "[32, 32, 3]", 1)},
			[]string{`<span class="line">line 4</span> <code>/input</code>`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			a := s.post(t, "/advice", c.fields)
			if a.status != http.StatusUnprocessableEntity || len(s.advice) > 0 || s.woken > 0 {
				t.Errorf("%d, %d advice", a.status, len(s.advice))
			}
			a.says(t, c.want...)
			clean(t, a.body)
		})
	}
}

func TestFormRefusesBodiesThatAreTooLarge(t *testing.T) {
	s := newSite(t)
	a := s.post(t, "/advice", map[string]string{"architecture": strings.Repeat(" ", api.MaxBody)})
	if a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", a.status)
	}
	a.says(t, "<h1>The body is too large</h1>", "must be smaller than 2 MiB")
	// One that the form takes and the parser does not.
	a = s.post(t, "/advice", map[string]string{"architecture": strings.Repeat(" ", 2<<20) + "{}"})
	if a.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.status)
	}
	a.says(t, "it must be smaller than 2097152")
}

// A form that is no form gets a page, too.
func TestFormNeedsAForm(t *testing.T) {
	s := newSite(t)
	a := s.post(t, "/advice", nil)
	if a.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.status)
	}
}

// Every control has a label, and works without scripts: it has a name and stands in a form that is sent.
func TestControlsHaveLabels(t *testing.T) {
	body := newSite(t).get(t, "/").body
	controls := regexp.MustCompile(`<(?:input|select|textarea)[^>]* id="([^"]+)"`).FindAllStringSubmatch(body, -1)
	if len(controls) != 12 {
		t.Errorf("%d controls, want 12", len(controls))
	}
	for _, c := range controls {
		if !strings.Contains(body, `<label for="`+c[1]+`"`) ||
			!strings.Contains(c[0], " name=") && !strings.Contains(body, `name="`+c[1]+`"`) {
			t.Errorf("%s has no label or no name", c[1])
		}
	}
}
