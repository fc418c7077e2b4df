package readme

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Widest is how many columns a line of prose in a document may have. Code blocks, tables and lines that are a link and
// nothing else may be wider.
const Widest = 120

var (
	// named finds the documents that a text names. What follows "://" is elsewhere.
	named = regexp.MustCompile(`(?:[a-z]+://)?[A-Za-z0-9_./-]*[A-Za-z0-9_-]\.md\b`)
	// bare is a line that is one link, picture or address and cannot be broken.
	bare = regexp.MustCompile(`^\s*(?:[-*] )?(?:!?\[[^\]]*\]\([^)\s]*\)|<?https?://\S+>?)[.,;]?$`)
)

// A Text is a file of the repository: its slash-separated path from the root, and what is in it.
type Text struct{ Path, Content string }

// source finds the Go files that a doc.go names.
var source = regexp.MustCompile(`\b[a-z0-9_/]*[a-z0-9_]\.go\b`)

// MissingSources returns a line for each Go file that a doc.go names and that is not among the texts: a name alone is
// in the folder of the doc.go, a path anywhere.
func MissingSources(texts []Text) []string {
	var paths, missing []string
	for _, t := range texts {
		paths = append(paths, t.Path)
	}
	for _, t := range texts {
		if path.Base(t.Path) != "doc.go" {
			continue
		}
		for number, line := range lines(t.Content) {
			for _, name := range source.FindAllString(line, -1) {
				here := slices.Contains(paths, path.Join(path.Dir(t.Path), name))
				if !here && (!strings.Contains(name, "/") || !exists(paths, path.Dir(t.Path), name)) {
					missing = append(missing, fmt.Sprintf("%s:%d names %s, which does not exist", t.Path, number+1, name))
				}
			}
		}
	}
	return missing
}

// Missing returns a line for each document that one of the texts names and that is not among them. A name with a folder
// is a path from the root, from the text's own folder, or the end of one; a name alone may be in any folder. The
// strings of Go tests are fixtures: only their comments count.
func Missing(texts []Text) []string {
	var paths, missing []string
	for _, t := range texts {
		paths = append(paths, t.Path)
	}
	for _, t := range texts {
		for number, line := range lines(t.Content) {
			if strings.HasSuffix(t.Path, "_test.go") {
				_, line, _ = strings.Cut(line, "//")
			}
			for _, name := range named.FindAllString(line, -1) {
				if !strings.Contains(name, "://") && !exists(paths, path.Dir(t.Path), name) {
					missing = append(missing, fmt.Sprintf("%s:%d names %s, which does not exist", t.Path, number+1, name))
				}
			}
		}
	}
	return missing
}

func exists(paths []string, folder, name string) bool {
	if slices.Contains(paths, path.Join(folder, name)) {
		return true
	}
	if strings.HasPrefix(name, "../") {
		return false
	}
	end := "/" + path.Clean(strings.TrimPrefix(name, "/"))
	return slices.ContainsFunc(paths, func(p string) bool { return strings.HasSuffix("/"+p, end) })
}

// Wide returns a line for each line of prose in a document that has more columns than the widest.
func Wide(document Text, widest int) []string {
	var wide []string
	inFence := ""
	for number, line := range lines(document.Content) {
		if open := fence.FindStringSubmatch(line); open != nil {
			switch {
			case inFence == "":
				inFence = open[2]
			case strings.HasPrefix(open[2], inFence):
				inFence = ""
			}
			continue
		}
		columns := utf8.RuneCountInString(line)
		code := inFence != "" || strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t")
		if columns > widest && !code && !strings.HasPrefix(strings.TrimSpace(line), "|") && !bare.MatchString(line) {
			wide = append(wide, fmt.Sprintf("%s:%d has %d columns, more than %d", document.Path, number+1, columns, widest))
		}
	}
	return wide
}

func lines(text string) []string {
	return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}
