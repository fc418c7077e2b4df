package forest

import "slices"

// maxParameter bounds weights and leaves: accuracies lie in 0…1, so anything near it is damage, and sums stay finite
// below it.
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
	p.text(o.Only)
	m.full.pack(p)
	p.integer(int64(len(m.crossed.parts)))
	for f, e := range m.crossed.parts {
		e.pack(p)
		m.crossed.blends[f].pack(p)
	}
	m.crossed.whole.pack(p)
	p.number(m.crossed.spread)
	p.integer(int64(len(m.crossed.miss)))
	for i, miss := range m.crossed.miss {
		p.index(int32(m.crossed.fold[i]))
		p.number(miss)
		p.number(m.crossed.held[i])
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
	o.Only = u.text()
	m.options = o
	if complete, err := o.complete(); err != nil || complete != o {
		u.fail("options %+v", o)
	}
	m.full = u.estimator(len(m.names))
	for range u.count("folds", 8) {
		m.crossed.parts = append(m.crossed.parts, u.estimator(len(m.names)))
		m.crossed.blends = append(m.crossed.blends, u.blend())
	}
	m.crossed.whole = u.blend()
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
	n := u.count("past runs", 28+8*width)
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
		m.crossed.held = append(m.crossed.held, u.number("prediction", 1))
		m.novelty.reference = append(m.novelty.reference, u.number("distance", maxParameter))
		m.novelty.rows = append(m.novelty.rows, u.numbers("standardised feature", width, maxParameter))
	}
	m.crossed.expectErrors()
	if !slices.IsSorted(m.novelty.reference) {
		u.fail("distances out of order")
	}
}
