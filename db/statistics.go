package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"probewise/trainer"
)

// numberColumns are the columns of layer_statistics that hold the catalogue's recorded statistics, named as they are.
var numberColumns = func() []string {
	var names []string
	for _, s := range trainer.Catalogue() {
		if s.Recorded() && !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}()

// columnsOf has the statistic of each tensor's rows in each of numberColumns; nil, and NULL in the row, where the
// tensor has none of the name.
var columnsOf = func() map[trainer.TensorKind][]*trainer.Statistic {
	columns := map[trainer.TensorKind][]*trainer.Statistic{}
	for _, tensor := range trainer.TensorKinds() {
		columns[tensor] = make([]*trainer.Statistic, len(numberColumns))
	}
	for _, s := range trainer.Catalogue() {
		if s.Recorded() {
			columns[s.Of][slices.Index(numberColumns, s.Name)] = s
		}
	}
	return columns
}()

// statisticsColumns are the columns of a row of layer_statistics: one row a record, layer and tensor.
var statisticsColumns = "record, position, tensor, layer, layer_type, histogram, " + strings.Join(numberColumns, ", ")

// readStatistics returns the layer statistics of the records whose ids the query selects, by record, in layer order.
func readStatistics(ctx context.Context, tx *sql.Tx, ids string, args ...any) (
	map[int64][]trainer.LayerStatistics, error,
) {
	rows, err := tx.QueryContext(ctx, `SELECT `+statisticsColumns+`
		FROM layer_statistics WHERE record IN (`+ids+`) ORDER BY record, position, tensor`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	layers := map[int64][]trainer.LayerStatistics{}
	for rows.Next() {
		var record int64
		var position int
		var tensor trainer.TensorKind
		var name string
		var kind trainer.LayerType
		var histogram []float32
		numbers := make([]trainer.Number, len(numberColumns))
		columns := []any{&record, &position, &tensor, &name, &kind, histogramColumn{&histogram}}
		for i := range numbers {
			columns = append(columns, numberColumn{&numbers[i]})
		}
		if err := rows.Scan(columns...); err != nil {
			return nil, err
		}
		if position == len(layers[record]) {
			layers[record] = append(layers[record], trainer.LayerStatistics{Layer: name, Type: kind})
		}
		if position != len(layers[record])-1 {
			return nil, fmt.Errorf("record %d: the statistics before layer %d are missing", record, position)
		}
		layer := &layers[record][position]
		layer.Of(tensor).Histogram = histogram
		for i, s := range columnsOf[tensor] {
			if s != nil {
				*s.Place(layer) = numbers[i]
			}
		}
	}
	return layers, rows.Err()
}
