package forest

import (
	"fmt"
	"math"
)

// Options of a fit. The zero value is the recommended one.
type Options struct {
	Seed       int64   // same table, options and seed: same model, bit for bit
	Confidence float64 // of the interval, 0 < c < 1; 0.8 if 0
	Folds      int     // cross-validation folds, at least 3; 10 if 0; never more than architectures
	Stages     int     // boosting stages; 130 if 0
	Rate       float64 // share of each tree that is added, 0 < r ≤ 1; 0.1 if 0
	Share      float64 // share of the columns tried per split, 0 < s ≤ 1; 1/2 if 0
	Only       string  // fit these members alone (Members), joined by "+" and blended; all of them if ""
}

const maxStages = 10_000

// complete fills the zero fields in and refuses impossible ones.
func (o Options) complete() (Options, error) {
	if o.Confidence == 0 {
		o.Confidence = 0.8
	}
	if o.Folds == 0 {
		o.Folds = 10
	}
	if o.Stages == 0 {
		o.Stages = 130
	}
	if o.Rate == 0 {
		o.Rate = 0.1
	}
	if o.Share == 0 {
		o.Share = 0.5
	}
	switch {
	case !(o.Confidence > 0 && o.Confidence < 1):
		return o, fmt.Errorf("%w: confidence %g, want 0 < confidence < 1", ErrBadOptions, o.Confidence)
	case o.Folds < minGroups:
		return o, fmt.Errorf("%w: %d folds, want at least %d", ErrBadOptions, o.Folds, minGroups)
	case o.Stages < 1 || o.Stages > maxStages:
		return o, fmt.Errorf("%w: %d stages, want 1…%d", ErrBadOptions, o.Stages, maxStages)
	case !(o.Rate > 0 && o.Rate <= 1):
		return o, fmt.Errorf("%w: rate %g, want 0 < rate ≤ 1", ErrBadOptions, o.Rate)
	case !(o.Share > 0 && o.Share <= 1):
		return o, fmt.Errorf("%w: share %g, want 0 < share ≤ 1", ErrBadOptions, o.Share)
	}
	return o, o.checkOnly()
}

// columnsPerSplit is the number of columns, the guard included, that one split looks at.
func (o Options) columnsPerSplit(columns int) int {
	return min(columns+1, max(4, int(math.Ceil(o.Share*float64(columns+1)))))
}
