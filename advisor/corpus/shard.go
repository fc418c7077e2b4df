package corpus

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"probewise/advisor"
	"probewise/trainer"
)

// suffix of shard files.
const suffix = ".jsonl.gz"

// Entry is one run of a shard.
type Entry struct {
	Seed  uint64 `json:"corpus_seed"` // of Sample
	Index int    `json:"index"`       // of Sample
	// Edit is 0 for a sampled architecture, from 1 for an edit of it: a pair is an edit and the edit 0 of its index.
	Edit     int      `json:"edit,omitempty"`
	Settings []string `json:"settings,omitempty"` // of knobs, that the edit consists of
	advisor.PastRun
}

// Append adds a run to the shard file, which is created if need be. When Append returns nil, the run is on disk.
func Append(file string, e Entry) (err error) {
	e.PastRun = compact(e.PastRun, e.Edit == 0 && e.Index < histogramRuns)
	if e.Edit > 0 {
		e.Records = slices.DeleteFunc(e.Records, between)
	}
	var member bytes.Buffer
	w, err := gzip.NewWriterLevel(&member, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(w).Encode(e); err != nil {
		return fmt.Errorf("encode run %d: %w", e.Index, err)
	}
	if err := w.Close(); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("open the shard: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(member.Bytes()); err != nil {
		return fmt.Errorf("append to the shard: %w", err)
	}
	return f.Sync()
}

// Repair cuts off what a write that was interrupted left at the end of the shard. A missing file is fine; any other
// damage is an error, and nothing is changed.
func Repair(file string) error {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("read the shard: %w", err)
	}
	_, good, err := decode(data)
	switch {
	case err == nil:
		return nil
	case interrupted(data[good:], err):
		return os.Truncate(file, int64(good))
	}
	return fmt.Errorf("shard %s: damaged after byte %d: %w", file, good, err)
}

// interrupted says whether what is left of a shard is the beginning of one member and no more.
func interrupted(rest []byte, err error) bool {
	header := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff} // what gzip.Writer begins a member with
	return errors.Is(err, io.ErrUnexpectedEOF) && (len(rest) == 0 || !bytes.Contains(rest[1:], header))
}

// Read returns the runs of all shards in the folder, in the order of their names. A run that is cut off at the end of a
// shard (it is being written, or its write was interrupted) is left out; other damage is an error.
func Read(folder fs.FS) ([]Entry, error) {
	files, err := fs.Glob(folder, "*"+suffix)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, name := range files {
		data, err := fs.ReadFile(folder, name)
		if err != nil {
			return entries, fmt.Errorf("read the shard: %w", err)
		}
		more, good, err := decode(data)
		entries = append(entries, more...)
		if err != nil && !interrupted(data[good:], err) {
			return entries, fmt.Errorf("shard %s: damaged after byte %d: %w", path.Base(name), good, err)
		}
	}
	return entries, nil
}

// decode reads the members; good is the end of the last whole one.
func decode(data []byte) (entries []Entry, good int, err error) {
	input := bytes.NewReader(data)
	source := bufio.NewReader(input)
	for {
		if _, err := source.Peek(1); errors.Is(err, io.EOF) {
			return entries, good, nil
		}
		z, err := gzip.NewReader(source)
		if err != nil {
			return entries, good, err
		}
		z.Multistream(false)
		line, err := io.ReadAll(z)
		if err != nil {
			return entries, good, err
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return entries, good, err
		}
		entries = append(entries, e)
		good = len(data) - input.Len() - source.Buffered()
	}
}

// FileName names the shard of a key and seed.
func FileName(k advisor.Key, seed uint64) string {
	return fmt.Sprintf("%s-%dx%d-seed%d%s", strings.ReplaceAll(k.Dataset, "/", "_"), k.Images, k.Epochs, seed, suffix)
}

// histogramRuns is how many runs of a seed keep their histograms, which are most of a record.
const histogramRuns = 20

// compact keeps the records of epochs 0 to 5 and the last, at three significant digits.
func compact(p advisor.PastRun, histograms bool) advisor.PastRun {
	var kept []trainer.EpochRecord
	for i, r := range p.Records {
		if r.Epoch <= 5 || i == len(p.Records)-1 {
			kept = append(kept, shorten(r, histograms))
		}
	}
	p.Records = kept
	return p
}

// between are the records that edits go without: probes of the other lengths are what a search looks at.
func between(r trainer.EpochRecord) bool {
	switch r.Epoch {
	case 0.25, 0.5, 1, 2, 3:
		return false
	}
	return r.Epoch <= 5
}

func shorten(r trainer.EpochRecord, histograms bool) trainer.EpochRecord {
	for _, n := range []*trainer.Number{
		&r.TrainLoss, &r.TrainAccuracy, &r.ValidationLoss, &r.ValidationAccuracy,
		&r.TestLoss, &r.TestAccuracy, &r.LearningRate,
	} {
		*n = threeDigits(*n)
	}
	r.Seconds = float64(threeDigits(trainer.Number(r.Seconds)))
	r.ValidationByClass = nil // the outcome's say enough of a corpus
	layers := make([]trainer.LayerStatistics, len(r.Layers))
	for i, l := range r.Layers {
		for _, s := range trainer.Catalogue() {
			if s.Recorded() {
				*s.Place(&l) = threeDigits(s.At(&l))
			}
		}
		for _, kind := range trainer.TensorKinds() {
			s := l.Of(kind)
			if !histograms {
				s.Histogram = nil
			}
			s.Histogram = slices.Clone(s.Histogram)
			for i, share := range s.Histogram {
				s.Histogram[i] = float32(digits(float64(share), 3))
			}
		}
		layers[i] = l
	}
	r.Layers = layers
	return r
}

func threeDigits(n trainer.Number) trainer.Number { return trainer.Number(digits(float64(n), 3)) }

// digits rounds x to n significant decimal digits; NaN and infinities stay.
func digits(x float64, n int) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', n, 64), 64)
	if err != nil {
		return x
	}
	return rounded
}
