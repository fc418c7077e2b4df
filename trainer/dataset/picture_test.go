package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"io"
	"strings"
	"testing"

	"golang.org/x/image/tiff"
)

// render decodes one file to the given size, or to its own where that is 0; channels as the file has them.
func render(t *testing.T, name, content string, height, width int, fit string) (picture, []byte) {
	t.Helper()
	var d decoder
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }
	p := picture{entry: entry{name, "", open}}
	must(t, d.scan(&p))
	if p.problem != "" {
		return p, nil
	}
	if height == 0 {
		height, width = p.header.size()
	}
	channels := 3
	if p.header.gray {
		channels = 1
	}
	dst := make([]byte, channels*height*width)
	must(t, d.decode(&p, height, width, channels, fit, dst))
	return p, dst
}

func TestPixelsOfEveryEncoding(t *testing.T) {
	deepGray, deepColour := image.NewGray16(image.Rect(0, 0, 2, 1)), image.NewNRGBA64(image.Rect(0, 0, 2, 1))
	deepGray.Set(0, 0, color.Gray16{0x12ff})
	deepGray.Set(1, 0, color.Gray16{0xfe01})
	deepColour.Set(0, 0, color.NRGBA64{0x12ff, 0x3401, 0x5680, 0xffff})
	deepColour.Set(1, 0, color.NRGBA64{0xffff, 0x0001, 0x8000, 0xffff})
	colours := color.Palette{color.NRGBA{9, 8, 7, 255}, color.NRGBA{200, 100, 50, 255}}
	indexed := image.NewPaletted(image.Rect(0, 0, 2, 1), colours)
	indexed.Pix = []byte{1, 0}
	glass := image.NewNRGBA(image.Rect(0, 0, 3, 1))
	glass.Set(0, 0, color.NRGBA{255, 0, 0, 0})
	glass.Set(1, 0, color.NRGBA{0, 0, 0, 51})
	glass.Set(2, 0, color.NRGBA{10, 20, 30, 255})
	var deflated bytes.Buffer
	must(t, tiff.Encode(&deflated, indexed, &tiff.Options{Compression: tiff.Deflate}))
	for _, c := range []struct {
		name, file string
		want       []byte
		deep       bool
	}{
		{"gray PNG of 16 bits", pngImage(deepGray), []byte{0x12, 0xfe}, true},
		{"colour PNG of 16 bits", pngImage(deepColour), []byte{0x12, 0xff, 0x34, 0, 0x56, 0x80}, true},
		{"PNG with a palette", pngImage(indexed), []byte{200, 9, 100, 8, 50, 7}, false},
		// Transparent, black over white at 51/255 = 0.2, opaque.
		{"transparent PNG", pngImage(glass), []byte{255, 204, 10, 255, 204, 20, 255, 204, 30}, false},
		{"BMP", bmpImage(indexed), []byte{200, 9, 100, 8, 50, 7}, false},
		{"TIFF", deflated.String(), []byte{200, 9, 100, 8, 50, 7}, false},
		{"WebP", webpOf(1, 2, color.NRGBA{1, 2, 3, 255}), []byte{1, 1, 2, 2, 3, 3}, false},
		{"transparent WebP", webpOf(1, 1, color.NRGBA{0, 0, 0, 51}), []byte{204, 204, 204}, false},
		{"the first frame of a GIF", animation(color.RGBA{255, 0, 51, 255}), []byte{255, 255, 255, 255, 255, 255, 255, 255,
			255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 51, 51, 255, 255, 51, 51}, false},
		{"gray JPEG", jpegImage(grayImage([]byte{77, 77}, []byte{77, 77})), []byte{77, 77, 77, 77}, false},
	} {
		p, got := render(t, "x.jpg", c.file, 0, 0, "") // names may lie
		if !bytes.Equal(got, c.want) || p.problem != "" || p.header.deep != c.deep {
			t.Errorf("%s: %v, want %v; %q, deep %v", c.name, got, c.want, p.problem, p.header.deep)
		}
	}
}

// Gray with transparency, colour type 4, is written by hand: Go's encoder has none.
func TestGrayWithTransparencyIsGray(t *testing.T) {
	file := []byte(pngImage(image.NewNRGBA(image.Rect(0, 0, 1, 1))))
	file[25] = 4
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	p, _ := render(t, "x.png", string(file), 0, 0, "")
	if !p.header.gray {
		t.Error("gray with transparency is taken for colour")
	}
}

