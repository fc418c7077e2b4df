package predict

import (
	"context"
	"maps"
	"slices"

	"probewise/advisor"
	"probewise/forest"
)

// settled is what the answers about a key rest on while the forests of newer past runs are fitted.
type settled struct {
	snapshot *snapshot
	lengths  map[float64]bool // probe lengths that predictions were asked for at
	renewing bool
}

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
		now = &settled{snapshot: s, lengths: map[float64]bool{}}
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
	lengths := slices.Collect(maps.Keys(p.settled[s.key].lengths))
	p.mu.Unlock()
	for _, epochs := range lengths {
		if t, err := s.table(ctx, epochs); err == nil {
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

// asked notes the probe length of a prediction.
func (p *Predictor) asked(k advisor.Key, epochs float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now, known := p.settled[k]; known {
		now.lengths[epochs] = true
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
