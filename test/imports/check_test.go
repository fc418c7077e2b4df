package imports

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	tests := []struct {
		from, to string
		test     bool
		want     string // part of the only finding; none when empty
	}{
		{from: "cmd/probewise", to: "probewise/trainer/graph"},
		{from: "cmd/probewise", to: "probewise/web"},
		{from: "api", to: "probewise/advisor/report"},
		{from: "db", to: "probewise/trainer"},
		{from: "advisor", to: "probewise/forest"},
		{from: "advisor/rule", to: "probewise/advisor"},
		{from: "trainer/kernel", to: "probewise/trainer"},
		{from: "trainer/graph", to: "gorgonia.org/tensor"},
		{from: "forest", to: "math"},
		{from: "db", to: "probewise/db/dbtest", test: true},
		{from: "bench/step", to: "probewise/trainer/kernel"},
		{from: "cmd/probewise", to: "probewise/jobs"},
		{from: "jobs", to: "probewise/advisor"},

		{from: "api", to: "probewise/db", want: "api may import only"},
		{from: "db", to: "probewise/api", want: "db may import only"},
		{from: "api", to: "probewise/jobs", want: "api may import only"},
		{from: "jobs", to: "probewise/db", want: "jobs may import only"},
		{from: "web", to: "probewise/trainer", want: "web may import only [] of ours"},
		{from: "advisor/gate", to: "probewise/db", want: "advisor may import only"},
		{from: "advisor", to: "probewise/api", test: true, want: "(test) imports probewise/api"},
		{from: "trainer", to: "probewise/forest", want: "trainer may import only"},
		{from: "forest", to: "probewise/trainer", want: "forest may import only"},
		{from: "forest", to: "probewise/cmd/probewise", want: "forest may import only"},
		{from: "trainer", to: "probewise/trainer/kernel", want: "does not import its subfolder"},
		{from: "advisor", to: "probewise/test/tree", want: "advisor may import only"},
		{from: "trainer/kernel", to: "probewise/trainer/backendtest", want: "only tests import a conformance suite"},
		{from: "manager", to: "fmt", want: `"manager" is not in the table`},
		{from: "advisor", to: "probewise", want: "advisor may import only"},
		{
			from: "trainer/kernel",
			to:   "gorgonia.org/tensor",
			want: "only [trainer/graph trainer/cuda test/softcuda] may import it",
		},
		{from: "trainer/graph", to: "gorgonia.org/cu", want: "only [trainer/cuda test/softcuda] may import it"},
		{from: "advisor", to: "modernc.org/sqlite", want: "only [db] may import it"},
		{from: "advisor", to: "github.com/spf13/cobra", want: "only [cmd] may import it"},
	}
	for _, tt := range tests {
		got := Check(Edge{From: Module + "/" + tt.from, To: tt.to, Test: tt.test})
		switch {
		case tt.want == "" && len(got) > 0:
			t.Errorf("%s → %s is allowed, but was reported: %q", tt.from, tt.to, got)
		case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)):
			t.Errorf("%s → %s: got %q, want one finding with %q", tt.from, tt.to, got, tt.want)
		}
	}
}

func TestCheckReach(t *testing.T) {
	deps := []string{"fmt", "gorgonia.org/gorgonia", "probewise/trainer/graph"}
	for pkg, allowed := range map[string]bool{
		"probewise/cmd/probewise": true, "probewise/trainer/graph": true,
		"probewise/advisor": false, "probewise/db": false, "probewise/api": false, "probewise/forest": false,
		"probewise/trainer": false, "probewise/trainer/graphics": false,
	} {
		if got := CheckReach(pkg, deps); (len(got) == 0) != allowed {
			t.Errorf("CheckReach(%s) = %q, allowed %v", pkg, got, allowed)
		}
	}
	if got := CheckReach("probewise/advisor", []string{"fmt", "gorgonia.org/tensor"}); len(got) > 0 {
		t.Errorf("without %s: got %q", Heavy, got)
	}
}

// A package whose test alone reaches Gorgonia is reported too, as is an import in a file with a build tag.
func TestExamineSeesTestsAndTags(t *testing.T) {
	variant := listed{ImportPath: "probewise/advisor.test", Deps: []string{Heavy}}
	if got := examine(t, variant); len(got) != 1 || !strings.HasPrefix(got[0], "probewise/advisor depends on") {
		t.Errorf("test variant: got %q", got)
	}
	tagged := listed{ImportPath: "probewise/forest", Dir: "testdata", IgnoredFiles: []string{"tagged.go"}}
	if got := examine(t, tagged); len(got) != 1 || !strings.Contains(got[0], "probewise/forest imports probewise/db") {
		t.Errorf("tagged file: got %q", got)
	}
}
