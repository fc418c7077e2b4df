package predict

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/forest"
)

// Card says how well the forest of a key predicts. Every figure is held-out.
type Card struct {
	Dataset  string      `json:"dataset"`
	PastRuns int         `json:"past_runs"`
	Images   int         `json:"images"`
	Epochs   int         `json:"epochs"`
	Probe    []CardEntry `json:"probe"`
	Reason   string      `json:"reason,omitempty"` // why there are no figures
}

// CardEntry is held-out, at one probe length.
type CardEntry struct {
	Epochs     float64 `json:"epochs"` // 0: the initial weights
	Runs       int     `json:"runs"`
	R2         float64 `json:"r2"`
	MAE        float64 `json:"mae"`
	Tau        float64 `json:"tau"` // Kendall's τ-b
	Coverage80 float64 `json:"coverage80"`
	Width80    float64 `json:"width80"`
}

// Cards are the model cards of a data set's keys: the one with the most past runs, and the others beside it.
type Cards struct {
	Card
	Others []Card `json:"others,omitempty"`
}

// probeLengths that a card shows, in epochs.
var probeLengths = []float64{0, 0.25, 0.5, 1, 2, 3, 5}

// Cards cross-validates the forests of all keys of a data set that have past runs. It takes seconds to minutes, unless
// the same past runs were scored before.
func (p *Predictor) Cards(ctx context.Context, dataset string, repeats int) (Cards, error) {
	counts, err := p.Past.Keys(ctx, dataset)
	if err != nil {
		return Cards{}, fmt.Errorf("count the past runs of %s: %w", dataset, err)
	}
	if len(counts) == 0 {
		return Cards{Card: Card{Dataset: dataset, Probe: []CardEntry{}, Reason: "no past runs"}}, nil
	}
	var cards []Card
	for k := range counts {
		c, err := p.card(ctx, k, repeats)
		if err != nil {
			return Cards{}, err
		}
		cards = append(cards, c)
	}
	slices.SortFunc(cards, func(x, y Card) int {
		if x.PastRuns != y.PastRuns {
			return y.PastRuns - x.PastRuns
		}
		return strings.Compare(fmt.Sprint(x.Images, x.Epochs), fmt.Sprint(y.Images, y.Epochs))
	})
	return Cards{cards[0], cards[1:]}, nil
}

func (p *Predictor) card(ctx context.Context, k advisor.Key, repeats int) (Card, error) {
	s, err := p.snapshot(ctx, k)
	if err != nil {
		return Card{}, err
	}
	c := Card{Dataset: k.Dataset, PastRuns: len(s.runs), Images: k.Images, Epochs: k.Epochs, Probe: []CardEntry{}}
	for _, epochs := range probeLengths {
		t, err := s.table(ctx, epochs)
		var none *advisor.NoPredictionError
		if errors.As(err, &none) {
			c.Reason = none.Reason
			continue
		} else if err != nil {
			return c, err
		}
		score, err := p.score(ctx, t, repeats)
		if err != nil {
			return c, fmt.Errorf("cross-validate %s at %g epochs: %w", k, epochs, err)
		}
		c.Probe = append(c.Probe, CardEntry{epochs, score.Runs, score.R2, score.MAE, score.Tau, score.Coverage, score.Width})
	}
	return c, nil
}

// score cross-validates, or reads what an earlier call found.
func (p *Predictor) score(ctx context.Context, t forest.Table, repeats int) (forest.Score, error) {
	name := fmt.Sprintf("%s-%d.score", hash(t), repeats)
	var score forest.Score
	if p.Folder != "" {
		if data, err := os.ReadFile(filepath.Join(p.Folder, name)); err == nil && json.Unmarshal(data, &score) == nil {
			return score, nil
		}
	}
	score, err := p.Score(ctx, t, forest.Options{Seed: 1}, repeats)
	if err != nil {
		return score, err
	}
	_ = p.save(name, func(w io.Writer) error { return json.NewEncoder(w).Encode(score) }) // what cannot be kept is scored again
	return score, nil
}
