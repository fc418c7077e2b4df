include .ci/versions.env

CUDA_HOME ?= /usr/local/cuda
TOOLS    := $(CURDIR)/.tools
LINTER   := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION)/golangci-lint
GO_FILES  = $(shell git ls-files '*.go')

.DEFAULT_GOAL := help
.PHONY: help setup build build-gpu fmt lint test test-slow test-gpu race browser bench generate ptx check-ptx barriers cover ci \
	bench-step bench-step-gpu bench-load bench-memory bench-optuna compare-torch compare-sklearn compare-safetensors compare-datasets own-photos compare-cuda

help: ## list the targets; ARGS=... hands arguments to a script
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(LINTER) ## fetch the modules and the pinned linter
	go mod download

$(LINTER):
	GOBIN=$(dir $@) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

build: ## build ./probewise: no cgo, one static file
	CGO_ENABLED=0 go build -trimpath -o probewise ./cmd/probewise

build-gpu: ## build ./probewise-gpu, for NVIDIA cards; needs gcc, and the headers and libcuda.so of CUDA 11 or 12 in $CUDA_HOME
	CGO_ENABLED=1 CGO_CFLAGS="-O2 -g -I$(CUDA_HOME)/include" CGO_LDFLAGS="-L$(CUDA_HOME)/lib64 -L$(CUDA_HOME)/lib64/stubs" \
		go build -trimpath -tags gpu -o probewise-gpu ./cmd/probewise

fmt: ## format the Go files
	gofmt -w $(GO_FILES)

lint: $(LINTER) ## go vet and golangci-lint
	go vet ./...
	$(LINTER) run

test: ## the tests; needs Go alone
	go test ./...

test-slow: ## those of over two seconds: README's commands, kill -9, forests of the shipped past runs
	go test -tags slow ./cmd/probewise ./test/readme

test-gpu: ## the tests of the GPU build on a device in software; needs g++. PROBEWISE_GPU=require: on the card
	test/softcuda/test.sh

race: ## every test under the race detector, in shuffled order; needs gcc
	CGO_ENABLED=1 go test -race -shuffle=on ./...

browser: ## the pages in Chromium, with and without scripts; needs Node 20 and Chromium
	cd test/browser && npm ci && node --test

bench: ## every benchmark, ten runs each, for benchstat
	go test -run '^$$' -bench . -benchmem -count 10 ./...

generate: ## make generated files again; must leave a clean tree
	go generate ./...

ptx: ## compile trainer/cuda/kernels.cu to PTX again; needs clang 14
	test/softcuda/ptx.sh trainer/cuda/kernels.cu trainer/cuda/kernels.ptx
	test/softcuda/ptx.sh test/softcuda/selftest/testdata/faults.cu test/softcuda/selftest/testdata/faults.ptx

check-ptx: ## is the PTX in the tree what clang 14 makes of the kernels? needs g++ too
	test/softcuda/check_ptx.sh

barriers: ## take the kernels' barriers out one at a time: which does test-gpu not miss? minutes; needs g++
	test/softcuda/barriers.sh

cover: ## test coverage per function, and cover.html
	go test -coverprofile=cover.out -coverpkg=./... ./...
	go tool cover -html=cover.out -o cover.html
	go tool cover -func=cover.out

ci: ## every check of the project, with the tools it needs; half an hour and more
	.ci/run

bench-step: ## time a training step here, in PyTorch and in TensorFlow
	bench/step.sh $(ARGS)

bench-step-gpu: ## the same on a card, here and in PyTorch
	bench/step_gpu.sh

bench-load: ## what 200 readers a second cost a probe that trains
	bench/load.sh $(ARGS)

bench-memory: ## the memory that runs are predicted to need, against what they take
	bench/memory.sh $(ARGS)

bench-optuna: ## let Optuna revise nets of bench/advice at the compute of advice; ARGS as the script says
	bench/advice/optuna.sh $(ARGS)

compare-torch: ## train here and in PyTorch from the same weights, and compare everything; needs Python
	interop/torch.sh $(ARGS)

compare-sklearn: ## predict learning curves with scikit-learn too: ARGS=CURVES.csv; needs Python
	interop/sklearn.sh $(ARGS)

compare-safetensors: ## compute with trained weights in NumPy, from the file alone; needs Python
	interop/safetensors.sh

own-photos: ## a folder of photos with every fault, from dataset add to advice; ARGS: an archive of photos in folders
	interop/photos.sh $(ARGS)

compare-datasets: ## read data sets that NumPy, pandas and PyArrow write; needs Python
	interop/datasets.sh

compare-cuda: ## hold the GPU build against NVIDIA's headers and assembler; needs g++ and Python, no card
	interop/cuda.sh
