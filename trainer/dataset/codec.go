package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"path"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// A codec reads one encoding of images. A file's first bytes say which, since names often do not.
type codec struct {
	name   string
	magic  string // '?' is any byte
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error) // of several frames the first
}

var codecs = []codec{
	{"jpeg", "\xff\xd8", jpeg.DecodeConfig, jpeg.Decode},
	{"png", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"webp", "RIFF????WEBP", webp.DecodeConfig, webp.Decode},
	{"gif", "GIF8", gif.DecodeConfig, gif.Decode},
	{"bmp", "BM", bmp.DecodeConfig, bmp.Decode},
	{"tiff", "II*\x00", tiff.DecodeConfig, tiff.Decode},
	{"tiff", "MM\x00*", tiff.DecodeConfig, tiff.Decode},
}

// codecNames is what codecs read, for people.
const codecNames = "JPEG, PNG, WebP, GIF, BMP or TIFF"

// imageNames are the endings of files that are taken for images. Those that no codec reads are true.
var imageNames = map[string]bool{
	".jpg": false, ".jpeg": false, ".jpe": false, ".jfif": false, ".png": false, ".webp": false, ".gif": false,
	".bmp": false, ".tif": false, ".tiff": false,
	".heic": true, ".heif": true, ".avif": true, ".jp2": true, ".jxl": true, ".svg": true, ".cr2": true, ".nef": true,
	".dng": true, ".arw": true, ".psd": true,
}

// isImage says by the file's name whether it is meant as an image.
func isImage(name string) bool {
	_, ok := imageNames[strings.ToLower(path.Ext(name))]
	return ok
}

// codecOf returns the codec of an image that is called name and begins with these bytes.
func codecOf(name string, content []byte) (codec, error) {
	for _, c := range codecs {
		if len(content) >= len(c.magic) && matches(c.magic, content) {
			return c, nil
		}
	}
	ending := strings.ToLower(path.Ext(name))
	switch {
	case len(content) == 0:
		return codec{}, errors.New("empty")
	case imageNames[ending]:
		return codec{}, fmt.Errorf("%s is not read: convert it to JPEG or PNG", strings.ToUpper(ending[1:]))
	}
	return codec{}, fmt.Errorf("not a %s image: begins with % x", codecNames, content[:min(len(content), 4)])
}

func matches(magic string, content []byte) bool {
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != content[i] {
			return false
		}
	}
	return true
}

// guarded calls a codec on a file that is not trusted. A panic in a codec is a fault of that file too: it must not end
// a service.
func guarded[T any](content []byte, call func(io.Reader) (T, error)) (value T, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("damaged: %v", fault)
		}
	}()
	value, err = call(bytes.NewReader(content))
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = fmt.Errorf("cut off: %w", err)
	}
	return value, err
}
