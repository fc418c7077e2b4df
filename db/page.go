package db

import (
	"context"
	"database/sql"
	"errors"

	"probewise/advisor"
)

// page selects records of a table, newest first.
type page struct {
	table      table
	conditions string
	args       []any
	limit      int
	after      string
}

func newPage(t table, state advisor.State, limit int, after string) page {
	p := page{table: t, conditions: "TRUE", limit: limit, after: after}
	p.equal("state", string(state))
	return p
}

// equal asks for the column's value, where the value is not "".
func (p *page) equal(column, value string) {
	if value != "" {
		p.conditions += " AND " + column + " = ?"
		p.args = append(p.args, value)
	}
}

// each runs the query that begins with the given SELECT. ErrNotFound says that there is no record to go on after.
func (p *page) each(ctx context.Context, tx *sql.Tx, selection string, row func(*sql.Rows) error) error {
	if p.after != "" {
		var created string
		err := tx.QueryRowContext(ctx, `SELECT created FROM `+string(p.table)+` WHERE id = ?`, p.after).Scan(&created)
		if errors.Is(err, sql.ErrNoRows) {
			return advisor.ErrNotFound
		}
		if err != nil {
			return err
		}
		p.conditions += " AND (created, id) < (?, ?)"
		p.args = append(p.args, created, p.after)
	}
	limit := p.limit
	if limit <= 0 {
		limit = -1 // all
	}
	rows, err := tx.QueryContext(ctx, selection+`WHERE `+p.conditions+` ORDER BY created DESC, id DESC LIMIT ?`,
		append(p.args, limit)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
