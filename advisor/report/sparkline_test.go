package report

import (
	"math"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func TestSparkline(t *testing.T) {
	none, inf := trainer.Missing, trainer.Number(math.Inf(1))
	for _, c := range []struct {
		name   string
		values []trainer.Number
		want   string
	}{
		{"nothing", nil, ""},
		{"one bar a step", []trainer.Number{1, 2, 3, 4, 5, 6, 7, 8}, "▁▂▃▄▅▆▇█"},
		{"falls, below zero", []trainer.Number{3.5, 0, -3.5}, "█▅▁"}, // 0 stands at 3.5 of 7 steps: rounded up
		{"missing and infinite", []trainer.Number{none, 0, inf, 7, none}, " ▁ █ "},
		{"constant", []trainer.Number{2, 2, 2}, "▄▄▄"},
		{"constant zero", []trainer.Number{0, 0}, "▄▄"},
		{"all missing", []trainer.Number{none, none}, "  "},
		{"1000× is linear", []trainer.Number{1, 10, 1000}, "▁▁█"},
		{"more is logarithmic", []trainer.Number{1e-7, 1e-4, 1e-1, 1, 1e0}, "▁▄▇██"}, // 0, 3, 6, 7 of 7 decades
		{"zero has no logarithm", []trainer.Number{0, 1, 1e6}, "▁▁█"},
		{"the largest numbers", []trainer.Number{-math.MaxFloat64, 0, math.MaxFloat64}, "▁▅█"},
		{"the smallest numbers", []trainer.Number{0, math.SmallestNonzeroFloat64}, "▁█"},
	} {
		if got := Sparkline(c.values); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{share(0.87149), "0.871"}, {share(trainer.Missing), "–"}, {share(1.5e12), "1.5e+12"},
		{points(0.0213), "+2.1"}, {points(-0.0004), "+0.0"}, {points(0.0004), "+0.0"}, {points(-0.5), "-50.0"}, {points(trainer.Missing), "–"},
		{grouped(0), "0"}, {grouped(999), "999"}, {grouped(1000), "1,000"}, {grouped(-1234567), "-1,234,567"},
		{amount(0, "FLOPs"), "0 FLOPs"}, {amount(999, "FLOPs"), "999 FLOPs"}, {amount(999.7, "FLOPs"), "1 kFLOPs"}, {amount(4.123e12, "FLOPs"), "4.12 TFLOPs"},
		{significant(0.012345), "0.012"}, {significant(1.26e-9), "1.3e-09"},
		{counted(1, "epoch"), "1 epoch"}, {counted(0, "epoch"), "0 epochs"},
		{duration(90), "90 s"}, {duration(0.0012), "1.2 ms"}, {duration(3e-6), "3 µs"}, {duration(2.5e-8), "25 ns"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// The lines must say what the edits do, also where layers move under later edits.
func TestChanges(t *testing.T) {
	base := parse(t, flawed)
	for _, c := range []struct {
		edits []advisor.Edit
		want  []string
	}{
		{[]advisor.Edit{{Op: "remove", Path: "/layers/1"}, {Op: "add", Path: "/layers/1/kernel", Value: []any{5.0, 5.0}}},
			[]string{"remove max_pool1 (max_pool, padding valid, size 2×2, stride 2×2)", "conv2: kernel 3×3 → 5×5"}},
		{[]advisor.Edit{{Op: "add", Path: "/layers/0", Value: map[string]any{"type": "zero_pad", "padding": []any{1, 1}}}},
			[]string{"add in front: zero_pad (zero_pad, padding 1×1)"}},
		{[]advisor.Edit{{Op: "replace", Path: "/layers/3", Value: map[string]any{"type": "global_avg_pool", "name": "flatten"}}},
			[]string{"replace flatten1 (flatten) by flatten (global_avg_pool)"}},
		{[]advisor.Edit{{Op: "remove", Path: "/layers/0/activation"}, {Op: "add", Path: "/name", Value: "better"}},
			[]string{"conv1: activation relu → removed", "name flawed-cnn → better"}},
		{[]advisor.Edit{{Op: "replace", Path: "/layers", Value: []any{}}}, []string{"all layers are replaced"}},
	} {
		got, err := changes(base, c.edits)
		if err != nil {
			t.Error(err)
			continue
		}
		for i := range max(len(got), len(c.want)) {
			if len(got) != len(c.want) || got[i] != c.want[i] {
				t.Errorf("%v: %q, want %q", c.edits, got, c.want)
				break
			}
		}
	}
	for _, path := range []string{"/layers/99", "/layers/x/units", "/layers/8/units"} {
		if _, err := changes(base, []advisor.Edit{{Op: "add", Path: path, Value: 1}}); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}
