package report

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"probewise/advisor/report/reporttest"
)

func TestMain(m *testing.M) {
	text.OverrideRuneWidthEastAsianWidth(false) // in any locale
	m.Run()
}

// write returns the report of a case of either kind.
func write(t *testing.T, name string, o Options) string {
	t.Helper()
	var b bytes.Buffer
	var err error
	if advice, ok := reporttest.Advices[name]; ok {
		a, records := advice(t)
		err = Text(&b, a, records, o)
	} else {
		r, records := reporttest.Runs[name](t)
		err = RunText(&b, r, records, o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func names() []string {
	var all []string
	for name := range reporttest.Advices {
		all = append(all, name)
	}
	for name := range reporttest.Runs {
		all = append(all, name)
	}
	return all
}

func TestGolden(t *testing.T) {
	for _, name := range names() {
		for _, width := range []int{80, 120} {
			if width == 120 && name != "advised" && name != "trained" {
				continue
			}
			t.Run(fmt.Sprintf("%s at %d", name, width), func(t *testing.T) {
				reporttest.Golden(t, fmt.Sprintf("%s-%d.golden", name, width), write(t, name, Options{Width: width}))
			})
		}
	}
	t.Run("colour",
		func(t *testing.T) { reporttest.Golden(t, "colour.golden", write(t, "advised", Options{Color: true})) })
}

var escape = regexp.MustCompile("\x1b\\[[0-9]*m")

func TestEveryReportKeepsToItsPage(t *testing.T) {
	for _, name := range names() {
		for _, width := range []int{80, 81, 97, 98, 109, 120} {
			got := write(t, name, Options{Width: width})
			for i, line := range strings.Split(strings.TrimSuffix(got, "\n"), "\n") {
				if n := text.StringWidth(line); n > width {
					t.Errorf("%s, line %d: %d columns, want at most %d: %s", name, i+1, n, width, line)
				}
				if strings.TrimRight(line, " \t") != line {
					t.Errorf("%s, line %d ends in a space: %q", name, i+1, line)
				}
			}
			if escape.MatchString(got) {
				t.Errorf("%s: escape sequences without colour", name)
			}
			if coloured := write(t, name, Options{Width: width, Color: true}); escape.ReplaceAllString(coloured, "") != got {
				t.Errorf("%s at %d: colour changes more than the colour", name, width)
			}
		}
	}
}

func TestWidthIsBroughtIntoRange(t *testing.T) {
	for given, want := range map[int]int{0: 100, 10: 80, 500: 120} {
		if write(t, "advised", Options{Width: given}) != write(t, "advised", Options{Width: want}) {
			t.Errorf("a width of %d is not as one of %d", given, want)
		}
	}
}

// What a reader must find, whatever the layout.
func TestTextSays(t *testing.T) {
	for name, want := range map[string][]string{
		"advised": {"Predicted test accuracy after full training (10,000 images × 15 epochs): 0.871, 80 % interval " +
			"0.852–0.893, from 43 past runs; novelty 0.12.", "/layers/7: softmax was added: the network ended without one",
			"/training/clip_norm, /training/schedule: not given, the default is taken",
			"Warning: the last validation accuracy is above that of every past run at this epoch.", "Better: 5 changes take",
			"+2.1 points of test accuracy in full training (80 % interval +0.8…+3.4), 2 fresh seeds; another seed alone moves " +
				"such a net by ±0.8", "+1.2 Ladder the filters up: conv1 8, conv2 16", "+2.1 (+0.8…+3.4) better",
			"0.5 +0.0 -0.4 (-1.9…+1.1) no clear difference", "probably better", "worse", "– not tried",
			"0.93 of 1 full training of the net spent, the probe included, in 1 round.",
			"Round 1: 3 changes tried for 0.25 epochs, 2 kept; 2 changes tried for 1 epoch, 1 kept; the best trained again " +
				"with fresh seeds for 3 epochs: +2.1 (+0.8…+3.4).",
			"learnt from 1,234 pairs of runs", "remove a_dense_layer_with_a_rather_long_name (dense, units 64)",
			"add after dense1: dropout1 (dropout, rate 0.3)", "conv2: filters 8 → 16", "dense1: l2 0 → 0.001, units 64 → 128",
			"training optimizer: learning_rate 0.001 → 0.0003", "410 GFLOPs on the probe, 835 GFLOPs on the search",
			"--train"},
		"unpredicted": {"There is no prediction of the test accuracy after full training: 0 past runs of",
			"+3.1", "+4.1", "1 fresh seed;", "dense1: batch_norm false → true"},
		"diverged": {"The probe diverged: after epoch 1.75 of 3", "1.5e+12",
			"No change advised: of 1 change tried, none is better beyond noise."},
		"sound":  {"No rule found anything wrong.", "No change advised: no rule found anything to change."},
		"failed": {"has failed: load data set fashion-mnist-sample: the file is truncated", "Nothing was recorded."},
		"trained": {"0.875", "54,321", "61.2 s on cpu: gonum, 2 threads",
			"parameter efficiency (time divided by parameters) 1.13 ms"},
		"broken": {"The run diverged in epoch 2: its numbers were no longer finite. 1 epoch finished.", "–"},
	} {
		got := strings.Join(strings.Fields(write(t, name, Options{Width: 120})), " ")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q is missing in\n%s", name, w, got)
			}
		}
	}
}

// Suggestions that nobody tried have no columns of trials, and nothing that was not searched for is told.
func TestSuggestionsThatWereNotTried(t *testing.T) {
	a, records := reporttest.Advised(t)
	a.Revised, a.RateTest, a.Search, a.Summary = nil, nil, nil, ""
	a.RevisedReason = "no suggestion was tried, since verification was not asked for"
	for i := range a.Suggestions {
		a.Suggestions[i].Trial, a.Suggestions[i].Verified, a.Suggestions[i].Verdict = nil, nil, "not_tried"
	}
	var b bytes.Buffer
	if err := Text(&b, a, records, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"Trained to", "Observed", "Search\n", "What to change"} {
		if strings.Contains(b.String(), absent) {
			t.Errorf("%q is shown", absent)
		}
	}
	for _, shown := range []string{"No suggestion was tried", "+2.1 (+0.8…+3.4)", "not tried"} {
		if !strings.Contains(b.String(), shown) {
			t.Errorf("%q is missing", shown)
		}
	}
}

// Twenty long titles take a line each where there is room, two where there is not.
func TestManySuggestionsStayReadable(t *testing.T) {
	for width, lines := range map[int]int{120: 20, 100: 20, 80: 40} {
		got := write(t, "crowded", Options{Width: width})
		_, table, _ := strings.Cut(got, "─\n")
		table, _, _ = strings.Cut(table, "  Trained to:")
		if n := strings.Count(table, "\n"); n != lines || strings.Count(table, " +3 ")+strings.Count(table, " +3\n") < 20 {
			t.Errorf("at %d columns: %d lines, want %d of cut titles:\n%s", width, n, lines, table)
		}
	}
}

func TestArchitectureWithoutNameIsCalledByItsID(t *testing.T) {
	a, records := reporttest.Sound(t)
	a.Architecture.Name = ""
	var b bytes.Buffer
	if err := Text(&b, a, records, Options{}); err != nil {
		t.Fatal(err)
	}
	if want := "Advice: architecture " + a.Architecture.ID()[:12] + "\n"; !strings.HasPrefix(b.String(), want) {
		t.Errorf("%.80q, want %q", b.String(), want)
	}
}

func TestBrief(t *testing.T) {
	const long = "Build a standard net with the usual training: conv 8–16–32, dense 128 and batch norm"
	for _, c := range []struct {
		title string
		room  int
		want  string
	}{
		{"Use adam", 8, "Use adam"},
		{"Use adam; Use a cosine schedule; Flip images", 20, "Use adam +2"},
		{long, 40, "Build a standard net with…nd batch norm"},
		{long + "; Use adam", 40, "Build a standard net wit…d batch norm +1"},
		{"abc; def", 1, "a…c +1"},
	} {
		if got := Brief(c.title, c.room); got != c.want {
			t.Errorf("%q in %d letters: %q, want %q", c.title, c.room, got, c.want)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteErrorIsReturned(t *testing.T) {
	a, records := reporttest.Sound(t)
	if err := Text(brokenPipe{}, a, records, Options{}); err == nil {
		t.Error("no error")
	}
}
