package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// ticks is the unit of /proc: USER_HZ, which is 100 on every architecture that Go runs on.
const ticks = 100

// usage is processor time in seconds since some moment. On a shared machine what others used belongs to a figure.
type usage struct {
	Service float64 `json:"service"`
	Load    float64 `json:"load"` // this program itself
	Others  float64 `json:"others"`
}

// spent reads what has been used so far; false where there is no /proc.
func spent(service int) (usage, bool) {
	s, ok := ofProcess(strconv.Itoa(service))
	l, ok2 := ofProcess("self")
	all, ok3 := ofMachine()
	return usage{s, l, all - s - l}, ok && ok2 && ok3
}

func (u usage) since(before usage) usage {
	return usage{u.Service - before.Service, u.Load - before.Load, max(u.Others-before.Others, 0)}
}

// ofProcess adds user and system time of a process and of its children that have ended (proc_pid_stat(5), fields 14 to
// 17).
func ofProcess(id string) (float64, bool) {
	data, err := os.ReadFile("/proc/" + id + "/stat")
	if err != nil {
		return 0, false
	}
	_, rest, ok := bytes.Cut(data, []byte(") ")) // after the name, which may contain anything; field 3 is next
	fields := strings.Fields(string(rest))
	if !ok || len(fields) < 15 {
		return 0, false
	}
	return sum(fields[11:15])
}

// ofMachine adds what all processors did but wait (proc_stat(5): user, nice, system, and then irq and softirq; stolen
// time too, which others than this machine had).
func ofMachine() (float64, bool) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	first, _, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(first)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, false
	}
	return sum(append(fields[1:4:4], fields[6:9]...))
}

func sum(fields []string) (float64, bool) {
	var total float64
	for _, f := range fields {
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return 0, false
		}
		total += float64(n) / ticks
	}
	return total, true
}
