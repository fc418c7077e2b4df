package forest

import (
	"context"
	"fmt"
)

const (
	borutaCycles  = 20
	borutaTrees   = 100
	borutaClasses = 3 // quantile classes of the target that the library's forests separate
	borutaLeast   = 3 // columns; with fewer the library gives up
)

// confirm counts in how many of 20 cycles each column beat the best of all columns shuffled: Boruta (Kursa and
// Rudnicki, "Feature Selection with the Boruta Package", 2010), which tells columns that say something about the target
// from noise. The forests are the library's, over terciles of the target. A column that never varies has no hits. It
// cannot be interrupted half-way.
func (r *Related) confirm(ctx context.Context, t Table, seed int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	columns, _ := fitColumns(t)
	if len(columns) == 0 {
		return nil
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
		return fmt.Errorf("select columns: %w", err)
	}
	for j, c := range columns {
		r.Relations[c.source].Hits = hits[j+1] // after the guard column
	}
	return nil
}
