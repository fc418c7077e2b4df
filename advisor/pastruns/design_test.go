package pastruns_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"probewise/advisor"
	"probewise/advisor/pastruns"
	"probewise/advisor/pastruns/pastrunstest"
	"probewise/trainer"
)

// TestDesign: architectures are spread over what other data sets let expect; without those the first ones are taken.
func TestDesign(t *testing.T) {
	foreign := advisor.Key{Dataset: "another", Images: 1000, Epochs: 9}
	var runs []advisor.PastRun
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 40 { // wider ones end higher
		run := pastrunstest.Run(t, r, 4+4*i)
		run.Outcome.TestAccuracy = trainer.Number(0.2 + 0.015*float64(i))
		runs = append(runs, run)
	}
	var all []trainer.Architecture
	for i := range 24 { // in an order of their own
		all = append(all, pastrunstest.Run(t, r, 5+6*(i*7%24)).Architecture)
	}
	design := func(source pastrunstest.Source, n int) []int {
		s, err := pastruns.Read(t.Context(), source, pastrunstest.Key)
		if err != nil {
			t.Fatal(err)
		}
		picked, err := (&pastruns.Forests{}).Design(t.Context(), s, all, n)
		if err != nil {
			t.Fatal(err)
		}
		return picked
	}
	picked := design(pastrunstest.Source{foreign: runs}, 3)
	var filters []int
	for _, i := range picked {
		filters = append(filters, all[i].Layers[0].Filters)
	}
	slices.Sort(filters)
	if !slices.IsSorted(picked) || len(filters) != 3 || filters[0] > 48 || filters[1] < 48 || filters[1] > 100 ||
		filters[2] < 100 {
		t.Errorf("picked %v with %v filters, of 5 to 143", picked, filters)
	}
	if got := design(pastrunstest.Source{}, 3); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("without other data sets %v", got)
	}
	if got := design(pastrunstest.Source{foreign: runs}, 30); len(got) != 24 {
		t.Errorf("of 24 architectures %d", len(got))
	}
}
