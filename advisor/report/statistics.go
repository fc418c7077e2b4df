package report

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"probewise/advisor/figure"
	"probewise/trainer"
)

// maxPoints bounds a sparkline's length.
const maxPoints = 16

// LongestName bounds a layer's name in a table.
const LongestName = 20

// statistics draws, for each layer with weights, how three statistics moved through the records.
func (p *page) statistics(records []trainer.EpochRecord) {
	if len(records) == 0 || len(records[0].Layers) == 0 {
		return
	}
	p.heading("Statistics, first → last record")
	shown := thin(records)
	var lines, ranges [][]string
	for _, l := range records[0].Layers {
		line, reach := []string{text.Snip(l.Layer, LongestName, "…")}, []string{""}
		for _, of := range tracked {
			line = append(line, Sparkline(series(shown, l.Layer, of)))
			reach = append(reach, ends(series(records, l.Layer, of)))
		}
		lines, ranges = append(lines, line), append(ranges, reach)
	}
	columns := []column{{title: "Layer", left: true}}
	for _, of := range tracked {
		columns = append(columns, column{title: figure.Capital(string(of.Of)) + "\n" + of.Title, left: true})
	}
	rows := join(lines, ranges, " ")
	if taken(columns, rows) > p.width {
		rows = join(lines, ranges, "\n")
	}
	p.table(columns, rows)
	p.paragraph("  ", faint,
		"Records: initialisation, quarters of epochs 1 to 3, then each epoch. Gradients are of the last training batch. "+
			"A line that spans more than 1000× has a logarithmic scale.")
}

// tracked statistics: the paper's most telling ones of each kind.
var tracked = []*trainer.Statistic{
	trainer.StatisticNamed("weight_variance"),
	trainer.StatisticNamed("gradient_l2_norm"),
	trainer.StatisticNamed("activation_variance"),
}

// thin leaves out the quarters of a long run, and then takes records at even distances, the first and the last among
// them.
func thin(records []trainer.EpochRecord) []trainer.EpochRecord {
	if len(records) > maxPoints {
		records = slices.DeleteFunc(slices.Clone(records),
			func(r trainer.EpochRecord) bool { return r.Epoch > 0 && !r.Whole() })
	}
	if len(records) <= maxPoints {
		return records
	}
	shown := make([]trainer.EpochRecord, maxPoints)
	for i := range shown {
		shown[i] = records[i*(len(records)-1)/(maxPoints-1)]
	}
	return shown
}

func series(records []trainer.EpochRecord, layer string, of *trainer.Statistic) []trainer.Number {
	values := make([]trainer.Number, len(records))
	for i, r := range records {
		values[i] = trainer.Missing
		for j := range r.Layers {
			if l := &r.Layers[j]; l.Layer == layer {
				values[i] = of.At(l)
			}
		}
	}
	return values
}

// ends writes the first and the last known value.
func ends(values []trainer.Number) string {
	known := slices.DeleteFunc(slices.Clone(values), func(v trainer.Number) bool { return !v.Known() })
	if len(known) == 0 {
		return figure.Absent
	}
	return figure.Significant(known[0]) + " → " + figure.Significant(known[len(known)-1])
}

// join puts each cell of b after (or under) the cell of a.
func join(a, b [][]string, between string) [][]string {
	rows := make([][]string, len(a))
	for i := range a {
		rows[i] = make([]string, len(a[i]))
		for j := range a[i] {
			rows[i][j] = strings.TrimRight(a[i][j]+between+b[i][j], " \n")
		}
	}
	return rows
}
