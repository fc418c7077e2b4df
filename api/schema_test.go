package api

import (
	"reflect"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"probewise/trainer"
)

// TestMembersThatNeedWords: what descriptions names is in the document, and says what a curve means.
func TestMembersThatNeedWords(t *testing.T) {
	registry := newRegistry()
	registry.Schema(reflect.TypeFor[trainer.EpochRecord](), true, "")
	document := &huma.OpenAPI{Components: &huma.Components{Schemas: registry}}
	describe(document)
	for name, members := range descriptions {
		schema := registry.Map()[name]
		if schema == nil {
			t.Fatalf("no schema %s", name)
		}
		for member, text := range members {
			if p := schema.Properties[member]; p == nil || p.Description != text {
				t.Errorf("%s.%s: %+v", name, member, p)
			}
		}
	}
	batches := registry.Map()["EpochRecord"].Properties["norm_batches"]
	if batches.Type != huma.TypeInteger || !strings.Contains(batches.Description, "running statistics") {
		t.Errorf("norm_batches: %+v", batches)
	}
}
