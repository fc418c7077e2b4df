package advisor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"probewise/trainer"
)

// advise does an advice: probe, prediction, diagnoses, suggestions, verification.
func (d Desk) advise(ctx context.Context, l Lease, watch Watcher) error {
	a, err := d.Store.Advice(ctx, l.ID)
	if err != nil {
		return err
	}
	watch(Event{Type: "state", Phase: "probe", Run: a.ProbeRun})
	next, err := d.answer(ctx, l, &a, watch)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	finished := now()
	a.State, a.Finished = Succeeded, &finished
	if err != nil {
		a.State, a.Error = Failed, err.Error()
	}
	if err := errors.Join(err, d.Store.FinishAdvice(ctx, l, a, next...)); err != nil {
		return fmt.Errorf("advice %s: %w", a.ID, err)
	}
	watch(Event{Type: "done"})
	return nil
}

// answer fills in the advice. It returns the run that trains the revised architecture, where one was asked for.
func (d Desk) answer(ctx context.Context, l Lease, a *Advice, watch Watcher) ([]Run, error) {
	probe, err := d.Store.Run(ctx, a.ProbeRun)
	if err != nil {
		return nil, err
	}
	result, err := d.probe(ctx, l, probe, watch)
	if err != nil {
		return nil, err
	}
	a.Compute.ProbeFLOPs = flops(result, probe.Budget.Images)
	forecaster, err := d.Predictor.Snapshot(ctx, probe.Key())
	if err != nil {
		return nil, err
	}
	if a.Prediction, a.PredictionReason, err = predict(ctx, forecaster, result); err != nil {
		return nil, err
	}
	proposals, err := d.diagnose(forecaster.Reference(), a, result, watch)
	if err != nil {
		return nil, err
	}
	candidates, err := packages(a.Architecture, a.Diagnoses, proposals)
	if err != nil {
		return nil, fmt.Errorf("combine the proposals: %w", err)
	}
	if err := rank(ctx, forecaster, a.Diagnoses, candidates); err != nil {
		return nil, fmt.Errorf("rank the suggestions: %w", err)
	}
	candidates = candidates[:min(len(candidates), a.Request.Suggestions)]
	for i := range candidates {
		candidates[i].Rank, candidates[i].Verdict = i+1, NotTried
	}
	v := verifier{Desk: d, lease: l, forecaster: forecaster, probe: probe, original: result, watch: watch}
	if a.Request.Verify {
		if err := v.verify(ctx, candidates); err != nil {
			return nil, fmt.Errorf("verify the suggestions: %w", err)
		}
	}
	a.Compute.VerificationFLOPs = v.flops
	for i := range candidates {
		a.Suggestions = append(a.Suggestions, candidates[i].Suggestion)
		watch(Event{Type: "suggestion", Suggestion: &candidates[i].Suggestion})
	}
	if err := revised(ctx, forecaster, a, candidates, v.best); err != nil {
		return nil, err
	}
	return d.training(a, probe), nil
}

