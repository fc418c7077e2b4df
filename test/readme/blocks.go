package readme

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Block is one fenced block of shell commands.
type Block struct {
	Line    int    // line of the opening fence, from 1
	Script  string // the commands, without the fence's indentation
	Exit    int    // exit code that the block must end with
	LeftOut string // why the block is not executed; empty when it is
}

var (
	fence  = regexp.MustCompile("^([ \t]*)(```+|~~~+)[ \t]*([^ \t`]*)")
	marker = regexp.MustCompile(`^<!--\s*(not executed|exit)\b\s*:?\s*(.*?)\s*-->$`)

	shells = []string{"sh", "bash", "shell"}
	// unclear languages could hide commands from the test.
	unclear = []string{"", "console", "shell-session", "zsh", "fish"}

	errStray = errors.New("a marker over no block")
)

// A mark is a marker and its line.
type mark struct {
	line        int
	kind, value string
}

// Blocks returns the shell blocks of a Markdown text in order, and every fault of its fences and markers.
func Blocks(markdown string) ([]Block, error) {
	var (
		blocks []Block
		faults []error
		above  *mark // the marker over the next fence
	)
	fault := func(line int, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", line, err))
		}
	}
	lines := strings.Split(strings.ReplaceAll(markdown, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		number := i + 1
		if m := marker.FindStringSubmatch(strings.TrimSpace(lines[i])); m != nil {
			if above != nil {
				fault(number, errors.New("a second marker over one block"))
			}
			above = &mark{line: number, kind: m[1], value: m[2]}
			continue
		}
		open := fence.FindStringSubmatch(lines[i])
		if open == nil {
			if above != nil && strings.TrimSpace(lines[i]) != "" {
				fault(above.line, errStray)
				above = nil
			}
			continue
		}
		script, end, closed := body(lines, i+1, open[1], open[2])
		if !closed {
			fault(number, errors.New("the fence is never closed"))
		}
		i = end
		switch language := strings.ToLower(open[3]); {
		case slices.Contains(shells, language):
			b, err := block(number, script, above)
			fault(number, err)
			blocks = append(blocks, b)
		case slices.Contains(unclear, language):
			fault(number, fmt.Errorf("fence with language %q: write sh for commands, text for output", language))
		case above != nil:
			fault(above.line, fmt.Errorf("a marker over a block of language %q, which is never executed", language))
		}
		above = nil
	}
	if above != nil {
		fault(above.line, errStray)
	}
	return blocks, errors.Join(faults...)
}

// body returns the text of a fenced block whose first line is lines[start], and the index of its last line.
func body(lines []string, start int, indent, ticks string) (script string, end int, closed bool) {
	var text strings.Builder
	for i := start; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if strings.HasPrefix(line, ticks) && strings.Trim(line, ticks[:1]) == "" {
			return text.String(), i, true
		}
		text.WriteString(strings.TrimPrefix(lines[i], indent) + "\n")
	}
	return text.String(), len(lines), false
}

// block makes a block of a script and the marker above it, if there is one.
func block(line int, script string, above *mark) (Block, error) {
	b := Block{Line: line, Script: script}
	switch {
	case strings.TrimSpace(script) == "":
		return b, errors.New("the block is empty")
	case above == nil:
		return b, nil
	case above.kind == "exit":
		exit, err := strconv.ParseUint(above.value, 10, 8)
		if err != nil {
			return b, fmt.Errorf("exit code %q is not a number from 0 to 255", above.value)
		}
		b.Exit = int(exit)
		return b, nil
	default:
		b.LeftOut = above.value
		return b, checkReason(above.value, script)
	}
}