func TestOrientation(t *testing.T) {
	// 1 2 3
	// 4 5 6   as it is stored; what is seen is in Exif 2.3, 4.6.4 A
	stored := pngImage(grayImage([]byte{1, 2, 3}, []byte{4, 5, 6}))
	for orientation, want := range map[uint16]string{
		1: "123/456", 2: "321/654", 3: "654/321", 4: "456/123",
		5: "14/25/36", 6: "41/52/63", 7: "63/52/41", 8: "36/25/14",
		0: "123/456", 9: "123/456",
	} {
		for _, big := range []bool{false, true} {
			p, got := render(t, "x.png", withExif(stored, exif(big, orientation)), 0, 0, "")
			_, width := p.header.size()
			text := ""
			for i, v := range got {
				if i > 0 && i%width == 0 {
					text += "/"
				}
				text += fmt.Sprint(v)
			}
			if text != want {
				t.Errorf("orientation %d, big endian %v: %s, want %s", orientation, big, text, want)
			}
		}
	}
}

func TestOrientationOfEveryEncoding(t *testing.T) {
	img := halves(8, 16, color.Black, color.White) // turned right (6), black is on top
	turned := exif(true, 6)
	var extended [10]byte
	extended[0], extended[4], extended[7] = 1<<3, 15, 7
	for name, file := range map[string]string{
		"jpeg": withExif(jpegImage(img), turned),
		"webp": riff("VP8X", extended[:], "VP8L", webpOf(8, 16, color.NRGBA{0, 0, 0, 255})[20:], "EXIF", turned),
		"webp with a mark": riff("VP8X", extended[:], "VP8L", webpOf(8, 16, color.NRGBA{0, 0, 0, 255})[20:],
			"EXIF", exifMark+turned),
	} {
		p, got := render(t, "x", file, 0, 0, "")
		if p.problem != "" || p.header.orientation != 6 {
			t.Errorf("%s: %q, orientation %d", name, p.problem, p.header.orientation)
			continue
		}
		if height, width := p.header.size(); height != 16 || width != 8 {
			t.Errorf("%s: %d×%d", name, height, width)
		}
		if name == "jpeg" && (got[0] > 5 || got[16*8-1] < 250) {
			t.Errorf("the turned JPEG begins with %d and ends with %d", got[0], got[16*8-1])
		}
	}
	if got := orientation("tiff", []byte(turned)); got != 6 {
		t.Errorf("tiff: orientation %d", got)
	}
	for name, metadata := range map[string]string{"none": "", "cut": turned[:12], "far": "II*\x00\xff\xff\xff\xff",
		"no TIFF": strings.Repeat("x", 40)} {
		if got := tiffOrientation([]byte(metadata)); got != upright {
			t.Errorf("%s: orientation %d", name, got)
		}
	}
}

func TestPlace(t *testing.T) {
	r := image.Rect
	for _, c := range []struct {
		from, to   image.Point
		fit        string
		cut, place image.Rectangle
	}{
		{image.Pt(100, 50), image.Pt(20, 20), FitCrop, r(25, 0, 75, 50), r(0, 0, 20, 20)},
		{image.Pt(50, 100), image.Pt(20, 20), "", r(0, 25, 50, 75), r(0, 0, 20, 20)},
		{image.Pt(100, 50), image.Pt(20, 20), FitLetterbox, r(0, 0, 100, 50), r(0, 5, 20, 15)},
		{image.Pt(50, 100), image.Pt(20, 20), FitLetterbox, r(0, 0, 50, 100), r(5, 0, 15, 20)},
		{image.Pt(10, 10), image.Pt(30, 15), FitCrop, r(0, 2, 10, 7), r(0, 0, 30, 15)},
		{image.Pt(40, 20), image.Pt(20, 10), FitLetterbox, r(0, 0, 40, 20), r(0, 0, 20, 10)},
		{image.Pt(4000, 1), image.Pt(8, 8), FitLetterbox, r(0, 0, 4000, 1), r(0, 3, 8, 4)},
		{image.Pt(4000, 1), image.Pt(8, 8), FitCrop, r(1999, 0, 2000, 1), r(0, 0, 8, 8)},
	} {
		if cut, place := place(c.from, c.to, c.fit); cut != c.cut || place != c.place {
			t.Errorf("%v in %v, %s: %v to %v, want %v to %v", c.from, c.to, c.fit, cut, place, c.cut, c.place)
		}
	}
}

