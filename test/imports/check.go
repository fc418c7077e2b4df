package imports

import (
	"fmt"
	"slices"
	"strings"
)

// An Edge says that the package From imports the package To; both are full import paths.
type Edge struct {
	From, To string
	Test     bool // the import is in a test file
}

// Check returns why the edge breaks the table, or nothing.
func Check(e Edge) []string {
	from, to := inside(e.From), inside(e.To)
	var broken []string
	report := func(format string, args ...any) {
		where := e.From
		if e.Test {
			where += " (test)"
		}
		broken = append(broken, fmt.Sprintf("%s imports %s: ", where, e.To)+fmt.Sprintf(format, args...))
	}
	allowed, known := Families[family(from)]
	switch {
	case !known:
		report("the folder %q is not in the table of directions", family(from))
	case to == "": // third-party or standard library: see Technologies below
	case family(to) == family(from):
		if !e.Test && within(to, from) && to != from {
			report("a folder does not import its subfolder")
		}
	case !slices.Contains(allowed, family(to)):
		report("%s may import only %v of ours", family(from), allowed)
	}
	if slices.Contains(Suites, to) && !e.Test {
		report("only tests import a conformance suite")
	}
	for _, tech := range Technologies {
		if within(e.To, tech.Path) && !underAny(from, tech.Adapters) {
			report("only %v may import it", tech.Adapters)
		}
	}
	return broken
}

// CheckReach returns why a package (with its tests, when deps covers them) may not depend on deps, or nothing.
func CheckReach(pkg string, deps []string) []string {
	if underAny(inside(pkg), Carriers) || !slices.Contains(deps, Heavy) {
		return nil
	}
	return []string{fmt.Sprintf("%s depends on %s: only %v may", pkg, Heavy, Carriers)}
}

// inside returns the folder of a package of ours, "." for the module's root, and "" for any other package.
func inside(path string) string {
	if path == Module {
		return "."
	}
	folder, ours := strings.CutPrefix(path, Module+"/")
	if !ours {
		return ""
	}
	return folder
}

// family returns the first element of a folder.
func family(folder string) string {
	first, _, _ := strings.Cut(folder, "/")
	return first
}

// within reports whether path is prefix or below it.
func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

func underAny(folder string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return within(folder, f) })
}
