package readme

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"probewise/test/tree"
)

// What DESIGN.md may take: a page that is read in one go.
const (
	designBytes   = 8 << 10
	designColumns = 110
)

func TestDocuments(t *testing.T) {
	texts := readTexts(t, tree.Root(t))
	for _, line := range append(Missing(texts), MissingSources(texts)...) {
		t.Error(line)
	}
	documents := 0
	for _, text := range texts {
		if !strings.HasSuffix(text.Path, ".md") {
			continue
		}
		documents++
		widest := Widest
		if text.Path == "DESIGN.md" {
			widest = designColumns
			if n := len(text.Content); n > designBytes {
				t.Errorf("DESIGN.md has %d bytes, more than %d: what was measured belongs in docs/", n, designBytes)
			}
		}
		for _, line := range Wide(text, widest) {
			t.Error(line)
		}
	}
	if documents < 10 {
		t.Errorf("only %d documents were found", documents)
	}
}

func TestMissing(t *testing.T) {
	want := []string{
		"Makefile:1 names MAKE.md",
		"README.md:2 names GONE.md",
		"code/curve.go:3 names FOREST.md",
		"code/curve.go:3 names code/README.md",
		"code/curve_test.go:3 names ADVICE.md",
		"docs/gpu.md:1 names ../GONE.md",
		"docs/gpu.md:1 names kernels.md",
	}
	var got []string
	for _, line := range Missing(readTexts(t, "testdata/documents")) {
		got = append(got, strings.TrimSuffix(line, ", which does not exist"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestMissingSources(t *testing.T) {
	texts := []Text{
		{"a/doc.go", "// Read next: here.go, gone.go,\n// b/there.go, b/gone.go and there.go."},
		{"a/here.go", "// none.go is no matter outside a doc.go"}, {"a/b/there.go", ""},
	}
	got := MissingSources(texts)
	want := []string{
		"a/doc.go:1 names gone.go, which does not exist",
		"a/doc.go:2 names b/gone.go, which does not exist",
		"a/doc.go:2 names there.go, which does not exist",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWide(t *testing.T) {
	long := strings.Repeat("wide ", 5)
	document := Text{"a.md", strings.Join([]string{
		long, // 1
		"# " + long,
		"- " + long,
		"éééééééééé",      // ten columns in twenty bytes
		"```text",         // 5
		long, "~~~", long, // a fence of another kind does not end the block
		"```",
		long, // 10
		"| " + long + " |",
		"    " + long,
		"![" + long + "](a.png)",
		"https://example.org/" + strings.Repeat("x", 20),
		"see [" + long + "](a.png)", // 15
	}, "\n")}
	var got []string
	for _, line := range Wide(document, 10) {
		got = append(got, strings.SplitN(line, " ", 2)[0])
	}
	want := []string{"a.md:1", "a.md:2", "a.md:3", "a.md:10", "a.md:15"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// readTexts reads the text files of the repository: what has a folder with a dot before its name, but for .ci, is made
// by tools, and what is vendored is somebody else's.
func readTexts(t *testing.T, root string) []Text {
	t.Helper()
	kinds := []string{".go", ".md", ".sh", ".html", ".yml", ".yaml", ".py", ".js", ".css", ".cu", ".h",
		".hpp", ".cpp", ".sql"}
	leftOut := []string{"node_modules", "vendor", "testdata", "shared"}
	var texts []Text
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) { // a file that another test just removed
			return nil
		}
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			hidden := strings.HasPrefix(name, ".") && name != ".ci" && file != root
			if hidden || slices.Contains(leftOut, name) {
				return fs.SkipDir
			}
			return nil
		}
		inCI := filepath.Base(filepath.Dir(file)) == ".ci"
		if !slices.Contains(kinds, filepath.Ext(name)) && !strings.HasPrefix(name, "Dockerfile") &&
			name != "Makefile" && !inCI {
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, file)
		texts = append(texts, Text{filepath.ToSlash(relative), string(content)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
