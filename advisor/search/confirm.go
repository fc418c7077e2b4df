package search

import (
	"context"
	"math"

	"probewise/advisor"
	"probewise/advisor/gain"
	"probewise/trainer"
)

// Confirmed is what seeds that did not choose a candidate show of it.
type Confirmed struct {
	gain.Gain           // over the net
	over      gain.Gain // over the base of the round
	Observed  float64   // mean difference of validation accuracy to the base of the round
	Seeds     []uint64
	Runs      [][2]string // of base and candidate, for each seed
	Moment    float64
	whole     bool // as far as the probe
}

// confirm trains the winner of a race and its base again, with as many fresh seeds as the budget allows, to the probe's
// length, or less far where a dear winner leaves no more, and returns the winner's last trial; nil where the budget
// allows none.
func (s *searcher) confirm(ctx context.Context, e *Entry, base trainer.Architecture) (*Trial, error) {
	c := &Confirmed{Moment: s.affordable(e)}
	c.whole = c.Moment == s.probeEpochs()
	var last *Trial
	var sum gain.Gain
	for c.Moment > 0 && len(c.Seeds) < max(s.Seeds, 1) {
		pair := []*Trial{nil, {Architecture: e.Architecture, Moment: c.Moment}}
		train, cost := pair, c.Moment*s.confirmation(e)
		if n := len(c.Seeds); n < len(s.fresh) {
			pair[0], train, cost = s.fresh[n], pair[1:], c.Moment*e.Cost
		}
		if s.left < cost {
			break
		}
		if pair[0] == nil {
			pair[0] = &Trial{Architecture: base, Seed: s.seed(), Moment: c.Moment}
			s.fresh = append(s.fresh, pair[0])
		}
		pair[1].Seed = pair[0].Seed
		s.left -= cost
		if err := s.Lab.Train(ctx, train); err != nil {
			return nil, err
		}
		if err := s.Lab.Drop(ctx, train); err != nil {
			return nil, err
		}
		if pair[0].TooLarge || pair[1].TooLarge {
			break
		}
		for _, t := range pair {
			t.Result.Epochs = int(c.Moment)
		}
		g, err := s.foretell(ctx, pair[0].Result, e.Architecture, pair[1].Result, c.Moment)
		if err != nil {
			return nil, err
		}
		c.Seeds = append(c.Seeds, pair[0].Seed)
		c.Runs = append(c.Runs, [2]string{pair[0].Run, pair[1].Run})
		c.Observed += s.observed(pair[0].Result, pair[1].Result, c.Moment)
		sum.Mean, sum.Low, sum.High = sum.Mean+g.Mean, sum.Low+g.Low, sum.High+g.High
		sum.Noise, sum.Confidence, sum.Pairs = g.Noise, g.Confidence, g.Pairs
		last = pair[1]
	}
	n := float64(len(c.Seeds))
	if n == 0 {
		return nil, nil
	}
	c.Observed /= n
	sum.Mean, sum.Low, sum.High = sum.Mean/n, sum.Low/n, sum.High/n
	c.Gain, c.over = sum, sum
	if e.from != nil {
		c.Gain = chained(e.from.Gain(), sum)
	}
	e.Confirmed = c
	shown := snapshot([]*Entry{e})
	shown[0].Observed = c.Observed
	s.step(Step{Moment: c.Moment, Confirm: true, Tried: shown, Kept: 1})
	return last, nil
}

// confirmSecond does the same for the best of the others that promises more than noise, if the budget allows. The base
// was trained with the fresh seeds already, which makes it cheap; that they are asked twice is why it may be no more
// than probably better.
func (s *searcher) confirmSecond(ctx context.Context, others []*Entry, base trainer.Architecture) error {
	if len(s.fresh) == 0 {
		return nil
	}
	for _, e := range others {
		if s.affordable(e) == 0 || !s.Shrink && e.own().Mean <= e.own().Noise {
			continue
		}
		e.second = true
		_, err := s.confirm(ctx, e, base)
		if err == nil && s.better(e) {
			s.result.Best = e
		}
		return err
	}
	return nil
}

// chained is the gain of one change after another: means add up, and so do squared distances to the bounds.
func chained(first, second gain.Gain) gain.Gain {
	sum := second
	sum.Mean = first.Mean + second.Mean
	sum.Low = sum.Mean - math.Hypot(first.Mean-first.Low, second.Mean-second.Low)
	sum.High = sum.Mean + math.Hypot(first.High-first.Mean, second.High-second.Mean)
	return sum
}

// Gain is what is believed of the entry: what fresh seeds showed, or else what its trial lets foretell.
func (e *Entry) Gain() gain.Gain {
	switch {
	case e.Confirmed != nil:
		return e.Confirmed.Gain
	case e.from != nil:
		return chained(e.from.Gain(), e.Foretold)
	}
	return e.Foretold
}

// own is what is believed of the entry over the base of its round.
func (e *Entry) own() gain.Gain {
	if e.Confirmed != nil {
		return e.Confirmed.over
	}
	return e.Foretold
}

// Verdict says what the gain amounts to. Better needs fresh seeds and a lower bound above zero; probably better a
// chance of three in four that the gain is above zero; both a gain above what another seed alone makes. A smaller net
// than the one that advice was asked for learns faster at first: what was not trained to the probe's length says
// nothing of it. Where the net is to shrink, an accuracy that is kept is better.
func (e *Entry) Verdict() advisor.Verdict { return e.verdict(e.Gain()) }

func (e *Entry) verdict(g gain.Gain) advisor.Verdict {
	if e.shrink {
		g.Mean, g.Low, g.High = g.Mean+tolerance(g), g.Low+tolerance(g), g.High+tolerance(g)
		g.Noise = 0
	}
	switch {
	case e.Trial.TooLarge || e.Trial.Moment == 0:
		return advisor.NotTried
	case g.High < 0:
		return advisor.Worse
	case g.Mean <= g.Noise || e.smaller && (e.Confirmed == nil || !e.Confirmed.whole):
		return advisor.NoDifference
	case g.Low > 0 && e.Confirmed != nil && !e.second:
		return advisor.Better
	case g.Mean >= threeQuarters*(g.Mean-g.Low):
		return advisor.ProbablyBetter
	}
	return advisor.NoDifference
}

// threeQuarters is the distance of zero below the mean, in that of the lower bound of an interval of 80 %, at which a
// normal distribution has a quarter below zero: 0.674/1.282. A chance of two in three would do for the pairs (16 more
// that are foretold at three epochs, held-out, gain 4 points in the mean), but of two development nets of
// bench/advice that it would add, one lost 10 points and the other 3.
const threeQuarters = 0.526
