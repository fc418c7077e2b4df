package predict

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"probewise/advisor"
	"probewise/forest"
)

// settled is what the answers about a key rest on while the forests of newer past runs are fitted.
type settled struct {
	snapshot *snapshot
	asked    map[string]question
	turns    int // questions so far
	renewing bool
}

// A question is what a prediction rests on: past runs with probes of a length, those of some groups left out.
type question struct {
	epochs  float64
	without []string
	turn    int // in which it was asked last
}

// mostQuestions are renewed, those asked last; whoever asks another one waits for its forest.
const mostQuestions = 16

// settle returns the newest snapshot of the key whose forests are fitted, and has those of a newer one fitted in the background.
// The first snapshot of a key counts as settled: there is nothing to answer from before it.
func (p *Predictor) settle(s *snapshot) *snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.settled == nil {
		p.settled = map[advisor.Key]*settled{}
	}
	now, known := p.settled[s.key]
	if !known {
		now = &settled{snapshot: s, asked: map[string]question{}}
		p.settled[s.key] = now
	}
	if len(now.snapshot.runs) < forest.MinPastRuns { // there is no answer to give from it
		now.snapshot = s
	}
	if !maps.Equal(now.snapshot.names, s.names) && !now.renewing {
		now.renewing = true
		p.Background(func(ctx context.Context) { p.renew(ctx, s) })
	}
	return now.snapshot
}

// renew fits the forests that answers need and then lets answers rest on the snapshot. What cannot be fitted is left to the
// answer that needs it.
func (p *Predictor) renew(ctx context.Context, s *snapshot) {
	p.mu.Lock()
	questions := slices.Collect(maps.Values(p.settled[s.key].asked))
	p.mu.Unlock()
	for _, q := range questions {
		if t, err := s.table(ctx, q.epochs, q.without...); err == nil {
			_, _ = p.model(ctx, t, asUsual)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.settled[s.key]
	now.renewing = false
	if ctx.Err() == nil {
		now.snapshot = s
	}
}

// asked notes what a prediction rests on. Groups that are not among the past runs make no other table.
func (p *Predictor) asked(s *snapshot, epochs float64, group string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, known := p.settled[s.key]
	if !known {
		return
	}
	without := slices.DeleteFunc(append(slices.Clone(s.without), group), func(g string) bool { return !slices.Contains(s.groups, g) })
	slices.Sort(without)
	name := fmt.Sprint(epochs, slices.Compact(without))
	now.turns++
	now.asked[name] = question{epochs, without, now.turns}
	if len(now.asked) > mostQuestions {
		oldest := name
		for other, q := range now.asked {
			if q.turn < now.asked[oldest].turn {
				oldest = other
			}
		}
		delete(now.asked, oldest)
	}
}

// Renew looks for new past runs of all keys that predictions were asked for, and has their forests fitted in the background.
func (p *Predictor) Renew(ctx context.Context) error {
	p.mu.Lock()
	keys := slices.Collect(maps.Keys(p.settled))
	p.mu.Unlock()
	for _, k := range keys {
		if _, err := p.Snapshot(ctx, k); err != nil {
			return err
		}
	}
	return nil
}
