// Package gate rejects architectures with poor predictions: a policy in YAML, evidence about an architecture (its size,
// its predictions), and a verdict with an exit code for CI.
//
// Invariants: a rule that could not be judged makes its file "unevaluated" at any level, never passed; the verdict
// depends on policy, evidence and date alone; a policy is read whole or refused with all findings at once; no file is
// probed before all are valid.
//
// Read next: policy.go (what a policy says), verdict.go (how it is applied), check.go (the use case),
// findings.go (diagnoses as evidence), options.go.
package gate
