// Package features turns an architecture and the records of its probe into the numbers that a forest is fitted on.
//
// A vector has a version: another definition of any feature means another version, and forests are fitted on vectors of
// one version only. A missing value (a shorter net, a diverged run) is NaN. Test accuracy is never a feature, and
// neither is anything that depends on the machine. What a net has that past runs may not have, such as strides or
// augmentation, is a Trait: predictions warn of what no past run has.
//
// Read next: architecture.go and net.go (the net and its settings, what knobs change of it), curve.go (learning curve),
// aggregate.go (statistics), vector.go (the columns and their groups), trait.go (what the vector does not see).
package features
