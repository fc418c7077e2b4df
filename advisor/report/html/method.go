package html

import (
	"math"

	"probewise/advisor/analysis"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// Methods are the four methods, with one of them chosen: the first where the key is none's.
func Methods(key string) []Choice {
	var all []Choice
	for _, m := range report.Methods() {
		all = append(all, Choice{m.Key, m.Title, m.Key == methodOf(key).Key})
	}
	return all
}

func methodOf(key string) report.Method {
	for _, m := range report.Methods() {
		if m.Key == key {
			return m
		}
	}
	return report.Methods()[0]
}

// barOf is a relation's bar. The linear coefficient has its p-value beside it, the importance a tick where Boruta
// confirms it.
func barOf(m report.Method, r analysis.Relation) Bar {
	v := m.Value(r)
	b := Bar{Value: v, Low: trainer.Missing, High: trainer.Missing, Text: m.Text(v)}
	if m.Error != nil && v.Known() && m.Error(r).Known() {
		b.Low, b.High = v-m.Error(r), v+m.Error(r)
	}
	switch m.Key {
	case report.Coefficient.Key:
		if v.Known() {
			b.Text += "  p " + figure.PValue(r.PValue)
		}
	case report.Importance.Key:
		b.Text += map[bool]string{true: "\u00a0✓", false: "\u00a0\u00a0"}[r.Confirmed]
	}
	if !v.Known() || m.Key == report.Coefficient.Key {
		b.Remark = r.Reason
	}
	return b
}

// coloursOf is the scale of a method's figures where they are in one unit. Correlations are held against ±1; an
// importance below zero is none.
func coloursOf(m report.Method, values []trainer.Number) Scale {
	switch m.Key {
	case report.Correlation.Key:
		return Scale{Low: -1, High: 1, Signed: true}
	case report.Importance.Key:
		_, high := report.Span(values)
		return Scale{High: max(high, 0)}
	}
	return around(values)
}

// around is a scale with zero in its middle.
func around(values []trainer.Number) Scale {
	low, high := report.Span(values)
	most := max(math.Abs(low), math.Abs(high))
	if most == 0 {
		most = 1
	}
	return Scale{Low: -most, High: most, Signed: true}
}