// probe trains the probe, or takes it from the store where an earlier worker finished it.
func (d Desk) probe(ctx context.Context, l Lease, r Run, watch Watcher) (result ProbeResult, err error) {
	if r.State == Succeeded {
		records, err := d.Store.Records(ctx, r.ID)
		return ProbeResult{r.Architecture, r.StopAfter, records, *r.Outcome}, err
	}
	data, err := d.Datasets.Load(ctx, r.Dataset)
	if err != nil {
		return ProbeResult{}, fmt.Errorf("load data set %s: %w", r.Dataset, err)
	}
	if err := d.Store.StartRun(ctx, l, r.ID); err != nil {
		return ProbeResult{}, err
	}
	t, err := d.begin(ctx, l, r, data, "probe", watch)
	if err != nil {
		return ProbeResult{}, d.fail(ctx, l, r, err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.trainTo(ctx, r.StopAfter); err != nil {
		return ProbeResult{}, d.fail(ctx, l, r, err)
	}
	return t.result, t.finish(ctx)
}

// fail ends a run that an error stopped; one that was interrupted is left to go back to the queue.
func (d Desk) fail(ctx context.Context, l Lease, r Run, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return errors.Join(err, d.Store.FinishRun(ctx, l, r.ID, Failed, nil, err.Error()))
}

// predict returns the prediction, or the reason why there is none.
func predict(ctx context.Context, f Forecaster, r ProbeResult) (*Prediction, string, error) {
	p, err := f.FromProbe(ctx, r)
	var none *NoPredictionError
	if errors.As(err, &none) {
		return nil, none.Reason, nil
	} else if err != nil {
		return nil, "", fmt.Errorf("predict: %w", err)
	}
	return &p, "", nil
}

func (d Desk) diagnose(reference Reference, a *Advice, r ProbeResult, watch Watcher) ([]Proposal, error) {
	shapes, err := a.Architecture.Shapes()
	if err != nil {
		return nil, err
	}
	diagnoses, proposals := d.Rules.Examine(Case{
		Architecture: a.Architecture, Shapes: shapes, Cost: a.Architecture.Cost(),
		Records: r.Records, Outcome: r.Outcome, Reference: reference,
	})
	a.Diagnoses = append(a.Diagnoses, diagnoses...)
	for i := range diagnoses {
		watch(Event{Type: "diagnosis", Diagnosis: &diagnoses[i]})
	}
	return proposals, nil
}

// revised takes the best verified suggestion.
func revised(ctx context.Context, f Forecaster, a *Advice, candidates []candidate, best *verified) error {
	switch {
	case len(candidates) == 0:
		a.RevisedReason = "no change advised: no rule found anything to change"
	case !a.Request.Verify:
		a.RevisedReason = "no suggestion was verified, since verification was not asked for"
	case best == nil:
		a.RevisedReason = fmt.Sprintf("no change advised: %d suggestions were tried, none gained", min(len(candidates), tried))
	default:
		prediction, _, err := predict(ctx, f, best.result)
		if err != nil {
			return err
		}
		a.Revised = &Revised{Architecture: best.architecture, Prediction: prediction, Verified: true, Rank: best.Rank}
	}
	return nil
}

// training makes the full run of the revised architecture where the request asks for it.
func (d Desk) training(a *Advice, probe Run) []Run {
	if !a.Request.Train || a.Revised == nil {
		return nil
	}
	r := Run{
		ID: newID(), Kind: Full, State: Queued, Architecture: a.Revised.Architecture, ArchitectureID: a.Revised.Architecture.ID(),
		Dataset: probe.Dataset, DatasetID: probe.DatasetID, Budget: probe.Budget, StopAfter: probe.Budget.Epochs,
		Seed: probe.Seed, FromAdvice: a.ID, Version: d.Version, Created: now(),
	}
	a.TrainingRun = &r.ID
	return []Run{r}
}

// flops is the training compute of a probe.
func flops(r ProbeResult, images int) float64 {
	return float64(images) * float64(r.Epochs) * float64(r.Architecture.Cost().TrainingFLOPs)
}

// Verdicts of a suggestion.
const (
	NotTried = "not tried"
	NoGain   = "tried, no gain"
	Gained   = "verified"
)

// tried suggestions are re-probed for one epoch, continued of them to the probe's length.
const (
	tried     = 4
	continued = 2
)

// verifier re-probes suggestions with the seed, images and order of the original probe.
type verifier struct {
	Desk
	lease      Lease
	forecaster Forecaster
	probe      Run
	original   ProbeResult
	watch      Watcher
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
		if err != nil {
			return err
		}
		o := verified{&candidates[i], t}
		open = append(open, o)
		if err := v.step(ctx, o, 1); err != nil {
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
	if len(finalists) > 0 && finalists[0].Verdict == Gained {
		v.best = &finalists[0]
	}
	return nil
}

func (v *verifier) reprobe(c candidate) Run {
	r := v.probe
	started := now()
	r.ID, r.State, r.Outcome, r.Error = newID(), Running, nil, ""
	r.Architecture, r.ArchitectureID = c.architecture, c.architecture.ID()
	r.Created, r.Started, r.Finished, r.Version = started, &started, nil, v.Version
	return r
}

// step trains the re-probe on and compares it with the original at the same epoch.
func (v *verifier) step(ctx context.Context, o verified, epochs int) error {
	if err := o.trainTo(ctx, epochs); err != nil {
		return err
	}
	got := &Verification{Run: o.run.ID, Epochs: o.result.Epochs, Gain: trainer.Missing, Low: trainer.Missing, High: trainer.Missing}
	got.Observed = validationAt(o.result, epochs) - validationAt(v.original, epochs)
	after, reason, err := predict(ctx, v.forecaster, at(o.result, epochs))
	if err != nil {
		return err
	}
	before, _, err := predict(ctx, v.forecaster, at(v.original, epochs))
	if err != nil {
		return err
	}
	decisive := got.Observed
	if after != nil && before != nil {
		got.Gain = trainer.Number(after.TestAccuracy - before.TestAccuracy)
		got.Reason = fmt.Sprintf("one seed gives no interval of the gain; the observed difference has a standard error of %.3f", v.standardError(got.Observed, epochs))
		decisive = got.Gain
	} else {
		got.Reason = "no prediction: " + reason + "; the observed difference decides"
	}
	o.Verified, o.Verdict = got, NoGain
	if decisive > 0 && !o.result.Outcome.Diverged {
		o.Verdict = Gained
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
func at(r ProbeResult, epochs int) ProbeResult {
	r.Epochs = epochs
	return r
}

// validationAt is the validation accuracy at the end of the epoch; chance where the probe diverged before.
func validationAt(r ProbeResult, epoch int) trainer.Number {
	for _, record := range r.Records {
		if record.Epoch == float64(epoch) && record.ValidationAccuracy.Known() {
			return record.ValidationAccuracy
		}
	}
	return trainer.Number(1 / float64(r.Architecture.Classes))
}
