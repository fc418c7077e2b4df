package db

import (
	"context"
	"database/sql"

	"probewise/advisor"
)

// finishedWithKey selects succeeded full runs of a key: data set, images, epochs.
const finishedWithKey = `kind = 'full' AND state = 'succeeded' AND dataset = ? AND images = ? AND epochs = ?`

// PastRuns returns the succeeded full runs of the key, oldest first, with their records of epochs 0 to 5 and the last.
func (d *DB) PastRuns(ctx context.Context, key advisor.Key) ([]advisor.PastRun, error) {
	past := []advisor.PastRun{}
	err := d.read(ctx, "read the past runs of "+key.String(), func(tx *sql.Tx) error {
		records, err := readRecords(ctx, tx, `
			SELECT id FROM records AS r WHERE run IN (SELECT id FROM runs WHERE `+finishedWithKey+`)
			AND (epoch <= 5 OR epoch = (SELECT max(epoch) FROM records WHERE run = r.run))`, key.Dataset, key.Images, key.Epochs)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, selectRun+`WHERE `+finishedWithKey+` ORDER BY created, id`,
			key.Dataset, key.Images, key.Epochs)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r, err := scanRun(rows)
			if err != nil {
				return err
			}
			past = append(past, advisor.PastRun{
				Key:          r.Key(),
				DatasetID:    r.DatasetID,
				Architecture: r.Architecture,
				Seed:         r.Seed,
				Version:      r.Version,
				Outcome:      *r.Outcome,
				Records:      records[r.ID],
			})
		}
		return rows.Err()
	})
	return past, err
}
