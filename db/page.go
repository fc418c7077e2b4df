package db

import (
	"context"
	"database/sql"

	"probewise/advisor"
)

// page selects records, newest first.
type page struct {
	conditions string
	args       []any
	limit      int
	after      advisor.Place
}

func newPage(state advisor.State, limit int, after advisor.Place) page {
	p := page{conditions: "TRUE", limit: limit, after: after}
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

// each runs the query that begins with the given SELECT.
func (p *page) each(ctx context.Context, tx *sql.Tx, selection string, row func(*sql.Rows) error) error {
	if p.after != (advisor.Place{}) {
		p.conditions += " AND (created, id) < (?, ?)"
		p.args = append(p.args, timeText(p.after.Created), p.after.ID)
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
