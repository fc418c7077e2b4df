package analysis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/advisor/pastruns"
	"probewise/forest"
)

// Card says how well the forest of a key predicts. Every figure is held-out, but those of the revisions, which were
// predicted before they were trained.
type Card struct {
	Dataset  string          `json:"dataset"`
	PastRuns int             `json:"past_runs"`
	Images   int             `json:"images"`
	Epochs   int             `json:"epochs"`
	Probe    []CardEntry     `json:"probe" nullable:"false"`
	Ablation []AblationEntry `json:"ablation" nullable:"false"`
	Reason   string          `json:"reason,omitempty" doc:"why figures are missing"`
	// Revisions is absent where no revised architecture with a prediction was trained in full.
	Revisions *Revisions `json:"revisions,omitempty"`
}

// CardEntry is held-out, at one probe length.
type CardEntry struct {
	Epochs     float64 `json:"epochs" doc:"0: the initial weights"`
	Runs       int     `json:"runs"`
	R2         float64 `json:"r2"`
	MAE        float64 `json:"mae"`
	Tau        float64 `json:"tau" doc:"Kendall's τ-b"`
	Coverage80 float64 `json:"coverage80"`
	Width80    float64 `json:"width80"`

	// Quarters are the runs by their prediction, the lowest first.
	Quarters []QuarterEntry `json:"quarters" doc:"quarters of the runs by their prediction, the lowest first"`
	Trained  TrainedEntry   `json:"trained" doc:"the runs whose accuracy at the probe's end is at least half-way from the lowest to the highest"`
	Members  []MemberEntry  `json:"alternatives"`
}

// QuarterEntry is how the intervals of a quarter of the runs fare.
type QuarterEntry struct {
	Coverage80 float64 `json:"coverage80"`
	Width80    float64 `json:"width80"`
	MAE        float64 `json:"mae"`
}

// TrainedEntry is how well runs that learn are told apart.
type TrainedEntry struct {
	Runs int     `json:"runs"`
	R2   float64 `json:"r2"`
	Tau  float64 `json:"tau"`
	MAE  float64 `json:"mae"`
}

// MemberEntry is one of the models that predictions are blended from, alone.
type MemberEntry struct {
	Name string  `json:"name"`
	R2   float64 `json:"r2" doc:"held-out"`
}

// AblationEntry says what a group of features adds, at one probe length: held-out R² with it and all before it.
type AblationEntry struct {
	Features features.Group `json:"features"`
	Epochs   float64        `json:"epochs"`
	R2       float64        `json:"r2"`
	Gain     *float64       `json:"gain" doc:"null for the first"`
	Low      *float64       `json:"low" doc:"95 % bootstrap interval of the gain, over architectures"`
	High     *float64       `json:"high"`
}

// Effort is how thoroughly a card is computed. The zero value is the recommended one.
type Effort struct {
	Repeats int       // of the ten-fold cross-validation; 2 if 0
	Splits  int       // of the ablation; 20 if 0
	Epochs  []float64 // probe lengths; ProbeLengths if nil
}

// Cards are the model cards of a data set's keys: the one with the most past runs, and the others beside it.
type Cards struct {
	Card
	Others []Card `json:"others,omitempty" nullable:"false"`
}

// ProbeLengths are those that a card shows, in epochs.
func ProbeLengths() []float64 { return []float64{0, 0.25, 0.5, 1, 2, 3, 5} }

