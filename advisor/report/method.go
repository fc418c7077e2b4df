package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"probewise/advisor/features"
	"probewise/advisor/predict"
	"probewise/trainer"
)

// A method relates a column to a target; see forest.Relation.
type method struct {
	key, title string
	digits     int // behind the point; 0: two that count
	value      func(predict.Relation) trainer.Number
	wide       func(predict.Relation) trainer.Number // half of the whisker; nil: none
}

var methods = []method{
	{"correlation", "Correlation", 2, func(r predict.Relation) trainer.Number { return r.Correlation }, nil},
	{"beta", "Beta", 0, func(r predict.Relation) trainer.Number { return r.Beta }, nil},
	{"coefficient", "Linear coefficient", 3, func(r predict.Relation) trainer.Number { return r.Coefficient },
		func(r predict.Relation) trainer.Number { return r.StandardError }},
	{"importance", "Forest importance", 3, func(r predict.Relation) trainer.Number { return r.Importance },
		func(r predict.Relation) trainer.Number { return r.Spread }},
}

// Methods are the four methods, with one of them chosen: the first where the key is none's.
func Methods(key string) []Choice {
	var all []Choice
	for _, m := range methods {
		all = append(all, Choice{m.key, m.title, m.key == methodOf(key).key})
	}
	return all
}

func methodOf(key string) method {
	for _, m := range methods {
		if m.key == key {
			return m
		}
	}
	return methods[0]
}

func (m method) text(n trainer.Number) string {
	if m.digits == 0 {
		return significant(n)
	}
	return decimals(n, m.digits)
}

// bar is a relation's. The linear coefficient has its p-value beside it, the importance a tick where Boruta confirms it.
func (m method) bar(r predict.Relation) Bar {
	v := m.value(r)
	b := Bar{Value: v, Low: trainer.Missing, High: trainer.Missing, Text: m.text(v)}
	if m.wide != nil && v.Known() && m.wide(r).Known() {
		b.Low, b.High = v-m.wide(r), v+m.wide(r)
	}
	if m.key == "coefficient" && v.Known() {
		b.Text += "  p " + probability(r.PValue)
	}
	if m.key == "importance" {
		b.Text += map[bool]string{true: "\u00a0✓", false: "\u00a0\u00a0"}[r.Confirmed]
	}
	if !v.Known() || m.key == "coefficient" {
		b.Remark = r.Reason
	}
	return b
}

// probability writes a p-value.
func probability(n trainer.Number) string {
	if n.Known() && n < 0.001 {
		return "<.001"
	}
	return strings.TrimPrefix(decimals(n, 3), "0")
}

// colours is the scale of a method's figures where they are in one unit. Correlations are held against ±1; an importance
// below zero is none.
func (m method) colours(values []trainer.Number) Scale {
	switch m.key {
	case "correlation":
		return Scale{Low: -1, High: 1, Signed: true}
	case "importance":
		_, high := span(values)
		return Scale{High: max(high, 0)}
	}
	return around(values)
}

// around is a scale with zero in its middle.
func around(values []trainer.Number) Scale {
	low, high := span(values)
	most := max(math.Abs(low), math.Abs(high))
	if most == 0 {
		most = 1
	}
	return Scale{Low: -most, High: most, Signed: true}
}

// brisk writes a figure with four or five letters: -.31, 4.34, 1e+03.
func brisk(n trainer.Number) string {
	switch v := math.Abs(float64(n)); {
	case !n.Known():
		return absent
	case v < 0.005:
		return "0"
	case v < 0.995:
		return strings.Replace(strconv.FormatFloat(float64(n), 'f', 2, 64), "0.", ".", 1)
	case v < 9.995:
		return strconv.FormatFloat(float64(n), 'f', 2, 64)
	case v < 999.5:
		return strconv.FormatFloat(float64(n), 'f', 0, 64)
	}
	return strconv.FormatFloat(float64(n), 'g', 1, 64)
}

// worded writes a column's name as words.
func worded(name string) string { return strings.ReplaceAll(name, "_", " ") }

// Places are the positions of layers in words.
var places = map[features.Position]string{
	features.Everywhere: "all layers", features.Lower: "the first two layers", features.Middle: "the middle layers",
	features.Higher: "the last two layers", features.Conv: "convolutional layers", features.Dense: "dense layers",
}

// Place is a position in words.
func Place(p features.Position) string {
	if words := places[p]; words != "" {
		return words
	}
	return string(p)
}

// Moment is the epoch at which statistics were taken, in words.
func Moment(probe *float64) string {
	if probe == nil {
		return "at the end of the run"
	}
	return "after " + probeLength(*probe)
}

// probeLength is a number of epochs as people say it.
func probeLength(epochs float64) string {
	switch epochs {
	case 0:
		return "initialisation"
	case 1:
		return "1 epoch"
	}
	return fmt.Sprintf("%g epochs", epochs)
}
