package dataset

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/bmp"
)

func pngImage(img image.Image) string {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.String()
}

func bmpImage(img image.Image) string {
	var b bytes.Buffer
	if err := bmp.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.String()
}

// webpOf writes a lossless WebP of one colour (RFC 9649, section 3): each of the five prefix codes has one symbol, so
// that pixels take no bits at all.
func webpOf(height, width int, c color.NRGBA) string {
	var stream []byte
	used := 0
	bits := func(value, n int) {
		for i := range n {
			if used%8 == 0 {
				stream = append(stream, 0)
			}
			stream[used/8] |= byte(value>>i&1) << (used % 8)
			used++
		}
	}
	bits(0x2f, 8)
	bits(width-1, 14)
	bits(height-1, 14)
	bits(1, 1) // alpha is used
	bits(0, 3) // version
	bits(0, 3) // no transform, no colour cache, one group of codes
	for _, symbol := range []uint8{c.G, c.R, c.B, c.A, 0} {
		bits(0b101, 3) // a simple code of one symbol, which has eight bits
		bits(int(symbol), 8)
	}
	return riff("VP8L", stream)
}

// riff writes a WebP file of pairs of chunk names and contents.
func riff(name string, content []byte, more ...string) string {
	chunks := []byte("WEBP")
	chunk := func(name string, content []byte) {
		chunks = binary.LittleEndian.AppendUint32(append(chunks, name...), uint32(len(content)))
		if chunks = append(chunks, content...); len(content)%2 == 1 {
			chunks = append(chunks, 0)
		}
	}
	chunk(name, content)
	for i := 0; i < len(more); i += 2 {
		chunk(more[i], []byte(more[i+1]))
	}
	return string(append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(chunks))), chunks...))
}

// exif writes metadata with that orientation after another tag, in either byte order.
func exif(big bool, orientation uint16) string {
	var order binary.AppendByteOrder = binary.LittleEndian
	b := []byte("II")
	if big {
		order, b = binary.BigEndian, []byte("MM")
	}
	b = order.AppendUint32(order.AppendUint16(b, 42), 8)
	b = order.AppendUint16(b, 2)
	for _, e := range [][2]uint16{{0x010f, 7}, {0x0112, orientation}} {
		b = order.AppendUint16(order.AppendUint16(b, e[0]), 3)
		b = order.AppendUint16(order.AppendUint16(order.AppendUint32(b, 1), e[1]), 0)
	}
	return string(order.AppendUint32(b, 0))
}

// withExif puts metadata into a JPEG (behind another segment) or a PNG (in front of its pixels).
func withExif(file, metadata string) string {
	if file[0] == 0xff {
		segment := exifMark + metadata
		return file[:2] + "\xff\xfe\x00\x04hi" + "\xff\xe1" +
			string(binary.BigEndian.AppendUint16(nil, uint16(2+len(segment)))) + segment + file[2:]
	}
	const afterHeader = 33
	body := "eXIf" + metadata
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(metadata)))
	chunk = binary.BigEndian.AppendUint32(append(chunk, body...), crc32.ChecksumIEEE([]byte(body)))
	return file[:afterHeader] + string(chunk) + file[afterHeader:]
}

// grayImage has these rows.
func grayImage(rows ...[]byte) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, len(rows[0]), len(rows)))
	for y, row := range rows {
		copy(img.Pix[y*img.Stride:], row)
	}
	return img
}

// halves is an image of two colours, left and right.
func halves(height, width int, left, right color.Color) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, left)
			if x >= width/2 {
				img.Set(x, y, right)
			}
		}
	}
	return img
}

func jpegImage(img image.Image) string {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		panic(err)
	}
	return b.String()
}

// animation is a GIF of 4×2 pixels whose first frame covers the right half.
func animation(c color.Color) string {
	frame := func(r image.Rectangle, c color.Color) *image.Paletted {
		img := image.NewPaletted(r, palette.WebSafe)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				img.Set(x, y, c)
			}
		}
		return img
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{
		Image:  []*image.Paletted{frame(image.Rect(2, 0, 4, 2), c), frame(image.Rect(0, 0, 4, 2), color.Black)},
		Delay:  []int{1, 1},
		Config: image.Config{Width: 4, Height: 2},
	})
	if err != nil {
		panic(err)
	}
	return b.String()
}
