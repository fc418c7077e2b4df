package advisor

import (
	"strings"
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
	DefaultBudget      = 1.0 // full trainings of the net that advice may take, the probe included
	QuickBudget        = 0.4
	DefaultSeeds       = 2 // that confirm a gain, as far as the budget allows
	MaxBudget          = 20.0
	MaxSeeds           = 8
	MinImages          = 20 // of a run, training and validation together
)

// Request asks for advice. Zero values mean: the default data set, 3 epochs of probe, at most 10,000 images, the
// architecture's own epochs and seed.
type Request struct {
	Dataset     string       `json:"dataset"`
	Probe       ProbeRequest `json:"probe"`
	Epochs      int          `json:"epochs,omitempty"` // of the full run, instead of the architecture's
	Suggestions int          `json:"suggestions"`      // at most this many
	Verify      bool         `json:"verify"`           // search and confirm; else the suggestions are not tried
	Train       bool         `json:"train"`            // train the revised architecture in full
	// Budget is how many full trainings of the net the answer may take, its probe included.
	Budget      float64     `json:"budget"`
	Effort      Effort      `json:"effort"` // what the budget is where it is not given
	Seeds       int         `json:"seeds"`  // that confirm a gain, as far as the budget allows
	Goal        Goal        `json:"goal"`
	Target      float64     `json:"target,omitempty"` // test accuracy that is to be reached, for GoalTarget
	Metric      Metric      `json:"metric,omitempty"` // what gains are of; "": Accuracy
	Constraints Constraints `json:"constraints"`
}

// Effort stands for a budget.
type Effort string

// The efforts: DefaultBudget, or QuickBudget, which leaves nothing for fresh seeds to confirm a gain.
const (
	Standard Effort = "standard"
	Quick    Effort = "quick"
)

// Goal says what a revision is for.
type Goal string

// The goals.
const (
	GoalAccuracy Goal = "accuracy" // more of it
	GoalShrink   Goal = "shrink"   // fewer parameters and operations at the same accuracy
	GoalTarget   Goal = "target"   // a test accuracy, with the smallest change that is expected to reach it
)

// ProbeRequest says how the probe is trained.
type ProbeRequest struct {
	Epochs int    `json:"epochs"`
	Images int    `json:"images"` // training and validation together
	Seed   uint64 `json:"seed"`
	Seeds  int    `json:"seeds,omitempty"` // probes of the net, each with a seed of its own; 0: 1
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
	RateTest         *RateTest            `json:"rate_test"` // of the net, before the search; null: none was made
	Search           *Search              `json:"search"`    // null: nothing was tried
	// Summary is the answer in one sentence.
	Summary       string     `json:"summary,omitempty"`
	Revised       *Revised   `json:"revised"`
	RevisedReason string     `json:"revised_reason,omitempty"` // why there is none: "no change advised: …"
	Compute       Compute    `json:"compute"`
	TrainingRun   *string    `json:"training_run"`
	Created       time.Time  `json:"created"`
	Started       *time.Time `json:"started"`
	Finished      *time.Time `json:"finished"`
}

// Compute is what the answer cost.
type Compute struct {
	ProbeFLOPs        float64 `json:"probe_flops"`
	VerificationFLOPs float64 `json:"verification_flops"` // of the search, its range test included
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
	Probes       int     `json:"probes,omitempty"` // that it is the mean of what is predicted from
	// LevelKnown is false where so few runs of the data set are known that the prediction puts networks in order, but
	// rests on other data sets for how high it is.
	LevelKnown bool    `json:"level_known"`
	Forest     string  `json:"forest"`      // id of the fitted model
	HeldOutR2  float64 `json:"held_out_r2"` // of the forest that predicts, on its past runs
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
	// Explains names the rules whose findings follow from this one and are told with it.
	Explains []string `json:"explains,omitempty"`
}

// Verdict says what a suggestion is found to be.
type Verdict string

// The verdicts. Better has been shown by seeds that did not choose the suggestion.
const (
	Better         Verdict = "better"
	ProbablyBetter Verdict = "probably_better"
	NoDifference   Verdict = "no_clear_difference"
	Worse          Verdict = "worse"
	NotTried       Verdict = "not_tried"
)

