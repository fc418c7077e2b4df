package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/trainer"
)

// The tensors that statistics are kept of.
const (
	weights     = "weights"
	gradients   = "gradients"
	activations = "activations"
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
	err := tx.QueryRowContext(ctx, `SELECT state, (SELECT max(epoch) FROM records WHERE run = runs.id) FROM runs WHERE id = ?`, run).
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
	result, err := tx.ExecContext(ctx, `
		INSERT INTO records (run, epoch, learning_rate, train_loss, train_accuracy, validation_loss, validation_accuracy,
			test_loss, test_accuracy, seconds)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		run, r.Epoch, numberValue(r.LearningRate), numberValue(r.TrainLoss), numberValue(r.TrainAccuracy),
		numberValue(r.ValidationLoss), numberValue(r.ValidationAccuracy), numberValue(r.TestLoss), numberValue(r.TestAccuracy), r.Seconds)
	if err != nil {
		return err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, `
		INSERT INTO layer_statistics (record, position, tensor, layer, layer_type, mean, variance, max_abs, share_below,
			share_zero, l2_norm, kurtosis, q01, q50, q99, histogram, dead_units, update_ratio, gradient_noise)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }() // the transaction closes it as well
	for i, layer := range r.Layers {
		for _, t := range []struct {
			tensor              string
			s                   trainer.Statistics
			dead, update, noise trainer.Number
		}{
			{weights, layer.Weights, trainer.Missing, layer.UpdateRatio, trainer.Missing},
			{gradients, layer.Gradients, trainer.Missing, trainer.Missing, layer.GradientNoise},
			{activations, layer.Activations, layer.DeadUnits, trainer.Missing, trainer.Missing},
		} {
			values := []any{id, i, t.tensor, layer.Layer, layer.Type}
			for _, n := range t.s.Numbers() {
				values = append(values, numberValue(*n))
			}
			values = append(values, histogramValue(t.s.Histogram), numberValue(t.dead), numberValue(t.update), numberValue(t.noise))
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
			test_accuracy, seconds
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
			numberColumn{&r.TestLoss}, numberColumn{&r.TestAccuracy}, &r.Seconds); err != nil {
			return nil, err
		}
		if r.Layers = layers[id]; r.Layers == nil {
			r.Layers = []trainer.LayerStatistics{}
		}
		records[run] = append(records[run], r)
	}
	return records, rows.Err()
}

// readStatistics returns the layer statistics of the records whose ids the query selects, by record, in layer order.
func readStatistics(ctx context.Context, tx *sql.Tx, ids string, args ...any) (map[int64][]trainer.LayerStatistics, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT record, position, tensor, layer, layer_type, mean, variance, max_abs, share_below, share_zero, l2_norm, kurtosis, q01, q50, q99,
			histogram, dead_units, update_ratio, gradient_noise
		FROM layer_statistics WHERE record IN (`+ids+`) ORDER BY record, position, tensor`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	layers := map[int64][]trainer.LayerStatistics{}
	for rows.Next() {
		var record int64
		var position int
		var tensor, name string
		var kind trainer.LayerType
		var s trainer.Statistics
		var dead, update, noise trainer.Number
		columns := []any{&record, &position, &tensor, &name, &kind}
		for _, n := range s.Numbers() {
			columns = append(columns, numberColumn{n})
		}
		columns = append(columns, histogramColumn{&s.Histogram}, numberColumn{&dead}, numberColumn{&update}, numberColumn{&noise})
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
		switch tensor {
		case weights:
			layer.Weights, layer.UpdateRatio = s, update
		case gradients:
			layer.Gradients, layer.GradientNoise = s, noise
		case activations:
			layer.Activations, layer.DeadUnits = s, dead
		}
	}
	return layers, rows.Err()
}
