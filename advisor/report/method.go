package report

import (
	"probewise/advisor/analysis"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// A Method relates a column to a target; see forest.Relation.
type Method struct {
	Key, Title string
	Value      func(analysis.Relation) trainer.Number
	Error      func(analysis.Relation) trainer.Number // half of the value's interval; nil: none
	Text       func(trainer.Number) string            // how its figures are written
}

// The four methods.
var (
	Correlation = Method{
		Key:   "correlation",
		Title: "Correlation",
		Value: func(r analysis.Relation) trainer.Number { return r.Correlation },
		Text:  figure.Score[trainer.Number],
	}
	Beta = Method{ // it has a unit, and with it any size
		Key:   "beta",
		Title: "Beta",
		Value: func(r analysis.Relation) trainer.Number { return r.Beta },
		Text:  figure.Significant[trainer.Number],
	}
	Coefficient = Method{
		Key:   "coefficient",
		Title: "Linear coefficient",
		Value: func(r analysis.Relation) trainer.Number { return r.Coefficient },
		Error: func(r analysis.Relation) trainer.Number { return r.StandardError },
		Text:  figure.Share[trainer.Number],
	}
	Importance = Method{
		Key:   "importance",
		Title: "Forest importance",
		Value: func(r analysis.Relation) trainer.Number { return r.Importance },
		Error: func(r analysis.Relation) trainer.Number { return r.Spread },
		Text:  figure.Share[trainer.Number],
	}
)

// Methods returns the four, in the order in which they are shown.
func Methods() []Method { return []Method{Correlation, Beta, Coefficient, Importance} }
