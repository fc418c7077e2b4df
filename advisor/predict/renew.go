package predict

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"probewise/advisor"
	"probewise/advisor/pastruns"
)

// used is what the answers about a key rest on while the forests of newer past runs are fitted.
type used struct {
	snapshot  *pastruns.Snapshot
	questions map[string]question
	asked     int // questions so far
	renewing  bool
}

// A question is what a prediction rests on: past runs with probes of a length, those of some groups left out.
type question struct {
	epochs  float64
	without []string
	last    int // number of the question that asked for it last
}

// maxQuestions are renewed, the latest; the forest of an older one is fitted when it is asked for again.
const maxQuestions = 16

// fitted returns the newest snapshot of the key whose forests are fitted, and has those of a newer one fitted in the
// background. The first snapshot of a key counts as fitted: there is nothing to answer from before it.
func (p *Predictor) fitted(s *pastruns.Snapshot) *pastruns.Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used == nil {
		p.used = map[advisor.Key]*used{}
	}
	now, known := p.used[s.Key]
	if !known {
		now = &used{snapshot: s, questions: map[string]question{}}
		p.used[s.Key] = now
	}
	if len(now.snapshot.Runs) < pastruns.MinForest { // a level takes no time to fit
		now.snapshot = s
	}
	if !now.snapshot.SameRuns(s) && !now.renewing {
		now.renewing = true
		p.Background(func(ctx context.Context) { p.renew(ctx, s) })
	}
	return now.snapshot
}

// renew fits the forests that answers need and then lets answers rest on the snapshot. What cannot be fitted is left to
// the answer that needs it.
func (p *Predictor) renew(ctx context.Context, s *pastruns.Snapshot) {
	p.mu.Lock()
	questions := slices.Collect(maps.Values(p.used[s.Key].questions))
	p.mu.Unlock()
	for _, q := range questions {
		if t := s.Rows(q.epochs, q.without...); len(t.Y) >= pastruns.MinForest {
			_, _, _ = p.forest(ctx, s, t, q.epochs)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.used[s.Key]
	now.renewing = false
	if ctx.Err() == nil {
		now.snapshot = s
	}
}

// note remembers what a prediction rests on. Groups that are not among the past runs make no other table.
func (p *Predictor) note(s *pastruns.Snapshot, epochs float64, without []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, known := p.used[s.Key]
	if !known {
		return
	}
	without = slices.DeleteFunc(slices.Clone(without), func(g string) bool { return !slices.Contains(s.Groups, g) })
	slices.Sort(without)
	name := fmt.Sprint(epochs, slices.Compact(without))
	now.asked++
	now.questions[name] = question{epochs, without, now.asked}
	if len(now.questions) > maxQuestions {
		oldest := name
		for other, q := range now.questions {
			if q.last < now.questions[oldest].last {
				oldest = other
			}
		}
		delete(now.questions, oldest)
	}
}

// Renew looks for new past runs of all keys that predictions were asked for, and has their forests fitted in the
// background.
func (p *Predictor) Renew(ctx context.Context) error {
	p.mu.Lock()
	keys := slices.Collect(maps.Keys(p.used))
	p.mu.Unlock()
	for _, k := range keys {
		if _, err := p.Snapshot(ctx, k); err != nil {
			return err
		}
	}
	return nil
}
