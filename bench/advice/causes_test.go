package main

import (
	"testing"

	"probewise/advisor"
)

func TestNamed(t *testing.T) {
	n := Net{Cause: tooStrongL2, Also: []Cause{rateTooLow}}
	for _, c := range []struct {
		findings    []Finding
		seen, named bool
	}{
		{nil, false, false},
		{[]Finding{{"at-chance", advisor.High}}, true, false},
		{[]Finding{{"at-chance", advisor.High}, {"over-regularised", advisor.Medium}}, true, true},
		{[]Finding{{"learns-too-slowly", advisor.Medium}}, false, true},
		{[]Finding{{"rate-too-high", advisor.High}}, true, false},
	} {
		if got := seenBroken(c.findings); got != c.seen {
			t.Errorf("%v: seen %t", c.findings, got)
		}
		if got := named(n, c.findings); got != c.named {
			t.Errorf("%v: named %t", c.findings, got)
		}
	}
}
