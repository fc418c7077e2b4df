package imports

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"probewise/test/tree"
)

// rule is a depguard rule reduced to what decides: where it applies and which prefixes it denies.
type rule struct{ files, deny []string }

// The lint configuration is a second place for the same directions; it must not say anything else than the table.
func TestLintSaysTheSame(t *testing.T) {
	want, got := rulesOfTable(), rulesOfLint(t)
	for name := range maps.Keys(want) {
		if _, ok := got[name]; !ok {
			t.Errorf(".golangci.yml lacks the depguard rule %s: files %q, deny %q", name, want[name].files, want[name].deny)
		}
	}
	for name, r := range got {
		w, ok := want[name]
		switch {
		case !ok:
			t.Errorf(".golangci.yml has the depguard rule %s, which is not in the table", name)
		case !slices.Equal(r.files, w.files) || !slices.Equal(r.deny, w.deny):
			t.Errorf("depguard rule %s:\ngot  files %q deny %q\nwant files %q deny %q", name, r.files, r.deny, w.files, w.deny)
		}
	}
}

// rulesOfTable gives one rule for each family of the import line and one for each technology. The proof programs and cmd
// may import everything that depguard can deny them, but cmd is never imported.
func rulesOfTable() map[string]rule {
	rules := map[string]rule{}
	for name, allowed := range Families {
		if slices.Contains([]string{"cmd", "bench", "interop", "test"}, name) {
			continue
		}
		r := rule{files: []string{fmt.Sprintf("**/%s/**", name)}}
		for other := range Families {
			if other != name && !slices.Contains(allowed, other) {
				r.deny = append(r.deny, Module+"/"+other)
			}
		}
		slices.Sort(r.deny)
		rules[name] = r
	}
	for _, tech := range Technologies {
		r := rule{deny: []string{tech.Path}}
		for _, folder := range tech.Adapters {
			r.files = append(r.files, fmt.Sprintf("!**/%s/**", folder))
		}
		if len(r.files) == 0 {
			r.files = []string{"$all"}
		}
		rules[tech.Name] = r
	}
	return rules
}

func rulesOfLint(t *testing.T) map[string]rule {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tree.Root(t), ".golangci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]struct {
						Files []string
						Deny  []struct{ Pkg string }
					}
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	rules := map[string]rule{}
	for name, r := range config.Linters.Settings.Depguard.Rules {
		flat := rule{files: r.Files}
		for _, denied := range r.Deny {
			flat.deny = append(flat.deny, denied.Pkg)
		}
		slices.Sort(flat.deny)
		rules[name] = flat
	}
	return rules
}
