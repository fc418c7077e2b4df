package main

import (
	"os"
	"strconv"
	"syscall"
)

// lowPriority lets everything else on the machine go first. A thread's priority is its own on Linux, and new threads
// take that of the one that makes them; where it cannot be lowered, work goes on as it is.
func lowPriority() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, 19)
		}
	}
}
