package kernel

import "probewise/trainer"

func (c *CPU) convDataGrad(o trainer.ConvDataGrad) {
	if c.engine == nil {
		c.each(o.N, convCost(o.Window, o.F), im2colDataGradPass)
		return
	}
	if c.slideBackward(o) {
		return
	}
	w := &c.conv
	w.source = gradLayout(o.Window, o.F)
	w.begin(min(o.SH, o.KH)*min(o.SW, o.KW), c)
	used := 0
	for phaseH := range o.SH {
		for phaseW := range o.SW {
			if phaseH >= o.KH || phaseW >= o.KW {
				w.empty = true // between the windows
				continue
			}
			w.sweeps[used].dataGrad(c.engine, w.source, o, phaseH, phaseW)
			used++
		}
	}
	w.measure(c.engine)
	c.each(len(w.sweeps)*c.engine.blocks(o.C), o.C*o.F*o.KH*o.KW, packTurnedPass)
	c.each(o.N, convCost(o.Window, o.F), sweepPass)
}

// dataGrad sets the sweep up for the pixels with (h+PT)%SH = phaseH and (w+PL)%SW = phaseW. They see the taps
// kh = phaseH + a·SH of every filter, from output row q−a where q = (h+PT)/SH.
func (s *convSweep) dataGrad(e *engine, l layout, o trainer.ConvDataGrad, phaseH, phaseW int) {
	firstH, firstW := (o.PT-phaseH+o.SH-1)/o.SH, (o.PL-phaseW+o.SW-1)/o.SW // the first q inside the image
	tapsH, tapsW := (o.KH-phaseH+o.SH-1)/o.SH, (o.KW-phaseW+o.SW-1)/o.SW
	*s = convSweep{
		planes:  o.C,
		taps:    o.F * tapsH * tapsW,
		panels:  s.panels,
		offsets: s.offsets[:0],
		rows:    positions(o.H-1+o.PT-phaseH, o.SH) - firstH,
		cols:    positions(o.W-1+o.PL-phaseW, o.SW) - firstW,
		h:       firstH*o.SH + phaseH - o.PT,
		w:       firstW*o.SW + phaseW - o.PL,
		sh:      o.SH,
		sw:      o.SW,
	}
	s.rows, s.cols = max(s.rows, 0), max(s.cols, 0)
	for f := range o.F {
		for a := range tapsH {
			for b := range tapsW {
				s.offsets = append(s.offsets, 4*l.offset(f, firstH+l.top-a, firstW+l.left-b))
			}
		}
	}
	s.panels = grow(s.panels, e.blocks(o.C)*e.rows*s.taps)
}

// positions counts the whole steps from 0 to last, 0 included; none where last is negative.
func positions(last, step int) int {
	if last < 0 {
		return 0
	}
	return last/step + 1
}

// packTurnedPass packs one tile's rows, which are channels, of one phase.
func packTurnedPass(c *CPU, task, _ int) {
	o, e := c.op.(trainer.ConvDataGrad), c.engine
	blocks := e.blocks(o.C)
	phase, first := task/blocks, task%blocks*e.rows
	phasesW := min(o.SW, o.KW)
	s, t := &c.conv.sweeps[phase], 0
	panel := s.panels[first*s.taps:][:e.rows*s.taps]
	for f := range o.F {
		for kh := phase / phasesW; kh < o.KH; kh += o.SH {
			for kw := phase % phasesW; kw < o.KW; kw += o.SW {
				for r := range e.rows {
					panel[t] = 0
					if first+r < o.C {
						panel[t] = c.in[0][((f*o.C+first+r)*o.KH+kh)*o.KW+kw]
					}
					t++
				}
			}
		}
	}
}
