package trainer

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// numbersOf lists the numbers inside a struct, by the path of their JSON members.
func numbersOf(v reflect.Value, path string, into map[string]*Number) {
	for i := range v.NumField() {
		member, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if path != "" {
			member = path + "." + member
		}
		switch f := v.Field(i); f.Type() {
		case reflect.TypeFor[Number]():
			into[member] = f.Addr().Interface().(*Number)
		case reflect.TypeFor[Statistics]():
			numbersOf(f, member, into)
		}
	}
}

// TestCatalogueIsComplete: every number of LayerStatistics has one row, named as in JSON, and each row has its place.
func TestCatalogueIsComplete(t *testing.T) {
	var l LayerStatistics
	numbers := map[string]*Number{}
	numbersOf(reflect.ValueOf(&l).Elem(), "", numbers)
	if len(numbers) < 3*10+3 {
		t.Fatalf("only %d numbers found", len(numbers))
	}
	rows := map[*Number]string{}
	for _, s := range Catalogue() {
		if !s.Recorded() {
			continue
		}
		member := string(s.Of) + "." + s.Name
		if s.OfLayer {
			member = s.Name
		}
		if at := s.Place(&l); numbers[member] != at {
			t.Errorf("%s is not where JSON has %q", s.FullName(), member)
		} else if rows[at] != "" {
			t.Errorf("%s and %s are one number", s.FullName(), rows[at])
		} else {
			rows[at] = s.FullName()
		}
	}
	for member, at := range numbers {
		if rows[at] == "" {
			t.Errorf("%s has no row in the catalogue", member)
		}
	}
}

// TestCatalogueHasNoTwins: what statistics are looked up or shown by tells them apart, and nothing is left open.
func TestCatalogueHasNoTwins(t *testing.T) {
	seen := map[string]string{}
	for _, s := range Catalogue() {
		for _, key := range []string{"name " + s.FullName(), "feature " + s.Feature,
			"title " + string(s.Of) + s.Title} {
			if other := seen[key]; other != "" && key != "feature " {
				t.Errorf("%s and %s have the same %s", other, s.FullName(), key)
			}
			seen[key] = s.FullName()
		}
		if s.Title == "" || s.Short == "" || len(s.Short) > 5 || (s.Most > 0) != (s.Scale == ShareScale) ||
			s.InVector && s.Feature == "" {
			t.Errorf("%s: %+v", s.FullName(), *s)
		}
		if StatisticNamed(s.FullName()) != s {
			t.Errorf("%s is not found", s.FullName())
		}
	}
	if !slices.IsSortedFunc(Catalogue(), func(a, b *Statistic) int {
		return slices.Index(TensorKinds(), a.Of) - slices.Index(TensorKinds(), b.Of)
	}) {
		t.Error("weights, gradients and activations are mixed")
	}
}

func TestDerivedStatistic(t *testing.T) {
	l := LayerStatistics{Activations: Statistics{Q01: -2, Q99: 3}}
	if s := StatisticNamed("activation_spread"); s.Recorded() || s.At(&l) != 5 {
		t.Errorf("spread %v, recorded %v", s.At(&l), s.Recorded())
	}
	defer func() {
		if recover() == nil {
			t.Error("a statistic that is not there was found")
		}
	}()
	StatisticNamed("weight_colour")
}
