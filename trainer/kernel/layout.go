package kernel

import "probewise/trainer"

// A layout says how an image lies in a worker's scratch so that assembly can read every window where it is: all pixels
// under one tap, for the positions of a whole plane, are one unbroken run of values.
//
// Planes get their zeros around them. With a stride each is split into phases, the pixels whose row and column give the
// same remainders, so that neighbours under a tap become neighbours in memory. Rows lie pitch values apart; the run
// crosses from row to row, and what it picks up in between is not a position of the output and is thrown away.
type layout struct {
	planes, h, w     int // of the image
	sh, sw           int
	top, left        int // zeros
	phasesH, phasesW int // that some tap sees
	rows, pitch      int // of a phase
}

func (l layout) plane() int { return l.rows * l.pitch }

// image is the length of the whole, with what the last vector reads after it.
func (l layout) image() int { return l.planes*l.phasesH*l.phasesW*l.plane() + l.left + maxLanes }

// offset is where the pixel lies that is row, col steps of the stride from a plane's first, in phase (row%sh, col%sw).
func (l layout) offset(plane, row, col int) int {
	phase := row%l.sh*l.phasesW + col%l.sw
	return (plane*l.phasesH*l.phasesW+phase)*l.plane() + row/l.sh*l.pitch + col/l.sw
}

// windowLayout is that of a convolution's input.
func windowLayout(g trainer.Window) layout {
	l := layout{
		planes:  g.C,
		h:       g.H,
		w:       g.W,
		sh:      g.SH,
		sw:      g.SW,
		top:     g.PT,
		left:    g.PL,
		phasesH: min(g.SH, g.KH),
		phasesW: min(g.SW, g.KW),
	}
	l.rows = g.OH + (g.KH-1)/g.SH
	if g.SW == 1 {
		l.pitch = sharedPitch(g.W, g.PL, g.OW-1+g.KW-1-g.PL-(g.W-1))
	} else {
		l.pitch = g.OW + (g.KW-1)/g.SW
	}
	return l
}

// sharedPitch lets the zeros to the left of a row be those to the right of the row before.
func sharedPitch(width, left, right int) int { return width + max(left, right) }

// gradLayout is that of a convolution's output gradient, for the data gradient: input row h = q·SH+phase−PT takes the
// output rows q, q−1, … q−(KH−1)/SH.
func gradLayout(g trainer.Window, f int) layout {
	l := layout{
		planes:  f,
		h:       g.OH,
		w:       g.OW,
		sh:      1,
		sw:      1,
		top:     (g.KH - 1) / g.SH,
		left:    (g.KW - 1) / g.SW,
		phasesH: 1,
		phasesW: 1,
	}
	l.rows = (g.H-1+g.PT)/g.SH + 1 + l.top
	l.pitch = sharedPitch(g.OW, l.left, (g.W-1+g.PL)/g.SW-(g.OW-1))
	return l
}

// fill copies an image to memory that is zero around it.
func (l layout) fill(e *engine, to, image []float32) {
	for plane := range l.planes {
		from := image[plane*l.h*l.w:][:l.h*l.w]
		for phase := range l.phasesH {
			first := phase - l.top%l.sh
			if first < 0 {
				first += l.sh // the first row of this phase
			}
			row := (first + l.top) / l.sh
			l.fillRows(e, to[l.offset(plane, phase, 0)+row*l.pitch:], from, first,
				min(l.rows-row, positions(l.h-1-first, l.sh)))
		}
	}
}

// fillRows copies the rows of one phase, from the given one on; to is where the phase of column 0 has its row.
func (l layout) fillRows(e *engine, to, from []float32, first, rows int) {
	if rows <= 0 {
		return
	}
	if l.sw == 1 {
		e.copyRows(rows, l.w, from[first*l.w:], l.sh*l.w, to[l.left:], l.pitch)
		return
	}
	for phase := range l.phasesW {
		start := phase - l.left%l.sw
		if start < 0 {
			start += l.sw // the first column of this phase
		}
		at := (start + l.left) / l.sw
		n := min(l.pitch-at, positions(l.w-1-start, l.sw))
		for row := range rows {
			line, pixels := to[phase*l.plane()+row*l.pitch+at:], from[(first+row*l.sh)*l.w:][:l.w]
			for i := range n {
				line[i] = pixels[start+i*l.sw]
			}
		}
	}
}
