package db

import (
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"probewise/trainer"
)

// timeLayout has a fixed width, so that the order of the texts is the order of the times.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

func timeText(t time.Time) string { return t.UTC().Format(timeLayout) }

// timeColumn reads a time.
type timeColumn struct{ t *time.Time }

// Scan implements sql.Scanner.
func (c timeColumn) Scan(v any) error {
	text, _ := v.(string)
	t, err := time.Parse(timeLayout, text)
	if err != nil {
		return err
	}
	*c.t = t
	return nil
}

// optionalTimeColumn reads a time that may be NULL.
type optionalTimeColumn struct{ t **time.Time }

// Scan implements sql.Scanner.
func (c optionalTimeColumn) Scan(v any) error {
	*c.t = nil
	if v == nil {
		return nil
	}
	*c.t = new(time.Time)
	return timeColumn{*c.t}.Scan(v)
}

// numberValue is NULL for a missing number.
func numberValue(n trainer.Number) any {
	if !n.Known() {
		return nil
	}
	return float64(n)
}

// histogramValue is a blob with a float32 a bin, NULL for no histogram.
func histogramValue(shares []float32) any {
	if shares == nil {
		return nil
	}
	blob := make([]byte, 0, 4*len(shares))
	for _, share := range shares {
		blob = binary.LittleEndian.AppendUint32(blob, math.Float32bits(share))
	}
	return blob
}

// histogramColumn reads what histogramValue wrote.
type histogramColumn struct{ shares *[]float32 }

// Scan implements sql.Scanner.
func (c histogramColumn) Scan(v any) error {
	*c.shares = nil
	blob, ok := v.([]byte)
	if v != nil && (!ok || len(blob)%4 != 0) {
		return fmt.Errorf("%T is no histogram", v)
	}
	for ; len(blob) > 0; blob = blob[4:] {
		*c.shares = append(*c.shares, math.Float32frombits(binary.LittleEndian.Uint32(blob)))
	}
	return nil
}

// numberColumn reads NULL as trainer.Missing.
type numberColumn struct{ n *trainer.Number }

// Scan implements sql.Scanner.
func (c numberColumn) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*c.n = trainer.Missing
	case float64:
		*c.n = trainer.Number(v)
	default:
		return fmt.Errorf("%T is no number", v)
	}
	return nil
}

// jsonText is the value's JSON.
func jsonText(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// jsonColumn reads JSON into what v points to; NULL leaves it alone.
type jsonColumn struct{ v any }

// Scan implements sql.Scanner.
func (c jsonColumn) Scan(v any) error {
	if v == nil {
		return nil
	}
	text, _ := v.(string)
	return json.Unmarshal([]byte(text), c.v)
}

// seedColumn reads a seed.
type seedColumn struct{ seed *uint64 }

// Scan implements sql.Scanner.
func (c seedColumn) Scan(v any) (err error) {
	text, _ := v.(string)
	*c.seed, err = strconv.ParseUint(text, 10, 64)
	return err
}

// textOrNull is NULL for "".
func textOrNull(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }
