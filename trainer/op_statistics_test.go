package trainer

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestKernelHasTheSamePlaces: the GPU's kernel names the places of what StatisticsOp writes a second time.
func TestKernelHasTheSamePlaces(t *testing.T) {
	source, err := os.ReadFile("cuda/kernels/statistics.cuh")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`enum \{ (MEAN, [^}]*) \};`).FindSubmatch(source)
	if found == nil {
		t.Fatal("no enum that begins with MEAN")
	}
	places := map[string]int{
		"MEAN": AtMean, "VARIANCE": AtVariance, "MAX_ABS": AtMaxAbs, "SHARE_BELOW": AtShareBelow,
		"SHARE_ZERO": AtShareZero, "NORM": AtL2Norm, "KURTOSIS": AtKurtosis, "AT_QUANTILES": AtQuantiles,
		"NOT_FINITE": AtNotFinite, "HISTOGRAM": AtHistogram,
	}
	at := 0
	for _, entry := range strings.Split(string(found[1]), ", ") {
		name, value, _ := strings.Cut(entry, " = ")
		if value == "AT_QUANTILES + QUANTILES" {
			at = AtQuantiles + 3
		}
		if want, known := places[name]; !known || want != at {
			t.Errorf("%s is %d in the kernel; here it is %d, known %t", name, at, want, known)
		}
		delete(places, name)
		at++
	}
	if len(places) > 0 {
		t.Errorf("the kernel lacks %v", places)
	}
}
