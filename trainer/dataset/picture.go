package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"path"
	"strings"
)

// maxFile bounds one compressed image, so that a small archive cannot fill the memory with one member.
const maxFile = 256 << 20

type pictureShape struct{ height, width, channels int }

// kind names the colours for people.
func (s pictureShape) kind() string {
	if s.channels == 1 {
		return "gray"
	}
	return "colour"
}

// format says by the file's name how it is encoded: "jpeg", "png" or "".
func format(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg":
		return "jpeg"
	case ".png":
		return "png"
	}
	return ""
}

// folderFormat names what the pictures are encoded as, since JPEG loses a little.
func folderFormat(pictures []picture) string {
	seen := map[string]bool{}
	for _, p := range pictures {
		seen[format(p.name)] = true
	}
	switch {
	case len(seen) > 1:
		return "image-folder (jpeg, png)"
	case seen["jpeg"]:
		return "image-folder (jpeg)"
	}
	return "image-folder (png)"
}

// decoder is the scratch space of one goroutine.
type decoder struct {
	file   bytes.Buffer
	colour *image.RGBA
	gray   *image.Gray
}

// shape reads no more than the header.
func (p picture) shape() (pictureShape, error) {
	r, err := p.open()
	if err != nil {
		return pictureShape{}, fmt.Errorf("%s: %w", p.name, err)
	}
	defer r.Close()
	return p.shapeFrom(r)
}

func (p picture) shapeFrom(r io.Reader) (pictureShape, error) {
	config := jpeg.DecodeConfig
	if format(p.name) == "png" {
		config = png.DecodeConfig
	}
	c, err := config(r)
	if err != nil {
		return pictureShape{}, badInput(p.name, "%v", err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > MaxSide || c.Height > MaxSide {
		return pictureShape{}, badInput(p.name,
			"%d×%d pixels: at most %d×%d are taken", c.Height, c.Width, MaxSide, MaxSide)
	}
	s := pictureShape{c.Height, c.Width, 3}
	if c.ColorModel == color.GrayModel || c.ColorModel == color.Gray16Model {
		s.channels = 1
	}
	return s, nil
}

// decode writes the pixels of p into dst as planes. It must have the shape of the first picture.
func (d *decoder) decode(p picture, want pictureShape, first string, dst []byte) error {
	if err := d.load(p); err != nil {
		return err
	}
	// The header comes first: decoding takes the memory that it claims.
	got, err := p.shapeFrom(bytes.NewReader(d.file.Bytes()))
	if err != nil {
		return err
	}
	if got.height != want.height || got.width != want.width {
		return badInput(p.name, "%d×%d pixels, but %s has %d×%d: all images must have one size", got.height, got.width,
			first, want.height, want.width)
	}
	if got.channels != want.channels {
		return badInput(p.name, "a %s image, but %s is %s", got.kind(), first, want.kind())
	}
	decode := jpeg.Decode
	if format(p.name) == "png" {
		decode = png.Decode
	}
	img, err := decode(&d.file)
	if err != nil {
		return badInput(p.name, "%v", err)
	}
	if o, ok := img.(interface{ Opaque() bool }); ok && !o.Opaque() {
		return badInput(p.name, "has transparent pixels: what is below them is unknown")
	}
	d.planes(img, got, dst)
	return nil
}

func (d *decoder) load(p picture) error {
	r, err := p.open()
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	defer r.Close()
	d.file.Reset()
	n, err := d.file.ReadFrom(io.LimitReader(r, maxFile+1))
	if err != nil {
		return readFailure(p.name, err)
	}
	if n > maxFile {
		return badInput(p.name, "more than %d MiB", maxFile>>20)
	}
	return nil
}

func (d *decoder) planes(img image.Image, s pictureShape, dst []byte) {
	size := image.Rect(0, 0, s.width, s.height)
	if s.channels == 1 {
		if d.gray == nil {
			d.gray = image.NewGray(size)
		}
		draw.Draw(d.gray, size, img, img.Bounds().Min, draw.Src)
		copy(dst, d.gray.Pix)
		return
	}
	if d.colour == nil {
		d.colour = image.NewRGBA(size)
	}
	draw.Draw(d.colour, size, img, img.Bounds().Min, draw.Src)
	plane := s.height * s.width
	for i := range plane {
		rgba := d.colour.Pix[4*i : 4*i+3 : 4*i+3]
		dst[i], dst[plane+i], dst[2*plane+i] = rgba[0], rgba[1], rgba[2]
	}
}
