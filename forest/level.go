package forest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// prior is what is known of a key's line before any run of its own: weights are normal about mean with the standard
// deviations spread, and errors about the line have the variance noise, known as well as from so many runs.
type prior struct {
	mean, spread []float64
	noise, runs  float64
}

// How far keys differ, in logits: of intercept, of the weight of the accuracy so far, of the growth that other keys let
// expect. Chosen on CIFAR-10 and Fashion-MNIST (docs/prediction.md).
const (
	interceptSpread = 0.8
	startSpread     = 0.3
	growthSpread    = 0.5
	siblingSpread   = 0.4 // of the intercept, between keys of one data set
	priorRuns       = 8
)

// Without other keys: final accuracy is about what was reached, and little is known of how far.
const (
	aloneIntercept = 1.5
	aloneStart     = 0.5
	aloneNoise     = 0.06
	aloneRuns      = 1
)

// alone is the prior of a key that no other tells of.
func alone(current bool) prior {
	if !current {
		return prior{mean: []float64{0}, spread: []float64{aloneIntercept}, noise: 1, runs: aloneRuns}
	}
	return prior{mean: []float64{0, 1}, spread: []float64{aloneIntercept, aloneStart}, noise: aloneNoise,
		runs: aloneRuns}
}

// fitPrior fits the line that families of sources have in common, each with the same say, to rows of the basis whose
// growth was foretold without their family; y are logits. The noise is what is left about each family's own line.
func fitPrior(rows [][]float64, y []float64, source []int, sources int, current bool) prior {
	p := prior{mean: []float64{0, 1}, spread: []float64{interceptSpread, growthSpread}}
	if current {
		p = prior{mean: []float64{0, 1, 1}, spread: []float64{interceptSpread, startSpread, growthSpread}}
	}
	share := make([]float64, sources)
	for _, s := range source {
		share[s]++
	}
	weight := make([]float64, len(y))
	for i, s := range source {
		weight[i] = float64(len(y)) / float64(sources) / share[s]
	}
	common := solveLine(rows, y, weight, p, aloneNoise)
	var squares, n float64
	for s := range sources {
		own := slices.Clone(weight)
		for i := range own {
			if source[i] != s {
				own[i] = 0
			} else {
				own[i] = 1
			}
		}
		line := solveLine(rows, y, own, prior{mean: common.mean, spread: p.spread}, aloneNoise)
		for i := range rows {
			if source[i] == s {
				d := y[i] - dot(line.mean, rows[i])
				squares, n = squares+weight[i]*d*d, n+weight[i]
			}
		}
	}
	p.mean, p.noise, p.runs = common.mean, max(squares/n, 1e-4), priorRuns
	return p
}

// posterior is a line with the covariance of its weights.
type posterior struct {
	mean       []float64
	covariance *mat.SymDense
}

