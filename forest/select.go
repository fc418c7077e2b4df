package forest

import "context"

const (
	borutaCycles  = 20
	borutaTrees   = 100
	borutaClasses = 3 // quantile classes of the target that the library's forests separate
	borutaLeast   = 3 // columns; with fewer the library gives up
	confirmedHits = 15
)

// Selected is what Boruta found out about one column.
type Selected struct {
	Name      string
	Hits      int  // cycles of 20 in which the column beat every shuffled one
	Confirmed bool // at least 15 hits
}

// Select tells columns that say something about the target from noise by
// Boruta (Kursa and Rudnicki, "Feature Selection with the Boruta Package",
// 2010): each column has to beat the best of all columns shuffled. The forests
// are the library's, over terciles of the target. Columns come in the order of
// the table; one that never varies has no hits. Like Fit it holds the global
// generator and belongs in a child process; it cannot be interrupted half-way.
func Select(ctx context.Context, t Table, seed int64) ([]Selected, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	columns, _ := fitColumns(t)
	selected := make([]Selected, len(t.Names))
	for j, name := range t.Names {
		selected[j].Name = name
	}
	if len(columns) == 0 {
		return selected, nil
	}
	filled := make([][]float64, len(t.X))
	for i, row := range t.X {
		filled[i] = fill(columns, row, nil)
		for len(filled[i])+1 < borutaLeast {
			filled[i] = append(filled[i], 0)
		}
	}
	class, _ := quantileClasses(t.Y, borutaClasses)
	hits, err := boruta(filled, class, seed)
	if err != nil {
		return nil, err
	}
	for j, c := range columns {
		s := &selected[c.source]
		s.Hits = hits[j+1] // behind the guard column
		s.Confirmed = s.Hits >= confirmedHits
	}
	return selected, nil
}
