package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"

	"probewise/advisor"
	"probewise/trainer"
)

// AppendRecord adds the next epoch record of a running run.
func (d *DB) AppendRecord(ctx context.Context, l advisor.Lease, run string, r trainer.EpochRecord) error {
	return d.write(ctx, fmt.Sprintf("append the record of epoch %g to run %s", r.Epoch, run), func(tx *sql.Tx) error {
		if err := checkRun(ctx, tx, l, run); err != nil {
			return err
		}
		if err := checkNext(ctx, tx, run, r); err != nil {
			return err
		}
		return insertRecord(ctx, tx, run, r)
	})
}

// checkNext refuses records that do not follow the run's last one.
func checkNext(ctx context.Context, tx *sql.Tx, run string, r trainer.EpochRecord) error {
	var state advisor.State
	var last sql.NullFloat64
	err := tx.QueryRowContext(ctx,
		`SELECT state, (SELECT max(epoch) FROM records WHERE run = runs.id) FROM runs WHERE id = ?`, run).
		Scan(&state, &last)
	switch {
	case err != nil:
		return err
	case state.Finished():
		return advisor.ErrFinished
	case state != advisor.Running:
		return fmt.Errorf("the run is %s and not running", state)
	case math.IsNaN(r.Epoch) || math.IsInf(r.Epoch, 0) || r.Epoch < 0:
		return errors.New("the epoch is no number from 0 up")
	case math.IsNaN(r.Seconds) || math.IsInf(r.Seconds, 0):
		return errors.New("the seconds are no finite number")
	case last.Valid && r.Epoch <= last.Float64:
		return fmt.Errorf("the run already has a record of epoch %g", last.Float64)
	}
	return nil
}

func insertRecord(ctx context.Context, tx *sql.Tx, run string, r trainer.EpochRecord) error {
	var byClass any
	if r.ValidationByClass != nil {
		text, err := jsonText(r.ValidationByClass)
		if err != nil {
			return err
		}
		byClass = text
	}
	result, err := tx.ExecContext(ctx, `
		INSERT INTO records (run, epoch, learning_rate, train_loss, train_accuracy, validation_loss, validation_accuracy,
			test_loss, test_accuracy, validation_by_class, norm_batches, seconds)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		run, r.Epoch, numberValue(r.LearningRate), numberValue(r.TrainLoss), numberValue(r.TrainAccuracy),
		numberValue(r.ValidationLoss), numberValue(r.ValidationAccuracy), numberValue(r.TestLoss),
		numberValue(r.TestAccuracy), byClass, r.NormBatches, r.Seconds)
	if err != nil {
		return err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO layer_statistics (`+statisticsColumns+`)
		VALUES (?`+strings.Repeat(", ?", strings.Count(statisticsColumns, ","))+`)`)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }() // the transaction closes it as well
	for i := range r.Layers {
		layer := &r.Layers[i]
		for _, tensor := range trainer.TensorKinds() {
			values := []any{id, i, tensor, layer.Layer, layer.Type, histogramValue(layer.Of(tensor).Histogram)}
			for _, s := range columnsOf[tensor] {
				if s == nil {
					values = append(values, nil)
				} else {
					values = append(values, numberValue(s.At(layer)))
				}
			}
			if _, err := insert.ExecContext(ctx, values...); err != nil {
				return fmt.Errorf("layer %s: %w", layer.Layer, err)
			}
		}
	}
	return nil
}

// Records returns a run's records in order of their epochs, with the statistics in layer order. A run that is unknown
// gives advisor.ErrNotFound.
func (d *DB) Records(ctx context.Context, run string) ([]trainer.EpochRecord, error) {
	var records []trainer.EpochRecord
	err := d.read(ctx, "read the records of run "+run, func(tx *sql.Tx) error {
		var exists bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM runs WHERE id = ?)`, run).Scan(&exists); err != nil {
			return err
		}
		if !exists {
			return advisor.ErrNotFound
		}
		byRun, err := readRecords(ctx, tx, `SELECT id FROM records WHERE run = ?`, run)
		records = byRun[run]
		return err
	})
	if err != nil {
		return nil, err
	}
	if records == nil {
		records = []trainer.EpochRecord{}
	}
	return records, nil
}

// readRecords returns the records whose ids the query selects, by run, in order of their epochs.
func readRecords(ctx context.Context, tx *sql.Tx, ids string, args ...any) (map[string][]trainer.EpochRecord, error) {
	layers, err := readStatistics(ctx, tx, ids, args...)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT id, run, epoch, learning_rate, train_loss, train_accuracy, validation_loss, validation_accuracy, test_loss,
			test_accuracy, validation_by_class, norm_batches, seconds
		FROM records WHERE id IN (`+ids+`) ORDER BY run, epoch`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	records := map[string][]trainer.EpochRecord{}
	for rows.Next() {
		var id int64
		var run string
		var r trainer.EpochRecord
		if err := rows.Scan(&id, &run, &r.Epoch, numberColumn{&r.LearningRate}, numberColumn{&r.TrainLoss},
			numberColumn{&r.TrainAccuracy}, numberColumn{&r.ValidationLoss}, numberColumn{&r.ValidationAccuracy},
			numberColumn{&r.TestLoss}, numberColumn{&r.TestAccuracy},
			jsonColumn{&r.ValidationByClass}, &r.NormBatches, &r.Seconds); err != nil {
			return nil, err
		}
		if r.Layers = layers[id]; r.Layers == nil {
			r.Layers = []trainer.LayerStatistics{}
		}
		records[run] = append(records[run], r)
	}
	return records, rows.Err()
}
