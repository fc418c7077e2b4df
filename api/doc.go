// Package api is the service: the REST interface under /v1, described by the OpenAPI document that it serves, and
// server-sent events; its subfolder pages has the pages for people. Handlers are thin: the use cases are those of
// advisor/service, which the command line shares, so that both answer with one JSON.
//
// Invariants: no training in a handler; a POST that starts work stores it in one transaction and answers 202; every
// error of /v1 is a problem document (RFC 9457) from one table; nothing that a client sent is repeated in an error but
// the names of its own members; what takes long and is not stored is computed in the background (computation.go).
//
// Read next: server.go (what is mounted), problem.go (from errors to statuses), advice.go, pastruns.go, then jobs
// (queue and events).
package api
