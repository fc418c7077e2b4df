package report

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"probewise/advisor/figure"
	"probewise/forest"
)

// LevelScore is how well runs are predicted from probes of a length and few runs of their own.
type LevelScore struct {
	Epochs float64
	forest.LevelScore
}

// Levels compares predictions from few runs of a data set with the line of two numbers that needs no other data set.
func Levels(w io.Writer, all []LevelScore, repeats int) error {
	var g grids
	var rows []table.Row
	for _, s := range all {
		var quarters string
		for _, q := range s.Level.Quarters {
			quarters += fmt.Sprintf("%3.0f ", 100*q.Coverage)
		}
		rows = append(rows, table.Row{figure.Setting(s.Epochs), s.Own, figure.Score(s.Level.R2), figure.Score(s.Level.Tau),
			figure.Percent(s.Level.Coverage), quarters[:len(quarters)-1], figure.Share(s.Level.Width), figure.Score(s.Line.R2),
			figure.Score(s.Line.Tau), figure.Percent(s.Line.Coverage)})
	}
	g.table(table.Row{"epochs", "own runs", "R²", "Kendall τ", "80 % interval covers", "by quarter, %", "its mean width",
		"line: R²", "τ", "covers"}, rows)
	g.line("%s of the own runs, the others predicted. Line: two numbers, without any other data set.",
		figure.Counted(repeats, "random draw"))
	return g.writeTo(w)
}
