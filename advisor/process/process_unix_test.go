//go:build unix

package process

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"probewise/advisor"
)

// childSwitch makes TestGoneAfterKill a process that lives until its standard input ends.
const childSwitch = "PROBEWISE_TEST_WAITING_CHILD"

func TestGone(t *testing.T) {
	this := This()
	if this.Host == "" || this.PID != os.Getpid() {
		t.Fatalf("This() = %+v", this)
	}
	if This() != this {
		t.Errorf("This() changed from %+v to %+v", this, This())
	}
	if Gone(this) {
		t.Error("the running process counts as gone")
	}
	reused := advisor.Worker{Host: this.Host, PID: this.PID, Started: this.Started + "1"}
	if runtime.GOOS == "linux" && !Gone(reused) {
		t.Error("a process with another start time and our PID does not count as gone")
	}
	for _, w := range []advisor.Worker{
		{},
		{Host: this.Host},
		{Host: this.Host, PID: -1, Started: "x"},
		{Host: this.Host + "2", PID: this.PID, Started: "x"},
		{Host: this.Host, PID: this.PID},
	} {
		if Gone(w) {
			t.Errorf("%+v counts as gone", w)
		}
	}
}

func TestGoneAfterKill(t *testing.T) {
	if os.Getenv(childSwitch) != "" {
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestGoneAfterKill$")
	child.Env = append(os.Environ(), childSwitch+"=1")
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	w := advisor.Worker{Host: hostName(), PID: child.Process.Pid}
	w.Started, _ = processStart(w.PID)
	if Gone(w) {
		t.Error("the child counts as gone while it waits for its input")
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // "signal: killed"
	if !Gone(w) {
		t.Error("the killed child does not count as gone")
	}
}

func TestParseStat(t *testing.T) {
	const tail = " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21"
	for _, c := range []struct {
		name, stat, ticks string
		ended             bool
	}{
		{"sleeping", "77 (probewise) S" + tail, "4242", false},
		{"name with spaces and parentheses", "77 (a) Z (b c) R" + tail, "4242", false},
		{"zombie", "77 (probewise) Z" + tail, "4242", true},
		{"dead", "77 (probewise) X" + tail, "4242", true},
		{"cut short", "77 (probewise) S 1 2 3", "", false},
		{"empty", "", "", false},
	} {
		ticks, ended := parseStat(c.stat)
		if ticks != c.ticks || ended != c.ended {
			t.Errorf("%s: parseStat = %q, %v; want %q, %v", c.name, ticks, ended, c.ticks, c.ended)
		}
	}
}
