// Package api is the place of the REST service: thin handlers over the use cases of advisor.Desk, wire types, and one
// table from errors to statuses. The program has no service in this version; the command line uses the same Desk, so
// that both answer with one JSON.
//
// Invariants to keep: no training in a handler; a POST that starts work stores it in one transaction and answers 202.
//
// Read next: advisor/desk.go.
package api
