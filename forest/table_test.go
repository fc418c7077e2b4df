package forest

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// Every refusal comes before the library is called, and names the place.
func TestBadTables(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Table)
		want  error
		text  string
	}{
		"few runs":         {func(t *Table) { *t = t.pick([]int{0, 1, 2}) }, ErrTooFewRuns, "3, want at least 20"},
		"no runs":          {func(t *Table) { *t = Table{} }, ErrTooFewRuns, "0, want"},
		"ragged":           {func(t *Table) { t.X[7] = t.X[7][:3] }, ErrBadTable, "row 7 has 3 values, want 6"},
		"positive inf":     {func(t *Table) { t.X[4][2] = math.Inf(1) }, ErrBadTable, `row 4, column "c2": +Inf`},
		"negative inf":     {func(t *Table) { t.X[4][2] = math.Inf(-1) }, ErrBadTable, `row 4, column "c2": -Inf`},
		"overflowing":      {func(t *Table) { t.X[0][5] = 1e300 }, ErrBadTable, `row 0, column "c5": 1e+300`},
		"NaN target":       {func(t *Table) { t.Y[3] = math.NaN() }, ErrBadTable, `row 3, column "target": NaN`},
		"target in per ct": {func(t *Table) { t.Y[3] = 71 }, ErrBadTable, `row 3, column "target": 71`},
		"negative target":  {func(t *Table) { t.Y[3] = -0.1 }, ErrBadTable, "-0.1"},
		"short targets":    {func(t *Table) { t.Y = t.Y[1:] }, ErrBadTable, "targets has 24 values, want 25"},
		"short linear":     {func(t *Table) { t.Linear = nil }, ErrBadTable, "linear has 0 values, want 6"},
		"short groups":     {func(t *Table) { t.Groups = []string{"a"} }, ErrBadTable, "groups has 1 values, want 25"},
		"two groups":       {func(t *Table) { t.Groups = cycle(25, "a", "b") }, ErrTooFewGroups, "2, want at least 3"},
		"equal targets": {func(t *Table) {
			for i := range t.Y {
				t.Y[i] = 0.1
			}
		}, ErrEqualTargets, "25 runs at 0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := curves(25, 2, 6, 1)
			c.spoil(&bad)
			_, err := Fit(context.Background(), bad, Options{})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("Fit: %v, want %v with %q", err, c.want, c.text)
			}
			if _, err := CrossValidate(context.Background(), bad, Options{}, 1); !errors.Is(err, c.want) {
				t.Errorf("CrossValidate: %v, want %v", err, c.want)
			}
		})
	}
}

func TestBadOptions(t *testing.T) {
	for _, o := range []Options{
		{Confidence: 1}, {Confidence: -0.1}, {Confidence: math.NaN()}, {Folds: 2}, {Folds: -1},
		{Stages: -1}, {Stages: maxStages + 1}, {Rate: 1.1}, {Rate: math.NaN()}, {Share: -1}, {Share: 2},
	} {
		if _, err := Fit(context.Background(), curves(25, 2, 6, 1), o); !errors.Is(err, ErrBadOptions) {
			t.Errorf("%+v: %v, want ErrBadOptions", o, err)
		}
	}
	if _, err := CrossValidate(context.Background(), curves(25, 2, 6, 1), Options{}, 0); !errors.Is(err, ErrBadOptions) {
		t.Errorf("no repeats: %v, want ErrBadOptions", err)
	}
}

func TestGroupIndex(t *testing.T) {
	table := Table{X: make([][]float64, 5), Groups: []string{"a", "", "b", "a", ""}}
	want := []int{0, 1, 2, 0, 3}
	for i, g := range table.groupIndex() {
		if g != want[i] {
			t.Fatalf("groups %v, want %v: an empty id is a group of its own", table.groupIndex(), want)
		}
	}
}

// No architecture stands on both sides, every row is in a fold, and folds are as even as the groups allow.
func TestGroupedFolds(t *testing.T) {
	group := make([]int, 60)
	for i := range group {
		group[i] = i / 3 // 20 groups of 3
	}
	fold, folds := groupedFolds(group, 10, 4)
	if folds != 10 {
		t.Fatalf("%d folds, want 10", folds)
	}
	rows := make([]int, folds)
	for i, f := range fold {
		rows[f]++
		if f != fold[i/3*3] {
			t.Errorf("group %d stands in folds %d and %d", group[i], f, fold[i/3*3])
		}
	}
	for f, n := range rows {
		if n != 6 {
			t.Errorf("fold %d has %d rows, want 6", f, n)
		}
	}
	if _, folds := groupedFolds([]int{0, 7, 7, 9}, 10, 4); folds != 3 {
		t.Errorf("%d folds of 3 groups, want 3", folds)
	}
	if other, _ := groupedFolds(group, 10, 5); slices.Equal(other, fold) {
		t.Error("another seed dealt the same folds")
	}
}

func cycle(n int, ids ...string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = ids[i%len(ids)]
	}
	return out
}
