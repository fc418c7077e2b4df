package main

import (
	"os"
	"testing"
)

func TestParseMemory(t *testing.T) {
	for text, want := range map[string]int64{
		"none": 0, "1": 1, "1500000000": 1_500_000_000, "512MiB": 512 << 20, "1.5GiB": 3 << 29, "1.5 GiB": 3 << 29,
		"2GB": 2_000_000_000, "64k": 64 << 10, "3g": 3 << 30, "7B": 7,
	} {
		if got, err := parseMemory(text); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"much", "0", "-1GiB", "GiB", "1GiBiB", "1e300", "NaN", "Inf", "5%"} {
		if got, err := parseMemory(text); err == nil {
			t.Errorf("%s: got %d", text, got)
		}
	}
}

func TestMachineMemory(t *testing.T) {
	const meminfo = "MemFree:  123 kB\nMemTotal:       24612345 kB\nHugePages_Total:       0\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"none", nil, 0},
		{"machine", map[string]string{"/proc/meminfo": meminfo}, 24612345 << 10},
		{"group without a limit",
			map[string]string{"/proc/meminfo": meminfo, "/sys/fs/cgroup/memory.max": "max\n"}, 24612345 << 10},
		{"group", map[string]string{"/proc/meminfo": meminfo, "/sys/fs/cgroup/memory.max": "1073741824\n"}, 1 << 30},
		{"older group",
			map[string]string{"/proc/meminfo": meminfo, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"},
			24612345 << 10},
	} {
		got := machineMemory(func(file string) ([]byte, error) {
			text, ok := tt.files[file]
			if !ok {
				return nil, os.ErrNotExist
			}
			return []byte(text), nil
		})
		if got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}