// Cards cross-validates the forests of all keys of a data set that have past runs. It takes seconds to minutes, unless
// the same past runs were scored before.
func (a *Analyst) Cards(ctx context.Context, dataset string, e Effort) (Cards, error) {
	if e.Repeats == 0 {
		e.Repeats = 2
	}
	if e.Splits == 0 {
		e.Splits = 20
	}
	if e.Epochs == nil {
		e.Epochs = ProbeLengths()
	}
	counts, err := a.Past.Keys(ctx, dataset)
	if err != nil {
		return Cards{}, fmt.Errorf("count the past runs of %s: %w", dataset, err)
	}
	if len(counts) == 0 {
		return Cards{Card: Card{Dataset: dataset, Probe: []CardEntry{}, Ablation: []AblationEntry{}, Reason: "no past runs"}},
			nil
	}
	trained, err := a.revisions(ctx, dataset)
	if err != nil {
		return Cards{}, err
	}
	var cards []Card
	for k := range counts {
		c, err := a.card(ctx, k, e)
		if err != nil {
			return Cards{}, err
		}
		c.Revisions = trained[k]
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

func (a *Analyst) card(ctx context.Context, k advisor.Key, e Effort) (c Card, err error) {
	s, err := pastruns.Read(ctx, a.Past, k)
	if err != nil {
		return Card{}, err
	}
	c = Card{
		Dataset:  k.Dataset,
		PastRuns: len(s.Runs),
		Images:   k.Images,
		Epochs:   k.Epochs,
		Probe:    []CardEntry{},
		Ablation: []AblationEntry{},
	}
	var left leftOut
	defer func() { c.Reason = left.String() }()
	for _, epochs := range e.Epochs {
		t, err := s.Table(ctx, epochs)
		var none *advisor.NoPredictionError
		if errors.As(err, &none) {
			left.add(fmt.Sprintf("%g epochs", epochs), none)
			continue
		} else if err != nil {
			return c, err
		}
		extended, _, err := a.Forests.Extended(ctx, s, t, epochs)
		if err != nil {
			return c, err
		}
		score, err := a.Forests.Score(ctx, extended, e.Repeats)
		if err != nil {
			return c, fmt.Errorf("cross-validate %s at %g epochs: %w", k, epochs, err)
		}
		c.Probe = append(c.Probe, entry(epochs, score))
		r := s.Runs[0] // all runs have the same features
		probe := advisor.ProbeResult{Architecture: r.Architecture, Records: r.Records, Outcome: r.Outcome}
		groups := pastruns.Vector(k, probe, epochs).Groups
		ablation, err := a.ablation(ctx, t, groups, epochs, e.Splits)
		if tooLittle(err) { // to be fitted on a part of them
			left.add(fmt.Sprintf("what groups of features add at %g epochs", epochs), err)
		} else if err != nil {
			return c, fmt.Errorf("ablate %s at %g epochs: %w", k, epochs, err)
		}
		c.Ablation = append(c.Ablation, ablation...)
	}
	return c, nil
}

func entry(epochs float64, s forest.Score) CardEntry {
	e := CardEntry{
		Epochs:     epochs,
		Runs:       s.Runs,
		R2:         s.R2,
		MAE:        s.MAE,
		Tau:        s.Tau,
		Coverage80: s.Coverage,
		Width80:    s.Width,
		Trained:    TrainedEntry(s.Trained),
		Members:    members(s),
	}
	for _, q := range s.Quarters {
		e.Quarters = append(e.Quarters, QuarterEntry{q.Coverage, q.Width, q.MAE})
	}
	return e
}

func members(s forest.Score) []MemberEntry {
	entries := []MemberEntry{}
	for i, name := range forest.Members() {
		entries = append(entries, MemberEntry{name, s.Members[i]})
	}
	return entries
}

// fitted is the number of architectures that an ablation fits on: that of Salit's paper, where there are enough beside
// them.
const fitted = 57

// ablation adds one group of features after the other; groups are those of the table's columns.
func (a *Analyst) ablation(ctx context.Context, t forest.Table, groups []features.Group, epochs float64,
	splits int) ([]AblationEntry, error) {
	var steps []forest.AblationStep
	columns := make([]bool, len(groups))
	for _, g := range features.Groups() {
		for j := range groups {
			columns[j] = columns[j] || groups[j] == g
		}
		steps = append(steps, forest.AblationStep{Name: string(g), Columns: slices.Clone(columns)})
	}
	architectures := len(slices.Compact(slices.Sorted(slices.Values(t.Groups))))
	options := forest.AblationOptions{Fit: min(fitted, 3*architectures/4), Splits: splits, Seed: 1}
	scores, err := a.Forests.Ablate(ctx, t, steps, options)
	if err != nil {
		return nil, err
	}
	entries := make([]AblationEntry, len(scores))
	for i, s := range scores {
		entries[i] = AblationEntry{Features: features.Group(s.Name), Epochs: epochs, R2: s.R2}
		if i > 0 {
			entries[i].Gain, entries[i].Low, entries[i].High = &s.Gain, &s.Low, &s.High
		}
	}
	return entries, nil
}
