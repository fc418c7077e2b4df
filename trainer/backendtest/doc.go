// Package backendtest is the conformance suite of trainer.Backend: every backend passes the same tests.
//
// Every operation runs at several shapes on seeded random data and is compared with kernel.Reference in double
// precision; the log has one line an operation, "parity op=ConvOp max_err=… tol=… PASS". The suite also proves that
// values after the used part of a buffer stay as they are, that inputs are not written, that the same calls give the
// same bits, and that short or foreign buffers are errors.
//
// Read next: run.go (what is proved), cases.go (at which shapes, on what data, to which tolerance).
package backendtest
