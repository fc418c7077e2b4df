package readme

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// reasons are the only grounds on which a block may be left out. One command of the block must match the pattern.
var reasons = map[string]*regexp.Regexp{
	"tests":    regexp.MustCompile(`^(go|make) (test|race|bench|cover)\b|^\.ci/run\b`), // would run this test again
	"clone":    regexp.MustCompile(`^git clone\b`),
	"docker":   regexp.MustCompile(`^docker\b`),
	"download": regexp.MustCompile(`^(probewise|go run \./cmd/probewise) dataset get\b`),
	// not in the repository
	"external data": regexp.MustCompile(`^(probewise|go run \./cmd/probewise) dataset add\b|\.\./`),
}

// checkReason returns an error unless the script may be left out on the ground given.
func checkReason(reason, script string) error {
	pattern, known := reasons[reason]
	if !known {
		return fmt.Errorf("%q is no reason to leave a block out; reasons: %s", reason, strings.Join(reasonNames(), ", "))
	}
	for line := range strings.Lines(script) {
		for command := range strings.SplitSeq(line, "&&") {
			if pattern.MatchString(strings.TrimSpace(command)) {
				return nil
			}
		}
	}
	return fmt.Errorf("left out as %q, but no command of the block is one (%s)", reason, pattern)
}

func reasonNames() []string {
	var names []string
	for name := range reasons {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
