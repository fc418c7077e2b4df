package dataset

import (
	"bytes"
	"encoding/binary"
	"image"
)

// upright is the orientation of an image whose rows are stored from top to bottom, and its columns from left to right.
const upright = 1

// orientation reads the tag Orientation (Exif 2.3, 4.6.4 A: 1 to 8) of a file's metadata; upright where there is none,
// or none that makes sense. Damage of metadata does not matter to pixels.
func orientation(codec string, content []byte) int {
	switch codec {
	case "jpeg":
		return tiffOrientation(jpegExif(content))
	case "png":
		return tiffOrientation(chunk(content, 8, "eXIf", true))
	case "webp":
		return tiffOrientation(bytes.TrimPrefix(chunk(content, 12, "EXIF", false), []byte(exifMark)))
	case "tiff":
		return tiffOrientation(content)
	}
	return upright
}

const exifMark = "Exif\x00\x00"

// jpegExif returns the Exif segment (APP1), which lies before the image.
func jpegExif(b []byte) []byte {
	for at := 2; at+4 <= len(b) && b[at] == 0xff; {
		marker, length := b[at+1], int(binary.BigEndian.Uint16(b[at+2:]))
		end := at + 2 + length
		if marker == 0xff { // fill byte
			at++
			continue
		}
		if marker == 0xda || length < 2 || end > len(b) {
			return nil
		}
		if body := b[at+4 : end]; marker == 0xe1 && bytes.HasPrefix(body, []byte(exifMark)) {
			return body[len(exifMark):]
		}
		at = end
	}
	return nil
}

// chunk returns the content of a chunk of PNG (length, name, content, checksum; big endian) or RIFF (name, length,
// content, padded to an even length; little endian).
func chunk(b []byte, at int, name string, isPNG bool) []byte {
	for at+8 <= len(b) {
		var got string
		var length, next int
		if isPNG {
			length, got = int(binary.BigEndian.Uint32(b[at:])), string(b[at+4:at+8])
			next = at + 8 + length + 4
		} else {
			got, length = string(b[at:at+4]), int(binary.LittleEndian.Uint32(b[at+4:]))
			next = at + 8 + length + length%2
		}
		if at+8+length > len(b) {
			return nil
		}
		if got == name {
			return b[at+8 : at+8+length]
		}
		at = next
	}
	return nil
}

// tiffOrientation looks through the first directory of TIFF metadata.
func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return upright
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	const tag, short, entry = 0x0112, 3, 12
	directory := int64(order.Uint32(b[4:]))
	if order.Uint16(b[2:]) != 42 || directory+2 > int64(len(b)) {
		return upright
	}
	entries := b[directory+2:]
	for range order.Uint16(b[directory:]) {
		if len(entries) < entry {
			return upright
		}
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return upright
		}
		entries = entries[entry:]
	}
	return upright
}

// swaps says whether an orientation makes rows of columns.
func swaps(orientation int) bool { return orientation >= 5 }

// turn returns the image as it is to be looked at.
func turn(img *image.RGBA, orientation int) *image.RGBA {
	if orientation == upright {
		return img
	}
	width, height := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	if swaps(orientation) {
		out = image.NewRGBA(image.Rect(0, 0, height, width))
	}
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			from := source(orientation, x, y, width, height)
			copy(out.Pix[out.PixOffset(x, y):][:4], img.Pix[img.PixOffset(from.X, from.Y):][:4])
		}
	}
	return out
}

// source says which stored pixel is seen at (x, y). Orientations name where the first stored row and column are seen:
// 2 top right, 3 bottom right, 4 bottom left, 5 left top, 6 right top, 7 right bottom, 8 left bottom.
func source(orientation, x, y, width, height int) image.Point {
	switch orientation {
	case 2:
		return image.Pt(width-1-x, y)
	case 3:
		return image.Pt(width-1-x, height-1-y)
	case 4:
		return image.Pt(x, height-1-y)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(y, height-1-x)
	case 7:
		return image.Pt(width-1-y, height-1-x)
	case 8:
		return image.Pt(width-1-y, x)
	}
	return image.Pt(x, y)
}
