package advisor

import "probewise/trainer"

// Case is what the rules look at: an architecture and the records of its probe.
type Case struct {
	Architecture trainer.Architecture
	Shapes       []trainer.Shape // output of each layer, in the order of Architecture.All
	Cost         trainer.Cost
	Records      []trainer.EpochRecord
	Outcome      trainer.Outcome
	Full         trainer.Budget // of the full run that the probe begins; zero: not known
	Reference    Reference      // past runs of the same key; never nil, may know nothing
}

// Reference tells where a value stands among past runs of the same key.
type Reference interface {
	// Values returns the sorted finite values of the quantity in past runs, one per layer in the third.
	Values(q Quantity) []float64
	// Runs is the number of past runs.
	Runs() int
}

// Quantity names one statistic at one third of a net and one epoch; Measure reads it from a run's records.
type Quantity struct {
	Statistic    *trainer.Statistic // of the catalogue
	Third        trainer.DepthThird // of the layers that it is of
	Epoch        float64
	Acceleration bool // of the statistic up to Epoch, instead of its value
}

// Theme groups proposals that are combined into one package of edits.
type Theme string

// The themes.
const (
	Stabilise  Theme = "stabilise the training" // learning rate, clipping, initialiser, activation
	Regularise Theme = "regularise the higher layers"
	Reshape    Theme = "reshape the ladder"   // filters, dense widths, number of dense layers
	Retune     Theme = "retune the training"  // learning rate, optimizer, schedule, batch size
	Rework     Theme = "rework the whole net" // a recipe: several of the others at once
)

// Themes lists them in the order in which their changes are applied: layers are reshaped before what remains is
// regularised.
func Themes() []Theme { return []Theme{Rework, Reshape, Regularise, Stabilise, Retune} }

// Proposal is a change that a rule asks for.
type Proposal struct {
	Rule  string
	Theme Theme
	// Setting is the name of the knob's setting that the change is; "" where it is none of the catalogue's.
	Setting string
	Title   string // imperative, with layers and values: "Add L2 1e-3 to dense1 and dense2"
	Reason  string // names layer, statistic, value, threshold or percentile, epoch, and what the edit is expected to move
	// Revise changes the architecture, finding layers by name; layers that are gone, or already as wanted, are left alone.
	Revise func(*trainer.Architecture)
}
