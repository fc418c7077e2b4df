package forest

func (b blend) pack(p *packer) {
	for _, w := range b {
		p.number(w)
	}
}

func (u *unpacker) blend() (b blend) {
	for a := range b {
		if b[a] = u.number("weight of a member", 1); b[a] < 0 {
			u.fail("weight of a member %g", b[a])
		}
	}
	return b
}

func (e *estimator) pack(p *packer) {
	packColumns(p, e.columns)
	p.integer(int64(len(e.dropped)))
	for _, c := range e.dropped {
		p.index(int32(c.source))
		p.number(c.value)
	}
	p.number(e.clip.least)
	p.number(e.clip.most)
	p.index(int32(e.start))
	e.curve.pack(p)
	e.whole.pack(p)
	e.kernel.pack(p)
	for a, active := range e.active {
		p.flag(active)
		e.trees[a].pack(p)
	}
}

func packColumns(p *packer, columns []column) {
	p.integer(int64(len(columns)))
	for _, c := range columns {
		p.index(int32(c.source))
		for _, v := range []float64{c.median, c.scale, c.middle, c.width} {
			p.number(v)
		}
		p.flag(c.linear)
		p.flag(c.log)
	}
}

func (r ridge) pack(p *packer) {
	p.number(r.intercept)
	p.number(r.start)
	p.integer(int64(len(r.weight)))
	for _, w := range r.weight {
		p.number(w)
	}
}

func (k kernel) pack(p *packer) {
	for _, v := range []float64{k.centre, k.length, k.linear} {
		p.number(v)
	}
	p.integer(int64(len(k.rows)))
	for i, row := range k.rows {
		p.number(k.factor[i])
		for _, v := range row {
			p.number(v)
		}
	}
}

func (t trees) pack(p *packer) {
	p.integer(int64(len(t.nodes)))
	for _, n := range t.nodes {
		p.index(n.column)
		p.index(n.left)
		p.index(n.right)
		p.number(n.value)
	}
	p.integer(int64(len(t.roots)))
	for _, r := range t.roots {
		p.index(r)
	}
}

// estimator reads an estimator for rows of the given width, and checks that every index points where a walk may go.
func (u *unpacker) estimator(width int) *estimator {
	e := &estimator{}
	e.columns = u.columns(width)
	linear := 0
	for _, c := range e.columns {
		if c.linear {
			linear++
		}
	}
	for range u.count("constants", 12) {
		e.dropped = append(e.dropped, constant{source: u.source(width), value: u.number("constant", MaxMagnitude)})
	}
	e.clip = clip{least: u.number("accuracy", 1), most: u.number("accuracy", 1)}
	if r := e.clip; r.least < 0 || r.least > r.most {
		u.fail("accuracies %g…%g", r.least, r.most)
	}
	if e.start = int(u.index()); e.start < -1 || e.start >= len(e.columns) {
		u.fail("start %d of %d columns", e.start, len(e.columns))
	}
	e.curve = u.ridge(linear)
	e.whole = u.ridge(len(e.columns))
	e.kernel = u.kernel(len(e.columns))
	for a := range e.active {
		e.active[a] = u.flag()
		e.trees[a] = u.trees(len(e.columns))
	}
	return e
}

func (u *unpacker) columns(width int) (all []column) {
	for range u.count("columns", 38) {
		all = append(all, u.column(width))
	}
	return all
}

func (u *unpacker) column(width int) column {
	c := column{source: u.source(width), median: u.number("median", MaxMagnitude), scale: u.number("scale", MaxMagnitude)}
	c.middle, c.width = u.number("middle", MaxMagnitude), u.number("width", MaxMagnitude)
	c.linear, c.log = u.flag(), u.flag()
	if !(c.scale > 0 && c.width > 0) {
		u.fail("scales %g and %g", c.scale, c.width)
	}
	return c
}

// ridge reads a linear model of the given number of columns, or of none.
func (u *unpacker) ridge(columns int) ridge {
	r := ridge{intercept: u.number("intercept", maxParameter), start: u.number("start", 1)}
	switch n := u.count("weights", 8); n {
	case 0:
	case columns:
		r.weight = u.numbers("weight", n, maxParameter)
	default:
		u.fail("%d weights for %d columns", n, columns)
	}
	return r
}

func (u *unpacker) kernel(columns int) kernel {
	k := kernel{
		centre: u.number("centre", maxParameter),
		length: u.number("length", maxParameter),
		linear: u.number("linear share", maxParameter),
	}
	if k.length < 0 || k.linear < 0 {
		u.fail("kernel of length %g, linear share %g", k.length, k.linear)
	}
	for range u.count("kernel rows", 8+8*columns) {
		k.factor = append(k.factor, u.number("factor", maxParameter))
		k.rows = append(k.rows, u.numbers("standardised feature", columns, clipAt))
	}
	if len(k.rows) > 0 && (columns == 0 || k.length < kernelLengths[0]) {
		u.fail("kernel of length %g over %d columns", k.length, columns)
	}
	return k
}

func (u *unpacker) trees(columns int) (t trees) {
	count := u.count("nodes", 20)
	for at := range count {
		n := node{column: u.index(), left: u.index(), right: u.index(), value: u.number("node", MaxMagnitude)}
		switch {
		case n.column == leaf:
			if !(n.value >= -maxParameter && n.value <= maxParameter) {
				u.fail("leaf %g", n.value)
			}
		case n.column < 0 || int(n.column) >= columns,
			int(n.left) <= at || int(n.left) >= count,
			int(n.right) <= at || int(n.right) >= count:
			u.fail("node %d leads astray", at)
		}
		t.nodes = append(t.nodes, n)
	}
	for range u.count("roots", 4) {
		root := u.index()
		if root < 0 || int(root) >= count {
			u.fail("root %d of %d nodes", root, count)
		}
		t.roots = append(t.roots, root)
	}
	return t
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
