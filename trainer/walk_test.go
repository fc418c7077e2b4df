package trainer

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestNamesAcrossLevels: layers are numbered in the order of All, whatever their level; given names are left out.
func TestNamesAcrossLevels(t *testing.T) {
	a := mustParse(t,
		net(same,
			residual(`{"type": "conv", "filters": 1, "kernel": 1}`, same, `{"type": "dropout", "rate": 0.1}`,
				`{"type": "conv", "filters": 1, "kernel": 3, "padding": "same", "name": "conv5"}`), residual("", same), flatten,
			out), known).Architecture
	var names []string
	for l := range a.All() {
		names = append(names, l.Name)
	}
	want := []string{"conv1", "residual1", "conv2", "dropout1", "conv5", "conv4", "residual2", "conv6", "flatten1",
		"dense1"}
	if !slices.Equal(names, want) {
		t.Errorf("names %v, want %v", names, want)
	}
	for l := range a.All() {
		if l.Name == "conv2" {
			break // the iterator may be left inside a body
		}
	}
}

// TestCanonicalBlock: the shortcut is always written, as a list; however it was spelt, the id is the same.
func TestCanonicalBlock(t *testing.T) {
	identity := mustParse(t, net(residual("", same), flatten, out), known).Architecture
	for _, spelling := range []string{net(residual("[]", same), flatten, out),
		net(`{"body": `+same+`, "type": "residual", "name": "r"}`, flatten, out)} {
		if got := mustParse(t, spelling, known).Architecture.ID(); got != identity.ID() {
			t.Errorf("%s has another id", spelling)
		}
	}
	if form := string(identity.Canonical()); !strings.Contains(form,
		`"padding":"same","stride":[1,1],"type":"conv"}],"name":"residual1","shortcut":[],"type":"residual"}`) {
		t.Errorf("canonical form %s", form)
	}
	const projection = `{"type": "conv", "filters": 1, "kernel": 1}`
	one := mustParse(t, net(residual(projection, same), flatten, out), known).Architecture
	list := mustParse(t, net(residual("["+projection+"]", same), flatten, out), known).Architecture
	if one.ID() != list.ID() || one.ID() == identity.ID() {
		t.Errorf("ids %s, %s and %s", one.ID(), list.ID(), identity.ID())
	}
}

func TestCloneSharesNothing(t *testing.T) {
	a := mustParse(t, net(residual(`{"type": "conv", "filters": 1, "kernel": 1}`, same), flatten, out), known).Architecture
	before, b := string(a.Canonical()), a.Clone()
	if !reflect.DeepEqual(a, b) {
		t.Fatal("the clone differs")
	}
	for l := range b.All() {
		l.Filters, l.Units = 7, 7
	}
	if string(a.Canonical()) != before {
		t.Error("a change of the clone changed the original")
	}
}
