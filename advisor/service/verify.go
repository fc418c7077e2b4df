package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"probewise/advisor"
	"probewise/trainer"
)

// flops is the training compute of a probe.
func flops(r advisor.ProbeResult, images int) float64 {
	epochs := r.Epochs
	if r.Outcome.Diverged {
		epochs = min(epochs, r.Outcome.DivergedEpoch)
	}
	return float64(images) * float64(epochs) * float64(r.Architecture.Cost().TrainingFLOPs)
}

// tried suggestions are re-probed for one epoch, continued of them to the probe's length.
const (
	tried     = 4
	continued = 2
)

// verifier re-probes suggestions with the seed, images and order of the original probe.
type verifier struct {
	Service
	lease      advisor.Lease
	forecaster advisor.Forecaster
	probe      advisor.Run
	original   advisor.ProbeResult
	watch      advisor.Watcher
	flops      float64
	best       *verified
}

// verified is a suggestion with its re-probe.
type verified struct {
	*candidate
	*training
}

func (v *verifier) verify(ctx context.Context, candidates []candidate) (err error) {
	data, err := v.Datasets.Load(ctx, v.probe.Dataset)
	if err != nil {
		return err
	}
	var open []verified
	defer func() {
		for _, o := range open {
			err = errors.Join(err, o.close())
		}
	}()
	n := min(tried, len(candidates))
	for i := range n {
		r := v.reprobe(candidates[i])
		if err := v.Store.AddChildRun(ctx, v.lease, r); err != nil {
			return err
		}
		t, err := v.begin(ctx, v.lease, r, data, fmt.Sprintf("verify %d of %d", i+1, n), v.watch)
		if err == nil {
			open = append(open, verified{&candidates[i], t})
			err = v.step(ctx, open[len(open)-1], 1)
		}
		var tooLarge *trainer.MemoryError
		if errors.As(err, &tooLarge) { // beside the others that are open: it stays untried
			err = v.Store.FinishRun(ctx, v.lease, r.ID, advisor.Failed, nil, err.Error())
			if t != nil { // a device may refuse memory that is asked for late
				open = open[:len(open)-1]
				err = errors.Join(err, t.close())
			}
		}
		if err != nil {
			return err
		}
	}
	slices.SortStableFunc(open, better)
	for i, o := range open {
		if i < continued && v.probe.StopAfter > 1 && !o.result.Outcome.Diverged {
			if err := v.step(ctx, o, v.probe.StopAfter); err != nil {
				return err
			}
		}
		if err := o.finish(ctx); err != nil {
			return err
		}
		v.flops += flops(o.result, v.probe.Budget.Images)
	}
	finalists := slices.Clone(open[:min(continued, len(open))])
	slices.SortStableFunc(finalists, better)
	if len(finalists) > 0 && finalists[0].Verdict == advisor.Gained {
		v.best = &finalists[0]
	}
	return nil
}

func (v *verifier) reprobe(c candidate) advisor.Run {
	r := v.probe
	started := now()
	r.ID, r.State, r.Outcome, r.Error = newID(), advisor.Running, nil, ""
	r.Architecture, r.ArchitectureID = c.architecture, c.architecture.ID()
	r.Created, r.Started, r.Finished, r.Version = started, &started, nil, v.Version
	return r
}

// step trains the re-probe on and compares it with the original at the same epoch.
func (v *verifier) step(ctx context.Context, o verified, epochs int) error {
	if err := o.trainTo(ctx, epochs); err != nil {
		return err
	}
	got := &advisor.Verification{
		Run:    o.run.ID,
		Epochs: o.result.Epochs,
		Gain:   trainer.Missing,
		Low:    trainer.Missing,
		High:   trainer.Missing,
	}
	got.Observed = validationAt(o.result, epochs) - validationAt(v.original, epochs)
	after, reason, err := predict(ctx, v.forecaster, at(o.result, epochs))
	if err != nil {
		return err
	}
	before, reasonBefore, err := predict(ctx, v.forecaster, at(v.original, epochs))
	if err != nil {
		return err
	}
	decisive := got.Observed
	if after != nil && before != nil {
		got.Gain = trainer.Number(after.TestAccuracy - before.TestAccuracy)
		got.Reason = fmt.Sprintf(
			"one seed gives no interval of the gain; the observed difference has a standard error of %.3f",
			v.standardError(got.Observed, epochs))
		decisive = got.Gain
	} else {
		got.Reason = "no prediction: " + cmp.Or(reason, reasonBefore) + "; the observed difference decides"
	}
	o.Verified, o.Verdict = got, advisor.NoGain
	if decisive > 0 && !o.result.Outcome.Diverged {
		o.Verdict = advisor.Early
		if epochs == v.probe.StopAfter {
			o.Verdict = advisor.Gained
		}
	}
	return nil
}

// standardError of the observed difference: both accuracies are shares of the validation images, here taken as
// independent draws (binomial), which overstates it where the two nets err on the same images.
func (v *verifier) standardError(observed trainer.Number, epochs int) float64 {
	before := float64(validationAt(v.original, epochs))
	after := before + float64(observed)
	n := math.Round(float64(v.probe.Budget.Images) / 10)
	return math.Sqrt((before*(1-before) + after*(1-after)) / n)
}

// better orders by gain, or by the observed difference where there is no gain.
func better(a, b verified) int {
	x, y := a.Verified, b.Verified
	if x.Gain.Known() && y.Gain.Known() {
		return descending(x.Gain, y.Gain)
	}
	return descending(x.Observed, y.Observed)
}

func descending(x, y trainer.Number) int {
	switch {
	case x > y || x.Known() && !y.Known():
		return -1
	case x < y || y.Known() && !x.Known():
		return 1
	}
	return 0
}

// at is the beginning of a probe.
func at(r advisor.ProbeResult, epochs int) advisor.ProbeResult {
	r.Epochs = epochs
	return r
}

// validationAt is the validation accuracy at the end of the epoch; chance where the probe diverged before.
func validationAt(r advisor.ProbeResult, epoch int) trainer.Number {
	for _, record := range r.Records {
		if record.Epoch == float64(epoch) && record.ValidationAccuracy.Known() {
			return record.ValidationAccuracy
		}
	}
	return trainer.Number(1 / float64(r.Architecture.Classes))
}
