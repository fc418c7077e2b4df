package report

import (
	"fmt"

	"probewise/advisor/figure"
	"probewise/trainer"
)

// epochs is the table of a run's learning curve: initialisation, whole epochs, and the last record. With test, the
// accuracy on the fixed test images too.
func (p *page) epochs(title string, records []trainer.EpochRecord, test bool) {
	p.heading(title)
	if len(records) == 0 {
		p.paragraph("  ", faint, "Nothing was recorded.")
		return
	}
	columns := []column{
		{title: "Epoch"}, {title: "Train\nloss"}, {title: "Train\naccuracy"}, {title: "Validation\nloss"},
		{title: "Validation\naccuracy"},
		{title: "Test\naccuracy", gone: !test}, {title: "Seconds"},
	}
	var rows [][]string
	for i, r := range records {
		if r.Epoch > 0 && !r.Whole() && i < len(records)-1 {
			continue
		}
		rows = append(rows, []string{figure.Setting(r.Epoch), figure.Share(r.TrainLoss), figure.Share(r.TrainAccuracy),
			figure.Share(r.ValidationLoss),
			figure.Share(r.ValidationAccuracy), figure.Share(r.TestAccuracy), figure.Decimals(r.Seconds, 1)})
	}
	p.table(columns, rows)
	if note := Normalised(records); note != "" {
		p.paragraph("  ", faint, note)
	}
	if note := Balanced(records); note != "" {
		p.paragraph("  ", plain, note)
	}
}

// Normalised says what the learning curve of a net with batch norm was evaluated with, where that is not what Keras
// evaluates with; "" where it is.
func Normalised(records []trainer.EpochRecord) string {
	batches, until := 0, 0.0
	for _, r := range records {
		if r.NormBatches > 0 {
			batches, until = r.NormBatches, r.Epoch
		}
	}
	if batches == 0 {
		return ""
	}
	of := "training batches"
	if batches == 1 {
		of = "training batch"
	}
	return fmt.Sprintf("Evaluated up to epoch %s with batch norm's statistics measured anew, on %s %s: the running "+
		"statistics of a young net still hold their start.", figure.Setting(until), figure.Count(batches), of)
}
