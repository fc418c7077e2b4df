package cuda

import (
	"math/bits"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
	"probewise/trainer/backendtest"
)

// entries are the kernels of the PTX file.
func entries(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("kernels.ptx")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile(`\.entry (\w+)\(`).FindAllStringSubmatch(string(text), -1) {
		names = append(names, m[1])
	}
	return names
}

// forcedTo picks always the same tile, or small where there is none such, and cuts K into so many slices where that is
// possible.
func forcedTo(t tile, count int) picker {
	return func(_, _, k int, tiles []tile) (tile, int, int) {
		if !slices.Contains(tiles, t) {
			t = small
		}
		slice := ceil(ceil(k, count), t.k) * t.k
		return t, ceil(k, slice), slice
	}
}

// forced are the ways that every product is tried in.
func forced() (ways []picker) {
	for i, t := range filterTiles {
		ways = append(ways, forcedTo(t, 1), forcedTo(t, 2+i))
	}
	return ways
}

// isProduct says whether tiles matter to an op.
func isProduct(op trainer.Op) bool {
	switch op.(type) {
	case trainer.ConvOp, trainer.ConvBiasOp, trainer.ConvDataGrad, trainer.ConvFilterGrad, trainer.MatMul:
		return true
	}
	return false
}

func lengths(data [][]float32) (n []int) {
	for _, x := range data {
		n = append(n, len(x))
	}
	return n
}

// TestKernelsAreProved: every kernel of the PTX file runs in the conformance suite or in TestTiles, products also in
// slices.
func TestKernelsAreProved(t *testing.T) {
	run := map[string]bool{}
	for _, trial := range backendtest.Trials(t) {
		ways := []picker{tileOf}
		if isProduct(trial.Op) {
			ways = append(ways, forced()...)
		}
		for _, pick := range ways {
			work, err := planWith(trial.Op, lengths(trial.Out), pick)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range work.Launches {
				run[l.Kernel] = true
				if l.Grid[2] > 1 {
					run[l.Kernel+" in slices"] = true
				}
			}
		}
	}
	names := entries(t)
	for _, name := range names {
		if !run[name] {
			t.Errorf("%s runs in no trial", name)
		}
		product := strings.HasPrefix(name, "pw_conv") || strings.HasPrefix(name, "pw_gemm")
		if product && name != "pw_gemm_tt_small" && !run[name+" in slices"] {
			t.Errorf("%s runs in no trial in slices", name)
		}
	}
	for name := range run {
		if name, _, _ := strings.Cut(name, " "); !slices.Contains(names, name) {
			t.Errorf("%s is not in kernels.ptx", name)
		}
	}
}

// TestMagic divides by multiplication, at the edges and anywhere.
func TestMagic(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	divisors := []int{1, 2, 3, 5, 7, 9, 25, 32, 1023, 1024, 1025, 1<<30 - 1, 1 << 30, 1<<31 - 1}
	for range 2000 {
		divisors = append(divisors, 1+r.IntN(1<<(1+r.IntN(30))))
	}
	for _, d := range divisors {
		m := magic(d)
		numbers := []uint64{0, 1, uint64(d) - 1, uint64(d), uint64(d) + 1, 1<<31 - 1, 1<<31 - 2,
			(1<<31 - 1) / uint64(d) * uint64(d), (1<<31-1)/uint64(d)*uint64(d) - 1}
		for range 50 {
			numbers = append(numbers, r.Uint64N(1<<31))
		}
		for _, n := range numbers {
			if n >= 1<<31 {
				continue
			}
			high, low := bits.Mul64(n, m&0xFFFFFFFF)
			if got := low >> (m >> 32); high != 0 || got != n/uint64(d) {
				t.Fatalf("%d / %d = %d, want %d", n, d, got, n/uint64(d))
			}
		}
	}
}

