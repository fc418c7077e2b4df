package tree

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestScriptsAreReachable: `make help` is the index of the scripts. Each is named in the Makefile, or in
// a script that is.
func TestScriptsAreReachable(t *testing.T) {
	root := Root(t)
	unseen := scripts(t, root)
	if len(unseen) < 10 {
		t.Fatalf("found only %v", unseen)
	}
	for texts := []string{"Makefile"}; len(texts) > 0; texts = texts[1:] {
		text, err := os.ReadFile(filepath.Join(root, texts[0]))
		if err != nil {
			t.Fatal(err)
		}
		for name := range unseen {
			if names(string(text), texts[0], name) {
				delete(unseen, name)
				texts = append(texts, name)
			}
		}
	}
	for name := range unseen {
		t.Errorf("%s is named neither in the Makefile nor in a script that is", name)
	}
}

// scripts are the paths of the shell scripts below root.
func scripts(t *testing.T, root string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		switch {
		case entry == nil:
		case entry.IsDir() && name != "." &&
			(strings.HasPrefix(name, ".") && name != ".ci" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case strings.HasSuffix(name, ".sh") || name == ".ci/run":
			found[name] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// names says whether a line of the text, other than a comment, holds the script's path.
func names(text, of, script string) bool {
	if of == script {
		return false
	}
	path := regexp.MustCompile(`(^|[\s"(])` + regexp.QuoteMeta(script) + `([\s")]|$)`)
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") && path.MatchString(line) {
			return true
		}
	}
	return false
}
