package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"probewise/advisor"
)

// leasedJob is a running job and the worker that has it.
type leasedJob struct {
	table  table
	id     string
	until  time.Time
	worker advisor.Worker
	lost   int  // leases before this one
	cancel bool // was asked for
}

// Recover takes back the running jobs whose lease has expired or whose worker is gone, and returns how many. They are
// queued again without the records of trainings that were cut short; finished trainings of advice stay. A job that
// has lost MaxLostLeases leases fails; one that was to be cancelled is. A nil gone goes by the leases alone.
func (d *DB) Recover(ctx context.Context, now time.Time, gone func(advisor.Worker) bool) (int, error) {
	taken := 0
	err := d.write(ctx, "recover jobs", func(tx *sql.Tx) error {
		for _, t := range []table{adviceTable, runTable} {
			jobs, err := leasedJobs(ctx, tx, t)
			if err != nil {
				return err
			}
			for _, j := range jobs {
				if j.until.After(now) && (gone == nil || !gone(j.worker)) {
					continue
				}
				reason := fmt.Sprintf("the last one was %s; the work may need more memory than there is", j.worker)
				if err := takeFromWorker(ctx, tx, j, reason); err != nil {
					return fmt.Errorf("%s %s: %w", t, j.id, err)
				}
				taken++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return taken, nil
}

func leasedJobs(ctx context.Context, tx *sql.Tx, t table) ([]leasedJob, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, lease_until, worker_host, worker_pid, worker_started, lost_leases,
			cancel_requested
		FROM `+string(t)+` WHERE state = 'running' AND lease_token IS NOT NULL ORDER BY created, id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var jobs []leasedJob
	for rows.Next() {
		j := leasedJob{table: t}
		w := &j.worker
		if err := rows.Scan(&j.id, timeColumn{&j.until}, &w.Host, &w.PID, &w.Started, &j.lost, &j.cancel); err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, rows.Err()
}

// takeFromWorker requeues a job that has lost its worker once more, or fails it with the reason of this time.
func takeFromWorker(ctx context.Context, tx *sql.Tx, j leasedJob, reason string) error {
	lost := j.lost + 1
	_, err := tx.ExecContext(ctx, `UPDATE `+string(j.table)+` SET lost_leases = ? WHERE id = ?`, lost, j.id)
	if err != nil {
		return err
	}
	if lost >= MaxLostLeases && !j.cancel {
		return finish(ctx, tx, j.table, j.id, advisor.Failed, fmt.Sprintf(
			"given up: %d workers in turn ended, stopped answering or lost their device during the work; %s", lost, reason))
	}
	return putBack(ctx, tx, j.table, j.id)
}
