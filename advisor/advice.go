package advisor

import (
	"time"

	"probewise/trainer"
	"probewise/trainer/patch"
)

// Defaults of a request.
const (
	DefaultDataset     = "fashion-mnist-sample"
	DefaultProbeEpochs = 3
	DefaultImages      = 10_000
	DefaultSuggestions = 8
	MinImages          = 20 // of a run, training and validation together
)

// Request asks for advice. Zero values mean: the default data set, 3 epochs of probe, at most 10,000 images, the
// architecture's own epochs and seed.
type Request struct {
	Dataset     string       `json:"dataset"`
	Probe       ProbeRequest `json:"probe"`
	Epochs      int          `json:"epochs,omitempty"` // of the full run, instead of the architecture's
	Suggestions int          `json:"suggestions"`      // at most this many
	Verify      bool         `json:"verify"`
	Train       bool         `json:"train"` // train the revised architecture in full
}

// ProbeRequest says how the probe is trained.
type ProbeRequest struct {
	Epochs int    `json:"epochs"`
	Images int    `json:"images"` // training and validation together
	Seed   uint64 `json:"seed"`
}

// Advice is the whole answer to one request.
type Advice struct {
	ID               string               `json:"id"`
	State            State                `json:"state"`
	Error            string               `json:"error,omitempty"`
	Dataset          string               `json:"dataset"`
	Request          Request              `json:"request"`
	Architecture     trainer.Architecture `json:"architecture"`
	Warnings         []string             `json:"warnings"` // about the architecture: defaults taken, softmax added
	ProbeRun         string               `json:"probe_run"`
	Prediction       *Prediction          `json:"prediction"`
	PredictionReason string               `json:"prediction_reason,omitempty"` // why there is none
	Diagnoses        []Diagnosis          `json:"diagnoses"`
	Suggestions      []Suggestion         `json:"suggestions"`
	Revised          *Revised             `json:"revised"`
	RevisedReason    string               `json:"revised_reason,omitempty"` // why there is none: "no change advised: …"
	Compute          Compute              `json:"compute"`
	TrainingRun      *string              `json:"training_run"`
	Created          time.Time            `json:"created"`
	Started          *time.Time           `json:"started"`
	Finished         *time.Time           `json:"finished"`
}

// Compute is what the answer cost.
type Compute struct {
	ProbeFLOPs        float64 `json:"probe_flops"`
	VerificationFLOPs float64 `json:"verification_flops"`
}

// Target is the full run that a prediction is about, on the advice's data set.
type Target struct {
	Images int `json:"images"`
	Epochs int `json:"epochs"`
}

// Prediction is the test accuracy that full training would reach.
type Prediction struct {
	Target       Target  `json:"target"`
	TestAccuracy float64 `json:"test_accuracy"`
	Low          float64 `json:"low"`
	High         float64 `json:"high"`
	Confidence   float64 `json:"confidence"` // of the interval low…high
	Novelty      float64 `json:"novelty"`    // rank among the past runs of the distance to them, 0…1
	PastRuns     int     `json:"past_runs"`
	Forest       string  `json:"forest"`      // id of the fitted model
	HeldOutR2    float64 `json:"held_out_r2"` // of the forest that predicts, on its past runs
	// Deciles are the past runs' test accuracies: the lowest, the first to ninth decile, the highest.
	Deciles  []trainer.Number `json:"deciles,omitempty"`
	Warnings []string         `json:"warnings"`
}

// Severity orders diagnoses.
type Severity string

// The severities.
const (
	High   Severity = "high"
	Medium Severity = "medium"
	Low    Severity = "low"
)

// Diagnosis is one thing that is wrong, and where.
type Diagnosis struct {
	Rule      string         `json:"rule"`
	Layer     string         `json:"layer,omitempty"` // "" where it is about the whole net
	Statistic string         `json:"statistic"`
	Value     trainer.Number `json:"value"`
	Threshold trainer.Number `json:"threshold"`
	// among past runs at the same layer position and epoch; null with fewer than 30
	Percentile trainer.Number `json:"percentile"`
	Epoch      trainer.Number `json:"epoch"` // null where the diagnosis is about the architecture alone
	Severity   Severity       `json:"severity"`
	Message    string         `json:"message"`
}

// Verdict says what became of a suggestion.
type Verdict string

// The verdicts.
const (
	NotTried Verdict = "not tried"
	NoGain   Verdict = "tried, no gain"
	Early    Verdict = "gained early" // after one epoch, and not trained to the probe's length
	Gained   Verdict = "verified"
)

// Verdicts lists them.
func Verdicts() []Verdict { return []Verdict{NotTried, NoGain, Early, Gained} }

// Suggestion is a package of edits with its reason and what is expected and verified of it.
type Suggestion struct {
	Rank      int           `json:"rank"`
	Title     string        `json:"title"`
	Rules     []string      `json:"rules"`
	Edits     []patch.Edit  `json:"edits"`
	Reason    string        `json:"reason"`
	Predicted *Expectation  `json:"predicted"` // by the architecture alone, before any training
	Verified  *Verification `json:"verified"`  // null: not tried
	Verdict   Verdict       `json:"verdict"`
}

// Expectation is a predicted test accuracy and its interval.
type Expectation struct {
	TestAccuracy float64 `json:"test_accuracy"`
	Low          float64 `json:"low"`
	High         float64 `json:"high"`
	HeldOutR2    float64 `json:"held_out_r2"` // of the forest that sees the architecture alone
}

// Verification is what a re-probe with the same seed showed.
type Verification struct {
	Run    string `json:"run"`
	Epochs int    `json:"epochs"` // of the re-probe
	// predicted final accuracy of the re-probe minus that of the original probe; null without a prediction
	Gain     trainer.Number `json:"gain"`
	Low      trainer.Number `json:"low"` // of the gain; null with a reason where one seed gives none
	High     trainer.Number `json:"high"`
	Reason   string         `json:"reason,omitempty"`
	Observed trainer.Number `json:"observed"` // difference of validation accuracy at the re-probe's end
}

// Revised is the architecture after the best suggestion.
type Revised struct {
	Architecture trainer.Architecture `json:"architecture"`
	Prediction   *Prediction          `json:"prediction"`
	Verified     bool                 `json:"verified"`
	Rank         int                  `json:"rank"` // of the suggestion that it follows
}

// Answer is advice with the run that trains, or trained, its revised architecture: what the command line prints and
// the service returns.
type Answer struct {
	Advice
	Training *Run `json:"training,omitempty"`
}
