package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"probewise/advisor"
	"probewise/trainer"
)

// File is an architecture JSON to check.
type File struct {
	Name string
	Data []byte
}

// Prober makes the evidence. The errors of its predictions are *advisor.NoPredictionError where the past runs do not
// allow one; those of Validate *trainer.InvalidError where the architecture is to blame.
type Prober interface {
	// Validate reads the architecture for the data set.
	Validate(ctx context.Context, data []byte, dataset string) (trainer.Architecture, error)
	// Probe trains a probe, examines it and predicts from it. All but the prediction is filled in beside a
	// *NoPredictionError too.
	Probe(ctx context.Context, a trainer.Architecture, dataset string, epochs int, seed uint64) (Probed, error)
	// FromArchitecture predicts without any training, as Probe does otherwise.
	FromArchitecture(ctx context.Context, a trainer.Architecture, dataset string) (advisor.Prediction, advisor.Key, error)
}

// Probed is what a probe shows.
type Probed struct {
	Key        advisor.Key // of the full run
	Prediction advisor.Prediction
	Diagnoses  []advisor.Diagnosis
	Chance     float64 // accuracy of always answering the class with the most validation images
}

// Options of a check. The zero value is fine.
type Options struct {
	NoProbe bool      // predict from the architectures alone
	Today   time.Time // for the exceptions; zero: now
}

// Report is the verdict on several files: one JSON document.
type Report struct {
	Verdict  Status    `json:"verdict"`
	Dataset  string    `json:"dataset"`
	Warnings []string  `json:"warnings"` // about the policy: exceptions that have expired
	Files    []Verdict `json:"files"`
}

// ExitCode is 0 where all files passed (warnings allowed), 1 where any failed, else 3: a failure is certain whatever
// could not be evaluated beside it.
func (r Report) ExitCode() int {
	switch r.Verdict {
	case Passed:
		return 0
	case Failed:
		return 1
	}
	return 3
}

// InvalidFile is a file that is no valid architecture.
type InvalidFile struct {
	File     string            `json:"file"`
	Findings []trainer.Finding `json:"errors"`
}

// InvalidFilesError reports every file that is no valid architecture.
type InvalidFilesError struct{ Files []InvalidFile }

// Error implements error: all findings on one line.
func (e *InvalidFilesError) Error() string {
	parts := make([]string, len(e.Files))
	for i, f := range e.Files {
		parts[i] = f.File + ": " + (&trainer.InvalidError{Findings: f.Findings}).Error()
	}
	return strings.Join(parts, "; ")
}

// Check judges the files by the policy. Nothing is probed before all files are read: the error is an *InvalidFilesError
// where some are invalid. Probes are trained only where a rule needs a prediction.
func Check(ctx context.Context, prober Prober, p Policy, files []File, o Options) (Report, error) {
	if o.Today.IsZero() {
		o.Today = time.Now()
	}
	architectures, err := validate(ctx, prober, p.Dataset, files)
	if err != nil {
		return Report{}, err
	}
	r := Report{Dataset: p.Dataset, Warnings: p.Expired(o.Today), Files: []Verdict{}}
	if o.NoProbe && p.Rules.probes() {
		r.Warnings = append(r.Warnings, "rules that need a probe are left out: no diagnosis was made")
	}
	for i, a := range architectures {
		e := Evidence{File: files[i].Name, ArchitectureID: a.ID(), Parameters: a.Cost().Parameters}
		if !p.Rules.predicts() && !p.Rules.probes() || !p.Rules.predicts() && o.NoProbe {
			e.Reason = "no rule asks for one"
		} else if err := e.predict(ctx, prober, p, a, o.NoProbe); err != nil {
			return Report{}, fmt.Errorf("%s: %w", files[i].Name, err)
		}
		r.Files = append(r.Files, Judge(p, e, o.Today))
	}
	r.Verdict = overall(r.Files)
	return r, nil
}

func overall(files []Verdict) Status {
	has := func(s Status) bool {
		return slices.ContainsFunc(files, func(v Verdict) bool { return v.State == s })
	}
	switch {
	case has(Failed):
		return Failed
	case has(Unevaluated):
		return Unevaluated
	}
	return Passed
}

func validate(ctx context.Context, prober Prober, dataset string, files []File) ([]trainer.Architecture, error) {
	if len(files) == 0 {
		return nil, errors.New("no file to check")
	}
	architectures := make([]trainer.Architecture, len(files))
	var broken InvalidFilesError
	for i, f := range files {
		a, err := prober.Validate(ctx, f.Data, dataset)
		var invalid *trainer.InvalidError
		if errors.As(err, &invalid) {
			broken.Files = append(broken.Files, InvalidFile{f.Name, invalid.Findings})
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		architectures[i] = a
	}
	if len(broken.Files) > 0 {
		return nil, &broken
	}
	return architectures, nil
}

// predict fills in the predictions, or why there are none: one run without a prediction is enough for that.
func (e *Evidence) predict(ctx context.Context, prober Prober, p Policy, a trainer.Architecture, noProbe bool) error {
	seeds := p.Probe.Runs
	if e.Probed = !noProbe; noProbe {
		seeds = 1
	}
	e.Chance = 1 / float64(max(a.Classes, 1))
	for i := range seeds {
		var prediction advisor.Prediction
		var err error
		if noProbe {
			prediction, e.Key, err = prober.FromArchitecture(ctx, a, p.Dataset)
		} else {
			var probed Probed
			probed, err = prober.Probe(ctx, a, p.Dataset, min(p.Probe.Epochs, a.Training.Epochs), p.Probe.Seed+uint64(i))
			prediction, e.Key = probed.Prediction, probed.Key
			e.Diagnoses, e.Chance = append(e.Diagnoses, probed.Diagnoses), max(e.Chance, probed.Chance)
		}
		var none *advisor.NoPredictionError
		if errors.As(err, &none) {
			e.Predictions, e.Reason = nil, cmp.Or(none.Reason, "no reason was given")
			if !p.Rules.probes() {
				return nil
			}
			continue
		} else if err != nil {
			return fmt.Errorf("predict: %w", err)
		}
		if e.Reason == "" {
			e.Predictions = append(e.Predictions, prediction)
		}
	}
	return nil
}