// TestTileOf: slices cover K and are none of them empty, and what is large is not cut.
func TestTileOf(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		m, n, k := 1+r.IntN(1<<r.IntN(11)), 1+r.IntN(1<<r.IntN(17)), 1+r.IntN(1<<r.IntN(17))
		tile, count, slice := tileOf(m, n, k, [][]tile{convolutionTiles, filterTiles, matrixTiles}[r.IntN(3)])
		if count < 1 || slice%tile.k != 0 || count*slice < k || (count-1)*slice >= k || count > maxSlices {
			t.Fatalf("%d×%d over %d: %d slices of %d", m, n, k, count, slice)
		}
	}
	if tile, count, _ := tileOf(256, 1<<16, 1152, convolutionTiles); tile != large || count != 1 {
		t.Errorf("a large product: %s in %d slices", tile.name, count)
	}
}

// TestFirstFilters: the filter gradient of a first layer, with three channels, computes few values that nobody wants.
func TestFirstFilters(t *testing.T) {
	w := trainer.Window{N: 64, C: 3, H: 32, W: 32, KH: 3, KW: 3, SH: 1, SW: 1, PT: 1, PL: 1, OH: 32, OW: 32}
	work, err := Plan(trainer.ConvFilterGrad{Window: w, F: 32}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if l := work.Launches[0]; l.Kernel != "pw_conv_filter_deep" || l.Padded < l.FLOPs || l.Padded > l.FLOPs*5/4 {
		t.Errorf("%s computes %d FLOP for %d", l.Kernel, l.Padded, l.FLOPs)
	}
}

// TestDouble: what sums in double precision says so, and nothing else does.
func TestDouble(t *testing.T) {
	for _, trial := range backendtest.Trials(t) {
		want := false
		switch trial.Op.(type) {
		case trainer.StatisticsOp, trainer.DistanceOp, trainer.ClipNorm, trainer.CrossEntropyOp, trainer.BiasGrad,
			trainer.UnitZerosOp, trainer.BatchNormStats,
			trainer.BatchNormParamGrad:
			want = true
		}
		work, err := Plan(trial.Op, lengths(trial.Out))
		if err != nil {
			t.Fatal(err)
		}
		got := false
		for _, l := range work.Launches {
			got = got || l.Double > 0
			if l.Double < 0 || l.Double > l.FLOPs {
				t.Errorf("%T%+v: %s: %d of %d FLOP in double precision",
					trial.Op, trial.Op, l.Kernel, l.Double, l.FLOPs)
			}
		}
		if got != want {
			t.Errorf("%T%+v: double precision %v, want %v", trial.Op, trial.Op, got, want)
		}
	}
}

// TestStatisticsRead: the passes that count read the values that are counted, the others all.
func TestStatisticsRead(t *testing.T) {
	for n, counted := range map[int]int64{1: 1, trainer.CountAll: trainer.CountAll,
		4 * trainer.CountAll: trainer.CountAll, 4*trainer.CountAll + 5: trainer.CountAll + 5} {
		work, err := Plan(trainer.StatisticsOp{Plane: trainer.Plane{N: 1, C: 1, S: n}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range work.Launches {
			blocks := int64(l.Grid[0])
			want := map[string]int64{
				"pw_stats_sums":    4*int64(n) + 8*totals*blocks,
				"pw_stats_octaves": 4*counted + 4*(octaves+1)*blocks,
				"pw_stats_moments": 4*int64(n) + 8*2*blocks + summaryBytes,
				"pw_stats_fine":    4*counted + 4*fineBins*blocks + summaryBytes,
			}
			if bytes, ok := want[l.Kernel]; ok && l.Bytes != bytes {
				t.Errorf("%d values: %s moves %d bytes, want %d", n, l.Kernel, l.Bytes, bytes)
			}
		}
	}
}

// TestPlanRefuses what is impossible or too large.
func TestPlanRefuses(t *testing.T) {
	for _, op := range []trainer.Op{nil, trainer.AddOp{},
		trainer.AddOp{Plane: trainer.Plane{N: 1 << 12, C: 1 << 12, S: 1 << 12}}, trainer.CopyOp{Len: maxValues + 1},
		trainer.ActivationOp{Plane: trainer.Plane{N: 1, C: 1, S: 1}, Kind: trainer.Softmax}} {
		if work, err := Plan(op, nil); err == nil {
			t.Errorf("%T%+v became %+v", op, op, work)
		}
	}
}