func TestScaling(t *testing.T) {
	// A chessboard of single pixels becomes its mean, where sampling without a filter would give black or white.
	board := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range board.Pix {
		board.Pix[i] = byte(255 * ((i%64 + i/64) % 2))
	}
	_, small := render(t, "x", pngImage(board), 8, 8, FitCrop)
	for i, v := range small {
		if v < 122 || v > 133 {
			t.Fatalf("pixel %d of the chessboard is %d, want about 127", i, v)
		}
	}
	// Red, green, green, red: the middle half of a wide image is green.
	bands := halves(8, 32, color.RGBA{255, 0, 0, 255}, color.RGBA{255, 0, 0, 255})
	for y := range 8 {
		for x := 8; x < 24; x++ {
			bands.Set(x, y, color.RGBA{0, 255, 0, 255})
		}
	}
	_, cut := render(t, "x", pngImage(bands), 2, 4, FitCrop)
	for i, v := range cut {
		if want := []byte{0, 255, 0}[i/8]; v != want {
			t.Errorf("value %d of the cut image is %d, want %d", i, v, want)
		}
	}
	_, barred := render(t, "x", pngImage(halves(2, 8, color.White, color.White)), 4, 4, FitLetterbox)
	want := bytes.Repeat([]byte{0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0}, 3)
	if !bytes.Equal(barred, want) {
		t.Errorf("with bars %v, want %v", barred, want)
	}
	// Turned by Exif, the bars are left and right.
	_, turned := render(t, "x", withExif(pngImage(halves(2, 8, color.White, color.White)), exif(true, 6)), 4, 4,
		FitLetterbox)
	for i, v := range turned[:4] {
		if (v == 255) != (i == 2) {
			t.Errorf("turned, the first row is %v, want one white pixel, the third", turned[:4])
		}
	}
	// What shows through is white, the bars are black.
	_, transparent := render(t, "x", webpOf(2, 8, color.NRGBA{}), 4, 4, FitLetterbox)
	if !bytes.Equal(transparent, want) {
		t.Errorf("transparent with bars %v, want %v", transparent, want)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	photo := jpegOf(16, 16, color.White)
	bomb := []byte(bmpImage(image.NewGray(image.Rect(0, 0, 1, 1))))
	binary.LittleEndian.PutUint32(bomb[18:], 300_000_000)
	var extended [10]byte
	extended[5], extended[8] = 0x40, 0x40 // claims 16385×16385
	for _, c := range []struct{ name, file, says string }{
		{"x.png", "", "empty"},
		{"x.jpg", photo[:len(photo)/2], "cut off"},
		{"x.jpg", photo[:30], "cut off"},
		{"x.jpg", "<html>", "not a JPEG, PNG"},
		{"x.HEIC", "\x00\x00\x00\x18ftypheic", "HEIC is not read: convert it"},
		{"x.webp", riff("VP8X", extended[:]), "16385×16385 pixels: at most 100 million"},
		{"x.webp", webpOf(8, 8, color.NRGBA{})[:24], "cut off"},
		{"x.gif", "GIF89a\x00\x80\x01\x00\x00\x00\x00", "gif: reading frames"},
		{"x.bmp", string(bomb), "1×300000000"},
		{"x.png", claim(pngOf(true, 1), 30000, 30000), "30000×30000"},
		{"x.tif", "II*\x00\x08\x00\x00\x00\x00\x00", "tiff"},
	} {
		if p, _ := render(t, c.name, c.file, 0, 0, ""); !strings.Contains(p.problem, c.says) {
			t.Errorf("%s % .8x: %q, want %q", c.name, c.file, p.problem, c.says)
		}
	}
	if _, err := guarded(nil, func(io.Reader) (int, error) { panic("index out of range") }); err == nil ||
		!strings.Contains(err.Error(), "damaged: index out of range") {
		t.Errorf("a codec that panics: %v", err)
	}
}

// A photo of more than MaxSide pixels a side is scaled like any other.
func TestLargePhotosAreScaled(t *testing.T) {
	wide := halves(3, 5000, color.White, color.Black)
	f := files{"a/1.png": pngImage(wide), "a/2.jpg": jpegImage(halves(3, 5000, color.Black, color.White)),
		"b/1.png": pngOf(true, 1), "b/2.png": pngOf(true, 2)}
	m, d := f.addWith(t, Options{Height: 2, Width: 4, Fit: FitLetterbox})
	if m.Preparation.Widths != [2]int{1, 5000} || m.Preparation.Resized != 4 || d.ImageSize() != 24 {
		t.Errorf("%+v", m.Preparation)
	}
}
