package forest

import "slices"

// maxParameter bounds weights and leaves: accuracies lie in 0…1, so
// anything near it is damage, and sums stay finite below it.
const maxParameter = 1e9

func (m *Model) pack(p *packer) {
	p.integer(int64(len(m.names)))
	for _, name := range m.names {
		p.text(name)
	}
	o := m.options
	p.integer(o.Seed)
	p.integer(int64(o.Folds))
	p.integer(int64(o.Stages))
	for _, v := range []float64{o.Confidence, o.Rate, o.Share} {
		p.number(v)
	}
	m.full.pack(p)
	p.integer(int64(len(m.crossed.parts)))
	for _, e := range m.crossed.parts {
		e.pack(p)
	}
	p.number(m.crossed.spread)
	p.integer(int64(len(m.crossed.miss)))
	for i, miss := range m.crossed.miss {
		p.index(int32(m.crossed.fold[i]))
		p.number(miss)
		p.number(m.novelty.reference[i])
		for _, v := range m.novelty.rows[i] {
			p.number(v)
		}
	}
}

func unpackModel(payload []byte) (*Model, error) {
	u := &unpacker{data: payload}
	m := &Model{}
	for range u.count("names", 8) {
		m.names = append(m.names, u.text())
	}
	o := Options{Seed: u.integer(), Folds: int(u.integer()), Stages: int(u.integer())}
	o.Confidence, o.Rate, o.Share = u.number("confidence", 1), u.number("rate", 1), u.number("share", 1)
	m.options = o
	if complete, err := o.complete(); err != nil || complete != o {
		u.fail("options %+v", o)
	}
	m.full = u.estimator(len(m.names))
	for range u.count("folds", 8) {
		m.crossed.parts = append(m.crossed.parts, u.estimator(len(m.names)))
	}
	u.pastRuns(m)
	if len(u.data) > 0 {
		u.fail("%d bytes too many", len(u.data))
	}
	return m, u.err
}

// pastRuns reads what interval, R² and novelty need of every past run.
func (u *unpacker) pastRuns(m *Model) {
	if m.crossed.spread = u.number("spread", maxParameter); m.crossed.spread < 0 {
		u.fail("spread %g", m.crossed.spread)
	}
	width := len(m.full.columns)
	n := u.count("past runs", 20+8*width)
	if n < MinPastRuns {
		u.fail("%d past runs", n)
	}
	for range n {
		fold := int(u.index())
		if fold < 0 || fold >= len(m.crossed.parts) {
			u.fail("fold %d of %d", fold, len(m.crossed.parts))
		}
		m.crossed.fold = append(m.crossed.fold, fold)
		m.crossed.miss = append(m.crossed.miss, u.number("error", 1))
		m.novelty.reference = append(m.novelty.reference, u.number("distance", maxParameter))
		m.novelty.rows = append(m.novelty.rows, u.numbers("standardised feature", width, maxParameter))
	}
	if !slices.IsSorted(m.novelty.reference) {
		u.fail("distances out of order")
	}
}

func (e *estimator) pack(p *packer) {
	p.integer(int64(len(e.columns)))
	for _, c := range e.columns {
		p.index(int32(c.source))
		p.number(c.median)
		p.number(c.scale)
		p.flag(c.linear)
	}
	p.integer(int64(len(e.dropped)))
	for _, c := range e.dropped {
		p.index(int32(c.source))
		p.number(c.value)
	}
	p.number(e.reach.least)
	p.number(e.reach.most)
	p.number(e.ridge.intercept)
	p.integer(int64(len(e.ridge.weight)))
	for _, w := range e.ridge.weight {
		p.number(w)
	}
	p.integer(int64(len(e.trees.nodes)))
	for _, n := range e.trees.nodes {
		p.index(n.column)
		p.index(n.left)
		p.index(n.right)
		p.number(n.value)
	}
	p.integer(int64(len(e.trees.roots)))
	for _, r := range e.trees.roots {
		p.index(r)
	}
}

// estimator reads an estimator for rows of the given width, and checks that
// every index points where a walk may go.
func (u *unpacker) estimator(width int) *estimator {
	e := &estimator{}
	linear := 0
	for range u.count("columns", 21) {
		c := column{source: u.source(width), median: u.number("median", MaxMagnitude), scale: u.number("scale", MaxMagnitude), linear: u.flag()}
		if !(c.scale > 0) {
			u.fail("scale %g", c.scale)
		}
		if c.linear {
			linear++
		}
		e.columns = append(e.columns, c)
	}
	for range u.count("constants", 12) {
		e.dropped = append(e.dropped, constant{source: u.source(width), value: u.number("constant", MaxMagnitude)})
	}
	e.reach = reach{least: u.number("accuracy", 1), most: u.number("accuracy", 1)}
	if r := e.reach; r.least < 0 || r.least > r.most {
		u.fail("accuracies %g…%g", r.least, r.most)
	}
	e.ridge.intercept = u.number("intercept", maxParameter)
	if n := u.count("weights", 8); n == linear {
		e.ridge.weight = u.numbers("weight", n, maxParameter)
	} else {
		u.fail("%d weights for %d linear columns", n, linear)
	}
	u.trees(e)
	return e
}

func (u *unpacker) trees(e *estimator) {
	count := u.count("nodes", 20)
	for at := range count {
		n := node{column: u.index(), left: u.index(), right: u.index(), value: u.number("node", MaxMagnitude)}
		switch {
		case n.column == leaf:
			if !(n.value >= -maxParameter && n.value <= maxParameter) {
				u.fail("leaf %g", n.value)
			}
		case n.column < 0 || int(n.column) >= len(e.columns),
			int(n.left) <= at || int(n.left) >= count,
			int(n.right) <= at || int(n.right) >= count:
			u.fail("node %d leads astray", at)
		}
		e.trees.nodes = append(e.trees.nodes, n)
	}
	for range u.count("roots", 4) {
		root := u.index()
		if root < 0 || int(root) >= count {
			u.fail("root %d of %d nodes", root, count)
		}
		e.trees.roots = append(e.trees.roots, root)
	}
}

func (u *unpacker) source(width int) int {
	s := int(u.index())
	if s < 0 || s >= width {
		u.fail("column %d of %d", s, width)
	}
	return s
}

func (u *unpacker) numbers(what string, n int, limit float64) []float64 {
	if n > len(u.data)/8 {
		u.fail("payload cut short")
		return nil
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = u.number(what, limit)
	}
	return out
}
