package dataset

import (
	"bytes"
	"testing"

	"probewise/trainer"
)

func FuzzIDX(f *testing.F) {
	f.Add([]byte(idxFiles[idxTrainImages]))
	f.Add([]byte(idxFiles[idxTestLabels]))
	f.Add([]byte(idx(nil, 1<<31, 4096, 4096)))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, rank := range []int{1, 3} {
			shape, data, err := readIDX("fuzz", bytes.NewReader(content), rank)
			if err != nil {
				continue
			}
			total := 1
			for _, n := range shape {
				total *= n
			}
			if len(data) != total || !bytes.Equal(data, content[4+4*rank:]) {
				t.Errorf("shape %v, %d values from %d bytes", shape, len(data), len(content))
			}
		}
	})
}

// The file is content over and over, up to length: records are too long to be found byte by byte.
func FuzzCIFAR(f *testing.F) {
	const record = 2 + cifarPixels
	f.Add([]byte{0, 1, 2}, uint16(2*record))
	f.Add([]byte{0}, uint16(record))
	f.Add([]byte{255}, uint16(2*record+1))
	f.Fuzz(func(t *testing.T, content []byte, length uint16) {
		if len(content) == 0 {
			return
		}
		file := bytes.Repeat(content, int(length)/len(content)+1)[:length]
		var d trainer.Images
		err := readCIFAR("fuzz", bytes.NewReader(file), smallCIFAR, 2, &d)
		if whole := len(file) == 2*record && file[1] < 2 && file[record+1] < 2; whole != (err == nil) {
			t.Fatalf("%d bytes: %v", len(file), err)
		}
		for i, label := range d.Labels {
			r := file[i*record : (i+1)*record]
			if byte(label) != r[1] || err == nil && !bytes.Equal(d.Pixels[i*cifarPixels:(i+1)*cifarPixels], r[2:]) {
				t.Errorf("image %d differs from its record", i)
			}
		}
	})
}
