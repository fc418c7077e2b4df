package kernel

// A frame is an image with the channels of each pixel side by side, and zeros around it.
type frame struct {
	channels, h, w int // of the image
	depth          int // of a pixel: the channels, and zeros that fill whole vectors
	rows, cols     int
	top, left      int // zeros before the image, which may be cut off on all sides
}

func (f frame) row() int            { return f.cols * f.depth }
func (f frame) size() int           { return f.rows * f.row() }
func (f frame) at(row, col int) int { return row*f.row() + col*f.depth }

// whole says whether the rows fill vectors and keep all their pixels. Others leave vectors half empty, so that the
// plane is turned at once, and copied.
func (f frame) whole() bool { return f.w%half == 0 && f.left >= 0 && f.left+f.w <= f.cols }

// scratch is the number of values that lay needs beside the frame.
func (f frame) scratch() int {
	if f.whole() {
		return 0
	}
	return f.h * f.w * f.depth
}

// lay lays an image (channels, h, w) out.
func (f frame) lay(e *engine, to, scratch, image []float32) {
	to = to[:f.size()]
	if f.rows != f.h || f.cols != f.w || f.depth != f.channels || f.top != 0 || f.left != 0 {
		clear(to)
	}
	first, end := max(0, -f.left), min(f.w, f.cols-f.left)
	if first >= end {
		return
	}
	plane := f.h * f.w
	whole := f.whole()
	if !whole {
		if f.depth != f.channels {
			clear(scratch[:f.scratch()])
		}
		e.turn(scratch, f.depth, image, plane, f.channels, plane)
	}
	for row := max(0, -f.top); row < min(f.h, f.rows-f.top); row++ {
		line := to[f.at(row+f.top, first+f.left):]
		if whole {
			e.turn(line, f.depth, image[row*f.w:], plane, f.channels, f.w)
		} else {
			copy(line[:(end-first)*f.depth], scratch[(row*f.w+first)*f.depth:])
		}
	}
}
