//go:build slow

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"probewise/advisor"
)

// TestServiceSurvives interrupts the service in the middle of a probe, with SIGKILL and with SIGTERM, and starts it
// again on the same data: the advice finishes, and is the one that the command line gives for the same request.
func TestServiceSurvives(t *testing.T) {
	file := write(t, "tiny.json", tiny)
	code, out, errOut := call(t, "advise", file, "--images", "1000", "--probe-epochs", "2", "--json",
		"--data-dir", dataDir(t))
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	want := timelessText(t, []byte(out))
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			dir := dataDir(t)
			s := serve(t, dir)
			var queued advisor.Answer
			body := fmt.Sprintf(`{"architecture":%s,"probe":{"images":1000,"epochs":2}}`, tiny)
			if err := json.Unmarshal(s.ask(http.StatusAccepted, "POST", "/v1/advice", body), &queued); err != nil {
				t.Fatal(err)
			}
			s.until(queued.ID, `"epoch":0.75`)
			err := s.end(signal)
			if signal == syscall.SIGTERM &&
				(s.command.ProcessState.ExitCode() != exitOK || !strings.Contains(s.log.String(), "back to the queue")) {
				t.Errorf("after SIGTERM: %v\n%s", err, s.log)
			}
			again := serve(t, dir)
			again.answer(queued.ID) // waits for it
			got := timelessText(t, again.ask(http.StatusOK, "GET", "/v1/advice/"+queued.ID, ""))
			if !reflect.DeepEqual(got, want) {
				t.Errorf("the interrupted advice of the service differs from the command line's:\n%v\n%v", got, want)
			}
			if err := again.end(syscall.SIGTERM); err != nil {
				t.Errorf("stopping: %v\n%s", err, again.log)
			}
		})
	}
}
