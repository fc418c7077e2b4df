package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"

	"golang.org/x/image/draw"
)

// maxFile bounds one compressed image, so that a small archive cannot fill the memory with one member.
const maxFile = 256 << 20

// picture is one image: a file of its own, or a row of a table or array.
type picture struct {
	entry
	path    []string // PART/CLASS/FILE or CLASS/FILE, without folders that wrap all images; nil where it is a row
	part    string   // what it is for, as it is spelt; "": not said
	row     int      // place in an album that keeps its order
	values  []byte   // pixels of a raster, as it says; nil: a file that has to be decoded
	raster  *raster
	test    bool
	class   int
	at      int // place among the pixels, before they are rearranged
	header  header
	problem string   // why it cannot be read; "": it can
	hash    [32]byte // SHA-256 of the pixels in the data set
	clear   bool     // has transparent pixels
}

// header is what is known of an image before its pixels.
type header struct {
	codec         codec
	height, width int // as it is stored
	orientation   int
	gray, deep    bool // deep: 16 bits a value
}

// size of the image as it is to be looked at.
func (h header) size() (height, width int) {
	if swaps(h.orientation) {
		return h.width, h.height
	}
	return h.height, h.width
}

// decoder is the scratch space of one goroutine.
type decoder struct {
	file   bytes.Buffer
	canvas *image.RGBA
}

// load reads the file. An error is one of the disk; what is wrong with the file is its problem.
func (d *decoder) load(p *picture) error {
	r, err := p.open()
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	defer r.Close()
	d.file.Reset()
	n, err := d.file.ReadFrom(io.LimitReader(r, maxFile+1))
	if err != nil {
		return p.blame(readFailure(p.name, err))
	}
	if n > maxFile {
		p.problem = fmt.Sprintf("more than %d MiB", maxFile>>20)
	}
	return nil
}

// blame keeps what is wrong with the file as its problem, and returns any other error.
func (p *picture) blame(err error) error {
	if input := new(InputError); errors.As(err, &input) {
		p.problem = input.Problem
		return nil
	}
	return err
}

// scan reads the header: decoding takes the memory that it claims, so its size is checked before.
func (d *decoder) scan(p *picture) error {
	if p.raster != nil {
		p.header = header{height: p.raster.height, width: p.raster.width, orientation: upright,
			gray: p.raster.channels == 1}
		return nil
	}
	if err := d.load(p); err != nil || p.problem != "" {
		return err
	}
	content := d.file.Bytes()
	c, err := codecOf(p.name, content)
	if err != nil {
		return p.blame(&InputError{Problem: err.Error()})
	}
	config, err := guarded(content, c.config)
	if err != nil {
		return p.blame(&InputError{Problem: err.Error()})
	}
	if config.Width < 1 || config.Height < 1 || config.Width > MaxPixels/config.Height {
		p.problem = fmt.Sprintf("%d×%d pixels: at most %d million are taken", config.Height, config.Width,
			MaxPixels/1_000_000)
		return nil
	}
	p.header = header{codec: c, height: config.Height, width: config.Width, orientation: orientation(c.name, content)}
	switch config.ColorModel {
	case color.GrayModel:
		p.header.gray = true
	case color.Gray16Model:
		p.header.gray, p.header.deep = true, true
	case color.RGBA64Model, color.NRGBA64Model:
		p.header.deep = true
	}
	const colourType = 25 // its place in a PNG file, and that of gray with transparency
	if c.name == "png" && content[colourType] == 4 {
		p.header.gray = true
	}
	return nil
}

// read decodes the image after a scan.
func (d *decoder) read(p *picture) (image.Image, error) {
	if p.raster != nil {
		img := p.raster.image(p.values)
		p.clear = p.raster.channels == 4 && !img.(*image.NRGBA).Opaque()
		return img, nil
	}
	if err := d.load(p); err != nil || p.problem != "" {
		return nil, err
	}
	img, err := guarded(d.file.Bytes(), p.header.codec.decode)
	if err != nil {
		return nil, p.blame(&InputError{Problem: err.Error()})
	}
	stored := image.Rect(0, 0, p.header.width, p.header.height)
	if img.Bounds() != stored { // the first frame of an animation may cover a part
		frame := image.NewRGBA(stored)
		draw.Draw(frame, img.Bounds(), img, img.Bounds().Min, draw.Src)
		img = frame
	}
	if o, ok := img.(interface{ Opaque() bool }); ok {
		p.clear = !o.Opaque()
	}
	return img, nil
}

// decode writes the pixels of p into dst as planes of that height and width.
func (d *decoder) decode(p *picture, height, width, channels int, fit string, dst []byte) error {
	img, err := d.read(p)
	if err != nil || p.problem != "" {
		return err
	}
	if swaps(p.header.orientation) {
		height, width = width, height
	}
	size := image.Rect(0, 0, width, height)
	if d.canvas == nil || d.canvas.Rect != size {
		d.canvas = image.NewRGBA(size)
	}
	from, to := place(img.Bounds().Size(), size.Size(), fit)
	if to != size {
		draw.Draw(d.canvas, size, image.Black, image.Point{}, draw.Src)
	}
	operator := draw.Src
	if p.clear { // what is drawn to be seen on a page is seen on white
		draw.Draw(d.canvas, to, image.White, image.Point{}, draw.Src)
		operator = draw.Over
	}
	if from.Size() == to.Size() {
		draw.Draw(d.canvas, to, img, from.Min, operator)
	} else {
		draw.CatmullRom.Scale(d.canvas, to, img, from, operator, nil)
	}
	planes(turn(d.canvas, p.header.orientation), channels, dst)
	return nil
}

// place says which part of an image goes where in one of another size, so that it is not distorted. With FitLetterbox
// all of it goes to a part, otherwise a part, the middle one, fills all.
func place(from, to image.Point, fit string) (source, target image.Rectangle) {
	source, target = image.Rectangle{Max: from}, image.Rectangle{Max: to}
	inner, outer := from, to // a rectangle of outer's shape is laid inside inner
	if fit == FitLetterbox {
		inner, outer = to, from
	}
	size := inner
	if inner.X*outer.Y > inner.Y*outer.X {
		size.X = max(1, (2*inner.Y*outer.X+outer.Y)/(2*outer.Y)) // rounded
	} else {
		size.Y = max(1, (2*inner.X*outer.Y+outer.X)/(2*outer.X))
	}
	middle := image.Rectangle{Max: size}.Add(inner.Sub(size).Div(2))
	if fit == FitLetterbox {
		return source, middle
	}
	return middle, target
}

// planes writes an image as one plane a channel. A gray image has the same value in all of them.
func planes(img *image.RGBA, channels int, dst []byte) {
	plane := len(img.Pix) / 4
	for i := range plane {
		for c := range channels {
			dst[c*plane+i] = img.Pix[4*i+c]
		}
	}
}
