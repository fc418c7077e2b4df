package forest

import "slices"

func (t *Transfer) pack(p *packer) {
	p.integer(int64(len(t.names)))
	for _, name := range t.names {
		p.text(name)
	}
	p.index(int32(t.current))
	p.integer(int64(t.runs))
	p.integer(int64(t.keys))
	p.number(t.centre)
	packColumns(p, t.columns)
	t.trees.pack(p)
	p.integer(int64(len(t.prior.mean)))
	for j, v := range t.prior.mean {
		p.number(v)
		p.number(t.prior.spread[j])
	}
	p.number(t.prior.noise)
	p.number(t.prior.runs)
	p.integer(int64(len(t.novelty.rows)))
	for i, row := range t.novelty.rows {
		p.number(t.novelty.reference[i])
		for _, v := range row {
			p.number(v)
		}
	}
}

func unpackTransfer(payload []byte) (*Transfer, error) {
	u := &unpacker{data: payload}
	t := &Transfer{}
	for range u.count("names", 8) {
		t.names = append(t.names, u.text())
	}
	if t.current = int(u.index()); t.current < -1 || t.current >= len(t.names) {
		u.fail("start %d of %d columns", t.current, len(t.names))
	}
	t.runs, t.keys = int(u.integer()), int(u.integer())
	if t.runs < MinPastRuns || t.keys < 1 {
		u.fail("%d runs of %d keys", t.runs, t.keys)
	}
	t.centre = u.number("centre", maxParameter)
	t.columns = u.columns(len(t.names))
	t.trees = u.trees(len(t.columns))
	want := 2
	if t.current >= 0 {
		want = 3
	}
	if n := u.count("weights", 16); n != want {
		u.fail("%d weights, want %d", n, want)
	}
	for range want {
		t.prior.mean = append(t.prior.mean, u.number("weight", maxParameter))
		t.prior.spread = append(t.prior.spread, u.number("spread", maxParameter))
	}
	if t.prior.noise = u.number("noise", maxParameter); !(t.prior.noise > 0) || slices.Min(t.prior.spread) <= 0 {
		u.fail("noise %g, spreads %v", t.prior.noise, t.prior.spread)
	}
	if t.prior.runs = u.number("runs of the prior", maxParameter); !(t.prior.runs > 0) {
		u.fail("prior of %g runs", t.prior.runs)
	}
	width := len(t.columns)
	for range u.count("past runs", 8+8*width) {
		t.novelty.reference = append(t.novelty.reference, u.number("distance", maxParameter))
		t.novelty.rows = append(t.novelty.rows, u.numbers("standardised feature", width, maxParameter))
	}
	if !slices.IsSorted(t.novelty.reference) || len(t.novelty.rows) == 0 {
		u.fail("distances of %d runs out of order", len(t.novelty.rows))
	}
	if len(u.data) > 0 {
		u.fail("%d bytes too many", len(u.data))
	}
	return t, u.err
}
