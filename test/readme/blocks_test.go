package readme

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestBlocks(t *testing.T) {
	markdown, err := os.ReadFile("testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Blocks(string(markdown))
	if err != nil {
		t.Fatal(err)
	}
	want := []Block{
		{Line: 7, LeftOut: "clone", Script: "git clone https://example.org/probewise && cd probewise\nexit 9\n"},
		{Line: 13, LeftOut: "tests", Script: "go test ./...\n"},
		{
			Line: 17,
			Script: "test -z \"$(ls -A \"$PROBEWISE_DATA_DIR\")\"\n" +
				"echo kept >\"$PROBEWISE_DATA_DIR/seen\"\n" +
				"test \"$(probewise)\" = \"the fixture's program\"\n",
		},
		{
			Line: 31,
			Script: "if true; then\n" +
				"  test \"$(cat \"$PROBEWISE_DATA_DIR/seen\")\" = kept\n" +
				"fi\n" +
				"test -f go.mod   # the repository's root\n",
		},
		{Line: 40, Exit: 3, Script: "exit 3\n"},
		{Line: 45, LeftOut: "download", Script: "# the official files\ngo run ./cmd/probewise dataset get cifar10\n"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestBlocksFaults(t *testing.T) {
	const sh = "```sh\ntrue\n```\n"
	tests := []struct{ name, markdown, want string }{
		{"unknown reason", "<!-- not executed: slow -->\n" + sh, `line 2: "slow" is no reason`},
		{"no reason", "<!-- not executed -->\n" + sh, `line 2: "" is no reason`},
		{"reason that does not fit", "<!-- not executed: docker -->\n" + sh, `left out as "docker", but no command`},
		{"reason in a comment only", "<!-- not executed: tests -->\n```sh\n# go test\ntrue\n```", `left out as "tests"`},
		{"exit code in words", "<!-- exit: one -->\n" + sh, `exit code "one"`},
		{"exit code too large", "<!-- exit: 256 -->\n" + sh, `exit code "256"`},
		{"stray marker", "<!-- exit: 1 -->\nprose\n" + sh, "line 1: a marker over no block"},
		{"marker at the end", sh + "<!-- exit: 1 -->\n", "line 4: a marker over no block"},
		{"marker over output", "<!-- exit: 1 -->\n```text\nx\n```\n", `line 1: a marker over a block of language "text"`},
		{"two markers", "<!-- exit: 1 -->\n<!-- not executed: tests -->\n" + sh, "line 2: a second marker"},
		{"no language", "```\nprobewise advise x.json\n```\n", `line 1: fence with language ""`},
		{"prompt", "```console\n$ true\n```\n", `line 1: fence with language "console"`},
		{"open fence", "\n```sh\ntrue\n", "line 2: the fence is never closed"},
		{"empty block", "```sh\n\n```\n", "line 1: the block is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Blocks(tt.markdown); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestBlocksReportsEveryFault(t *testing.T) {
	_, err := Blocks("```\nx\n```\n<!-- exit: x -->\n```sh\ntrue\n```\n")
	if err == nil || strings.Count(err.Error(), "line ") != 2 {
		t.Errorf("got %v, want both faults", err)
	}
}

func TestReasons(t *testing.T) {
	for reason, commands := range map[string][]string{
		"tests":         {"go test ./...", "go build ./... && go test -race ./...", "make race", ".ci/run"},
		"clone":         {"git clone https://example.org/x"},
		"docker":        {"docker build -t probewise ."},
		"download":      {"probewise dataset get cifar10", "go run ./cmd/probewise dataset get mnist"},
		"external data": {"probewise dataset add mine photos.zip", "probewise advise ../mine.json"},
	} {
		for _, command := range commands {
			if err := checkReason(reason, command+"\n"); err != nil {
				t.Error(err)
			}
			if err := checkReason(reason, "probewise advise examples/flawed.json\n"); err == nil {
				t.Errorf("reason %q is accepted for a command that must be executed", reason)
			}
		}
	}
}
