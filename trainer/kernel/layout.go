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

// image is the length of the whole, with what the last vector reads behind it.
func (l layout) image() int { return l.planes*l.phasesH*l.phasesW*l.plane() + l.left + maxLanes }

// offset is where the pixel lies that is row, col steps of the stride from a plane's first, in phase (row%sh, col%sw).
func (l layout) offset(plane, row, col int) int {
	phase := row%l.sh*l.phasesW + col%l.sw
	return (plane*l.phasesH*l.phasesW+phase)*l.plane() + row/l.sh*l.pitch + col/l.sw
}

// windowLayout is that of a convolution's input.
func windowLayout(g trainer.Window) layout {
	l := layout{planes: g.C, h: g.H, w: g.W, sh: g.SH, sw: g.SW, top: g.PT, left: g.PL, phasesH: min(g.SH, g.KH), phasesW: min(g.SW, g.KW)}
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
	l := layout{planes: f, h: g.OH, w: g.OW, sh: 1, sw: 1, top: (g.KH - 1) / g.SH, left: (g.KW - 1) / g.SW, phasesH: 1, phasesW: 1}
	l.rows = (g.H-1+g.PT)/g.SH + 1 + l.top
	l.pitch = sharedPitch(g.OW, l.left, (g.W-1+g.PL)/g.SW-(g.OW-1))
	return l
}

// fill copies an image to memory that is zero around it.
func (l layout) fill(to, image []float32) {
	for plane := range l.planes {
		for h := range l.h {
			row := h + l.top
			if row%l.sh >= l.phasesH || row/l.sh >= l.rows {
				continue // no tap sees it
			}
			from := image[(plane*l.h+h)*l.w:][:l.w]
			if l.sw == 1 {
				copy(to[l.offset(plane, row, l.left):], from)
				continue
			}
			for phase := range l.phasesW {
				first := (phase - l.left%l.sw + l.sw) % l.sw // the first pixel of this phase
				line := to[l.offset(plane, row, phase):][:l.pitch]
				for w, at := first, (first+l.left)/l.sw; w < l.w && at < l.pitch; w, at = w+l.sw, at+1 {
					line[at] = from[w]
				}
			}
		}
	}
}