// Verdicts lists them.
func Verdicts() []Verdict { return []Verdict{Better, ProbablyBetter, NoDifference, Worse, NotTried} }

// Words is the verdict as people read it: "no clear difference".
func (v Verdict) Words() string { return strings.ReplaceAll(string(v), "_", " ") }

// Suggestion is a package of edits with its reason and what is known of its worth.
type Suggestion struct {
	Rank      int           `json:"rank"`
	Title     string        `json:"title"`
	Rules     []string      `json:"rules"`    // that propose it; none where the search alone does
	Settings  []string      `json:"settings"` // of knobs, that it consists of
	Edits     []patch.Edit  `json:"edits"`
	Diff      []string      `json:"diff"` // the edits in words
	Reason    string        `json:"reason"`
	Predicted *Expectation  `json:"predicted"` // after the change; null without a prediction or a gain
	Gain      *Gain         `json:"gain"`      // null where none can be foretold
	Trial     *Trial        `json:"trial"`     // null: not tried
	Verified  *Verification `json:"verified"`  // null: no fresh seed has shown it
	Verdict   Verdict       `json:"verdict"`
	Parts     []Part        `json:"parts,omitempty"` // of a suggestion of several settings
}

// Gain is what a change is worth, in the metric on test images in full training: after minus before.
type Gain struct {
	Mean       float64 `json:"mean"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"` // of the interval low…high
	// Seeds that did not choose the change and that the gain rests on; 0: it is foretold from the trial that chose it, or
	// before any
	Seeds int `json:"seeds"`
	// Noise is the standard deviation of the difference that another seed alone makes in a net like this one.
	Noise float64 `json:"noise"`
	Pairs int     `json:"pairs"` // of past runs with and without a change, that it was learnt from
	// Metric is what it is of; absent where that is accuracy. What was learnt of accuracy is taken for the others.
	Metric Metric `json:"metric,omitempty"`
}

// Part is one setting of a suggestion.
type Part struct {
	Title string `json:"title"`
	// Gain is what the suggestion is foretold to lose without this part.
	Gain trainer.Number `json:"gain"`
}

// Expectation is a predicted test accuracy and its interval.
type Expectation struct {
	TestAccuracy float64 `json:"test_accuracy"`
	Low          float64 `json:"low"`
	High         float64 `json:"high"`
}

// Trial is how far a search trained a suggestion, with the seed of the probe.
type Trial struct {
	Run      string         `json:"run"`
	Epochs   float64        `json:"epochs"`
	Observed trainer.Number `json:"observed"` // difference of validation accuracy at its end
	Cost     float64        `json:"cost"`     // of an epoch, in epochs of the net
}

// Verification is what seeds showed that did not choose the suggestion.
type Verification struct {
	Run    string         `json:"run"`    // of the first of those seeds
	Epochs int            `json:"epochs"` // of each run
	Gain   trainer.Number `json:"gain"`   // in full training; null where none can be foretold
	Low    trainer.Number `json:"low"`
	High   trainer.Number `json:"high"`
	Reason string         `json:"reason,omitempty"` // why there is no gain
	// mean difference of validation accuracy at the end of the runs, to the net that the last round of the search began
	// with
	Observed trainer.Number `json:"observed"`
	Seeds    []uint64       `json:"seeds"`
}

// Search is what was spent on the suggestions, and how it was decided.
type Search struct {
	Budget float64      `json:"budget"` // full trainings of the net, its probe and range test included
	Spent  float64      `json:"spent"`
	Rounds int          `json:"rounds"`
	Steps  []SearchStep `json:"steps"`
}

// SearchStep is one decision of a search.
type SearchStep struct {
	Round   int     `json:"round"`
	Epochs  float64 `json:"epochs"`  // to which the candidates were trained
	Confirm bool    `json:"confirm"` // with fresh seeds
	Kept    int     `json:"kept"`    // of the candidates, that went on
	Spent   float64 `json:"spent"`   // full trainings so far
	Tried   []Tried `json:"tried"`   // the best first
}

// Tried is a candidate at one step of a search.
type Tried struct {
	Title    string         `json:"title"`
	Observed trainer.Number `json:"observed"`
	Gain     float64        `json:"gain"` // foretold
	Low      float64        `json:"low"`
	High     float64        `json:"high"`
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
