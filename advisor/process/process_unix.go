//go:build unix

package process

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"probewise/advisor"
)

// This describes the running process.
func This() advisor.Worker {
	w := advisor.Worker{Host: hostName(), PID: os.Getpid()}
	w.Started, _ = processStart(w.PID)
	return w
}

// Gone says whether the worker's process has surely ended: it ran on this host, and there is no such process, or the
// one with its PID was started at another time. Where that cannot be told, Gone is false and the lease has to expire.
func Gone(w advisor.Worker) bool {
	if w.PID <= 0 || w.Host == "" || w.Host != hostName() {
		return false
	}
	if errors.Is(syscall.Kill(w.PID, 0), syscall.ESRCH) {
		return true
	}
	started, ended := processStart(w.PID)
	return ended || w.Started != "" && started != "" && started != w.Started
}

// hostName includes the process id namespace: containers may share a host name and not their processes.
func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return ""
	}
	if namespace, err := os.Readlink("/proc/self/ns/pid"); err == nil {
		name += " " + namespace
	}
	return name
}

// processStart returns when a process was started, "" where the system does not tell, and whether it has ended and
// only waits to be reaped. The boot id is part of the time, which the kernel counts from boot.
func processStart(pid int) (started string, ended bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	ticks, ended := parseStat(string(stat))
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil || ticks == "" {
		return "", ended
	}
	return strings.TrimSpace(string(boot)) + " " + ticks, ended
}

// parseStat reads the state (field 3) and the start time in clock ticks since boot (field 22) of /proc/PID/stat,
// proc_pid_stat(5). Field 2 is the program's name in parentheses, which may itself hold spaces and parentheses.
func parseStat(stat string) (ticks string, ended bool) {
	const state, start = 0, 19 // fields 3 and 22, counted from the first one after the name
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) <= start {
		return "", false
	}
	return fields[start], fields[state] == "Z" || fields[state] == "X"
}
