include .ci/versions.env

TOOLS    := $(CURDIR)/.tools
LINTER   := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION)/golangci-lint
GO_FILES  = $(shell git ls-files '*.go')

.DEFAULT_GOAL := help
.PHONY: help setup build fmt lint test race browser bench generate cover

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(LINTER) ## fetch the modules and the pinned linter
	go mod download

$(LINTER):
	GOBIN=$(dir $@) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

build: ## build ./probewise: no cgo, one static file
	CGO_ENABLED=0 go build -trimpath -o probewise ./cmd/probewise

fmt: ## format the Go files
	gofmt -w $(GO_FILES)

lint: $(LINTER) ## go vet and golangci-lint, with the import directions
	go vet ./...
	$(LINTER) run

test: ## every test; needs Go alone
	go test ./...

race: ## every test under the race detector, in shuffled order; needs gcc
	CGO_ENABLED=1 go test -race -shuffle=on ./...

browser: ## the pages in Chromium, with and without scripts; needs Node 20 and Chromium
	cd test/browser && npm ci && node --test

bench: ## every benchmark, ten runs each, for benchstat
	go test -run '^$$' -bench . -benchmem -count 10 ./...

generate: ## make generated files again; must leave a clean tree
	go generate ./...

cover: ## test coverage per function, and cover.html
	go test -coverprofile=cover.out -coverpkg=./... ./...
	go tool cover -html=cover.out -o cover.html
	go tool cover -func=cover.out
