package main

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"probewise/advisor/figure"
	"probewise/trainer"
)

//go:embed sets
var setFiles embed.FS

// The sets of a data set: advice is developed on the first, and judged on each of the others once.
const (
	devSet        = "dev"
	testSet       = "test"
	secondTestSet = "test2"
)

var setNames = []string{devSet, testSet, secondTestSet}

// Group says what is known of a net.
type Group string

// The groups. A flawed net learns and could do better, a sound one is as a good user would write it, a broken one stays
// at chance or diverges.
const (
	flawed Group = "flawed"
	sound  Group = "sound"
	broken Group = "broken"
)

// Net is a net of a frozen set.
type Net struct {
	File   string  `json:"file"`           // below sets: DATASET/SET/GROUP/NAME.json
	Flaw   string  `json:"flaw,omitempty"` // one phrase; none where the net is sound
	Cause  Cause   `json:"cause,omitempty"`
	Also   []Cause `json:"also,omitempty"` // further causes that are as true
	Origin string  `json:"origin"`         // "hand", or "sampled seed S index I" (corpus.Sample)
	SHA256 string  `json:"sha256"`         // of the file

	Architecture trainer.Architecture `json:"-"`
}

// part is one of the four parts of the file's name.
func (n Net) part(i int) string {
	if parts := strings.Split(n.File, "/"); len(parts) == 4 {
		return parts[i]
	}
	return ""
}

// Dataset is the name of the data set that the net is for.
func (n Net) Dataset() string { return n.part(0) }

// Set is one of setNames.
func (n Net) Set() string { return n.part(1) }

// Group is flawed, sound or broken.
func (n Net) Group() Group { return Group(n.part(2)) }

// allNets reads the manifest and its nets, and checks that no file has changed.
func allNets() ([]Net, error) {
	data, err := setFiles.ReadFile("sets/sets.json")
	if err != nil {
		return nil, err
	}
	var nets []Net
	if err := json.Unmarshal(data, &nets); err != nil {
		return nil, fmt.Errorf("sets.json: %w", err)
	}
	for i, n := range nets {
		if nets[i].Architecture, err = n.read(); err != nil {
			return nil, fmt.Errorf("set file %s: %w", n.File, err)
		}
	}
	return nets, nil
}

func (n Net) read() (trainer.Architecture, error) {
	data, err := setFiles.ReadFile(path.Join("sets", n.File))
	if err != nil {
		return trainer.Architecture{}, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != n.SHA256 {
		return trainer.Architecture{}, fmt.Errorf("its SHA-256 is %x, sets.json says %s: the sets are frozen", sum,
			n.SHA256)
	}
	parsed, err := trainer.Parse(data, trainer.ParseOptions{})
	return parsed.Architecture, err
}

// netsOf are the nets of one set in the order of the manifest.
func netsOf(dataset, set string) ([]Net, error) {
	all, err := allNets()
	if err != nil {
		return nil, err
	}
	var nets []Net
	for _, n := range all {
		if n.Dataset() == dataset && n.Set() == set {
			nets = append(nets, n)
		}
	}
	if len(nets) == 0 {
		return nil, fmt.Errorf("there is no set %q of data set %q; there are %s of fashion-mnist-sample and of cifar10", set,
			dataset, figure.List(setNames))
	}
	return nets, nil
}
