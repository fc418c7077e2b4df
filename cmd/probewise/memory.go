package main

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// memoryShare is the part of the machine's memory that a run may take unless --memory-limit says otherwise.
const memoryShare = 0.8

// parseMemory reads the --memory-limit: "auto", "none" or a size such as 1500000000, 512MiB, 1.5GiB or 2GB. 0 is no
// limit.
func parseMemory(text string) (int64, error) {
	switch strings.ToLower(text) {
	case "auto", "":
		return int64(memoryShare * float64(machineMemory(os.ReadFile))), nil
	case "none":
		return 0, nil
	}
	number := strings.TrimRight(text, "BKMGTbikmgt ")
	value, err := strconv.ParseFloat(number, 64)
	unit, known := map[string]float64{
		"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
		"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
		"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	}[strings.ToLower(strings.TrimSpace(text[len(number):]))]
	if bytes := value * unit; err == nil && known && bytes >= 1 && bytes <= math.MaxInt64/2 {
		return int64(bytes), nil
	}
	return 0, fmt.Errorf("--memory-limit %s: must be auto, none or a size such as 1.5GiB", text)
}

// machineMemory is the memory that this process may use: that of its control group, else of the machine; 0 where
// neither is known.
func machineMemory(read func(string) ([]byte, error)) int64 {
	least := int64(0)
	for _, source := range []struct {
		file string
		in   func(string) (int64, bool)
	}{
		{"/sys/fs/cgroup/memory.max", wholeNumber},
		{"/sys/fs/cgroup/memory/memory.limit_in_bytes", wholeNumber},
		{"/proc/meminfo", memTotal},
	} {
		text, err := read(source.file)
		if err != nil {
			continue // another system, or no control group
		}
		if n, ok := source.in(string(text)); ok && n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

func wholeNumber(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil // "max" is none
}

// memTotal reads the line "MemTotal: 24612345 kB".
func memTotal(text string) (int64, bool) {
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "MemTotal:" {
			n, ok := wholeNumber(fields[1])
			return n << 10, ok
		}
	}
	return 0, false
}
