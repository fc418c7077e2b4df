package knob

import (
	"testing"

	"probewise/trainer"
)

func TestLadderUpKeepsToTheBound(t *testing.T) {
	for _, layers := range []string{
		`{"type":"conv","filters":4,"kernel":3},{"type":"max_pool"},{"type":"conv","filters":4,"kernel":3},
			{"type":"flatten"}`,
		`{"type":"conv","filters":64,"kernel":3},{"type":"max_pool"},{"type":"conv","filters":32,"kernel":3},
			{"type":"max_pool"},{"type":"conv","filters":8,"kernel":3},{"type":"flatten"}`,
		`{"type":"conv","filters":20,"kernel":5},{"type":"conv","filters":20,"kernel":5},
			{"type":"conv","filters":20,"kernel":5},{"type":"conv","filters":20,"kernel":5},{"type":"global_avg_pool"}`,
		`{"type":"conv","filters":1,"kernel":3},{"type":"max_pool"},{"type":"conv","filters":1,"kernel":3},
			{"type":"max_pool"},{"type":"conv","filters":1,"kernel":3},{"type":"flatten"}`,
	} {
		a := parse(t, layers+`,{"type":"dense","units":10}`, "")
		all := Stages(&a)
		filters := LadderUp(a, all)
		if filters == nil {
			t.Errorf("%s: nothing fits", layers)
			continue
		}
		for i := 1; i < len(filters); i++ {
			if filters[i] <= filters[i-1] {
				t.Errorf("%s: %v does not rise", layers, filters)
			}
		}
		before := a.Cost().MultiplyAdds
		a.Layers = append([]trainer.Layer(nil), a.Layers...)
		Filtered(all, filters)(&a)
		if after := a.Cost().MultiplyAdds; float64(after) > 2.5*float64(before) {
			t.Errorf("%s: %v takes %d multiply-adds, before %d", layers, filters, after, before)
		}
	}
}
