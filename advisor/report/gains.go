package report

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"probewise/advisor/figure"
	"probewise/advisor/gain"
)

// GainScore says how well gains are foretold at a moment, from which columns.
type GainScore struct {
	Columns string // "all", or what was left out
	gain.Score
}

// Gains writes the model card of gains.
func Gains(w io.Writer, of string, scores []GainScore) error {
	var g grids
	if len(scores) == 0 {
		g.line("%s: no figures", of)
		return g.writeTo(w)
	}
	g.line("%s: %s of runs with and without a change, of %s", of, figure.Counted(scores[0].Pairs, "pair"),
		figure.Counted(scores[0].Bases, "net"))
	var rows []table.Row
	for _, s := range scores {
		rows = append(rows, table.Row{
			figure.Setting(s.Moment), s.Columns, figure.Score(s.R2), points(s.MAE),
			fmt.Sprintf("%s (%s…%s)", figure.Score(s.Rank.Mean), figure.Score(s.Rank.Low), figure.Score(s.Rank.High)),
			fmt.Sprintf("%s (%s…%s)", points(s.Regret.Mean), points(s.Regret.Low), points(s.Regret.High)),
			figure.Points(s.Bias), figure.Percent(s.Coverage), points(s.Width),
		})
	}
	g.table(table.Row{"trial, epochs", "columns", "R²", "mean absolute error", "rank correlation", "regret", "bias",
		"80 % interval covers", "its mean width"}, rows)
	g.line("Errors, regret, bias and width are in percentage points of test accuracy; " +
		"brackets are 95 %% intervals over nets.")
	g.line("Rank correlation: of foretold and true gains among the edits of a net. " +
		"Regret: what the edit that is foretold to")
	g.line("be best gains less than the best one, or than leaving the net alone. Every figure is held-out: each pair was")
	g.line("foretold by a forest that never saw its net.")
	return g.writeTo(w)
}

// points writes a size in percentage points, which has no sign: 0.0213 as "2.1".
func points(v float64) string { return figure.Decimals(100*v, 1) }
