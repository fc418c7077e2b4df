package report

import (
	"fmt"

	"probewise/advisor/analysis"
	"probewise/advisor/figure"
)

// CasesCaption is what CaseRow is about.
const CasesCaption = "How intervals fit the case, and how well runs that learn are told apart"

// CaseHeads are the heads of what CaseRow gives.
var CaseHeads = []string{"Probe epochs", "Lowest quarter covers", "2nd", "3rd", "Highest", "Runs that learn",
	"R² among them", "Kendall τ among them"}

// CaseRow says of a probe length, by quarter of the prediction, what 80 % intervals cover with their mean width, and
// how well the runs are told apart whose accuracy so far is at least half-way from the lowest to the highest.
func CaseRow(e analysis.CardEntry) []string {
	row := []string{figure.Setting(e.Epochs)}
	for _, q := range e.Quarters {
		row = append(row, fmt.Sprintf("%s (%s wide)", figure.Percent(q.Coverage80), figure.Share(q.Width80)))
	}
	for len(row) < 5 {
		row = append(row, figure.Absent)
	}
	if e.Trained.Runs == 0 {
		return append(row, figure.Absent, figure.Absent, figure.Absent)
	}
	return append(row, figure.Count(e.Trained.Runs), figure.Score(e.Trained.R2), figure.Score(e.Trained.Tau))
}
