// Package pages is the service's web pages: the form, the progress of a job, the report on advice or a run, data sets,
// what past runs say, and the REST reference.
//
// Invariants: every page works without scripts, has no inline script or style, and escapes all that a user wrote. Pages
// read what the REST interface reads and compute nothing; what takes long is begun, and shown by a later visit.
//
// Read next: pages.go (what the pages need, and their addresses), form.go, progress.go, advice.go, run.go, pastruns.go,
// datasets.go; locate.go (the line that a finding is about).
package pages
