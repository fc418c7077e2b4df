package gain

import (
	"fmt"
	"os"
	"slices"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/trainer"
)

// Pair is a net and an edit of it, both trained in full with the same seed.
type Pair struct {
	Family   string   // names the base: its pairs are alike
	Settings []string // of knobs, that the edit consists of
	Base     advisor.PastRun
	Edited   advisor.PastRun
}

// Again says whether the pair is a net with itself, trained with another seed.
func (p Pair) Again() bool { return len(p.Settings) == 0 }

// Gain is what the edit gained in test accuracy.
func (p Pair) Gain() float64 { return reached(p.Edited) - reached(p.Base) }

// logits is the difference of the logits of test accuracy.
func (p Pair) logits() float64 { return logit(reached(p.Edited)) - logit(reached(p.Base)) }

// reached is the test accuracy of a run, or chance where it diverged.
func reached(r advisor.PastRun) float64 {
	if r.Outcome.Diverged {
		return 1 / float64(r.Architecture.Classes)
	}
	return float64(r.Outcome.TestAccuracy)
}

// Pairs puts edits and their bases together. Edits whose base is not there are left out, and the same run counts once.
func Pairs(entries []corpus.Entry) []Pair {
	type place struct {
		key         advisor.Key
		seed        uint64
		index, edit int
	}
	runs := map[place]corpus.Entry{}
	var edits []place
	for _, e := range entries {
		at := place{e.Key, e.Seed, e.Index, e.Edit}
		if _, there := runs[at]; !there && e.Edit > 0 {
			edits = append(edits, at)
		}
		runs[at] = e
	}
	var pairs []Pair
	for _, at := range edits {
		base, there := runs[place{at.key, at.seed, at.index, 0}]
		if !there {
			continue
		}
		pairs = append(pairs, Pair{
			Family:   fmt.Sprintf("%s seed %d base %d", at.key, at.seed, at.index),
			Settings: runs[at].Settings,
			Base:     base.PastRun,
			Edited:   runs[at].PastRun,
		})
	}
	return pairs
}

// Joined are the pairs that come with the program and those that the user has made.
type Joined struct {
	Folder string // of the user's shards
}

// Pairs reads them.
func (j Joined) Pairs() ([]Pair, error) {
	shipped, err := corpus.ShippedPairs()
	if err != nil {
		return nil, fmt.Errorf("read the shipped pairs: %w", err)
	}
	own, err := corpus.Read(os.DirFS(j.Folder))
	if err != nil {
		return nil, fmt.Errorf("read the pairs in %s: %w", j.Folder, err)
	}
	return Pairs(append(slices.Clip(shipped), own...)), nil
}

// ProbeEpochs is the longest probe that pairs begin with: of their edits, records of later epochs are not kept.
const ProbeEpochs = 3

func probe(r advisor.PastRun, epochs int) advisor.ProbeResult {
	var records []trainer.EpochRecord
	for _, record := range r.Records {
		if record.Epoch <= float64(epochs) {
			records = append(records, record)
		}
	}
	return advisor.ProbeResult{Architecture: r.Architecture, Epochs: epochs, Records: records, Outcome: r.Outcome}
}
