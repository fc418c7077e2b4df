// Package service tests package api as a client sees it: over real connections, on a real database, with every answer
// held against the OpenAPI document that the service serves. Training alone is replaced by a formula, so that the tests
// are fast and can stop the work at any epoch; cmd/probewise tests the service with real training.
//
// Read next: start_test.go (the service under test), contract_test.go, then the tests.
package service