// solveLine is Bayesian linear regression with known noise (Bishop 2006, section 3.3); rows of weight 0 do not count.
func solveLine(rows [][]float64, y, weight []float64, p prior, noise float64) posterior {
	k := len(p.mean)
	precision, right := mat.NewSymDense(k, nil), mat.NewVecDense(k, nil)
	for j := range k {
		v := p.spread[j] * p.spread[j]
		precision.SetSym(j, j, 1/v)
		right.SetVec(j, p.mean[j]/v)
	}
	for i, row := range rows {
		if weight != nil && weight[i] == 0 {
			continue
		}
		w := 1 / noise
		if weight != nil {
			w *= weight[i]
		}
		z := mat.NewVecDense(k, row)
		precision.SymRankOne(precision, w, z)
		right.AddScaledVec(right, w*y[i], z)
	}
	var factor mat.Cholesky
	out := posterior{mean: slices.Clone(p.mean), covariance: mat.NewSymDense(k, nil)}
	if !factor.Factorize(precision) || factor.InverseTo(out.covariance) != nil { // the prior keeps it well-conditioned
		return out
	}
	m := mat.NewVecDense(k, nil)
	m.MulVec(out.covariance, right)
	for j := range k {
		out.mean[j] = m.AtVec(j)
	}
	return out
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// Level predicts where a key has few runs of its own, or none: a line in the logit of the accuracy so far and in the
// growth that other keys let expect, whose weights are learnt from the own runs and before them from other keys
// (hierarchical Bayesian regression; Gelman et al. 2013, chapter 15). Fitting takes no time worth keeping.
type Level struct {
	transfer *Transfer // nil: no other keys
	names    []string
	current  int
	line     posterior
	noise    float64
	freedom  float64 // degrees of freedom of noise
	runs     int     // own
	siblings int     // runs of other keys of the data set
	r2       float64 // of own runs, each left out
	o        Options
}

// FitLevel fits on the runs of a key, which may be none, and of siblings, other keys of its data set. transfer may be
// nil. The tables have the same columns.
func FitLevel(own Table, siblings []Table, transfer *Transfer, o Options) (*Level, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	l := &Level{transfer: transfer, names: slices.Clone(own.Names), current: own.reached(), o: o}
	if transfer != nil && !slices.Equal(transfer.names, own.Names) {
		return nil, fmt.Errorf("%w: other columns than the other keys have", ErrBadTable)
	}
	p := alone(l.current >= 0)
	if transfer != nil {
		p = transfer.prior
	}
	own0 := len(own.Y)
	var rows [][]float64
	var y []float64
	for k, t := range append([]Table{own}, siblings...) {
		for i, row := range t.X {
			if len(row) != len(own.Names) {
				return nil, &ShapeError{Part: "row", Row: i, Got: len(row), Want: len(own.Names), kind: ErrBadTable}
			}
			z := append(l.basis(row), make([]float64, len(siblings))...)
			if k > 0 {
				z[len(p.mean)+k-1] = 1
			}
			rows, y = append(rows, z), append(y, logit(t.Y[i]))
		}
	}
	l.runs, l.siblings = own0, len(y)-own0
	p.mean, p.spread = slices.Clone(p.mean), slices.Clone(p.spread)
	for range siblings {
		p.mean, p.spread = append(p.mean, 0), append(p.spread, siblingSpread)
	}
	l.fit(rows, y, p)
	l.leaveOut(rows[:own0], y[:own0], own.Y)
	return l, nil
}

// fit learns weights and noise in turn.
func (l *Level) fit(rows [][]float64, y []float64, p prior) {
	l.noise, l.freedom = p.noise, p.runs+float64(len(y))
	for range 5 {
		l.line = solveLine(rows, y, nil, p, l.noise)
		squares := p.runs * p.noise
		for i, row := range rows {
			d := y[i] - dot(l.line.mean, row)
			squares += d*d + l.doubt(row)
		}
		l.noise = squares / l.freedom
	}
}

// doubt is the variance of the line at a row.
func (l *Level) doubt(row []float64) float64 {
	z := mat.NewVecDense(len(row), row)
	return mat.Inner(z, l.line.covariance, z)
}

// leaveOut works out R² of own runs, each predicted without itself: for a linear model with known noise, from the
// residual and the leverage (Allen 1974).
func (l *Level) leaveOut(rows [][]float64, y, accuracy []float64) {
	if len(rows) < minLevel {
		return
	}
	left := make([]float64, len(rows))
	for i, row := range rows {
		fitted := dot(l.line.mean, row)
		leverage := min(l.doubt(row)/l.noise, 0.99)
		left[i] = sigmoid(y[i] - (y[i]-fitted)/(1-leverage))
	}
	l.r2 = r2(accuracy, func(i int) float64 { return left[i] })
	if math.IsNaN(l.r2) || math.IsInf(l.r2, 0) { // all reached the same
		l.r2 = 0
	}
}

// minLevel is the number of own runs from which on a level counts as known.
const minLevel = 5

func (l *Level) basis(row []float64) []float64 {
	if l.transfer != nil {
		return l.transfer.basis(row)
	}
	if l.current < 0 {
		return []float64{1}
	}
	start := 0.0
	if v := row[l.current]; !math.IsNaN(v) {
		start = logit(v)
	}
	return []float64{1, start}
}

// Known says whether there are enough own runs, or runs of the same data set, that the level of a prediction means
// something; else only the order of predictions does.
func (l *Level) Known() bool { return l.runs+l.siblings >= minLevel }

// ID is the SHA-256, in hexadecimal, of all that a prediction rests on.
func (l *Level) ID() string {
	var p packer
	for _, v := range append(slices.Clone(l.line.mean), l.line.covariance.RawSymmetric().Data...) {
		p.number(v)
	}
	p.number(l.noise)
	p.number(l.freedom)
	if l.transfer != nil {
		l.transfer.pack(&p)
	}
	sum := sha256.Sum256(framed(levelMagic, p))
	return hex.EncodeToString(sum[:])
}

// R2 is that of the own runs, each predicted without itself; 0 where there are too few of them.
func (l *Level) R2() float64 { return l.r2 }

// Predict gives the prediction for one feature vector, NaN meaning missing. The error unwraps to ErrBadQuery.
func (l *Level) Predict(x []float64) (Prediction, error) {
	if len(x) != len(l.names) {
		return Prediction{}, &ShapeError{Part: "feature vector", Row: -1, Got: len(x), Want: len(l.names), kind: ErrBadQuery}
	}
	if err := checkRow(x, l.names, -1, ErrBadQuery); err != nil {
		return Prediction{}, err
	}
	z := l.basis(x)
	z = append(z, make([]float64, len(l.line.mean)-len(z))...)
	centre := dot(l.line.mean, z)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: l.freedom}
	half := t.Quantile((1+l.o.Confidence)/2) * math.Sqrt(l.noise+l.doubt(z))
	p := Prediction{
		Mean:       sigmoid(centre),
		Low:        sigmoid(centre - half),
		High:       sigmoid(centre + half),
		Confidence: l.o.Confidence,
		PastRuns:   l.runs,
	}
	if l.transfer != nil {
		p.Novelty = l.transfer.novelty.rank(compress(l.transfer.columns, fill(l.transfer.columns, x, nil), nil))
	}
	switch {
	case !l.Known():
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s of this data set: predictions put networks in order, but the "+
			"level rests on other data sets; from %d runs on it is known", fullRuns(l.runs+l.siblings), minLevel))
	case l.runs < minLevel:
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s of this length; the level rests on %d of the data set at others",
			fullRuns(l.runs), l.siblings))
	}
	return p, nil
}

func fullRuns(n int) string {
	if n == 1 {
		return "1 full run"
	}
	return fmt.Sprintf("%d full runs", n)
}
