# `make` lists the targets. The scripts behind them are in .ci.

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help demo test setup test-unit test-containers test-netem test-engines bench operating-characteristics images lint fuzz apidiff fmt clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-26s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Gate a good build of the shop and compare a careless one with it, in real containers
	@.ci/demo

test: setup ## Set up what is needed and run all tests
	@exports=$$(.ci/env); eval "$$exports"; status=0; \
	.ci/test-unit || status=$$?; \
	.ci/test-containers || status=$$?; \
	exit $$status

setup: ## Install the test tools and find or start a Docker Engine
	@.ci/setup

test-unit: ## Run what needs no container: race detector, random order
	@exports=$$(.ci/env); eval "$$exports"; .ci/test-unit

test-containers: ## Run the container suites in 2 parallel processes
	@exports=$$(.ci/env); eval "$$exports"; .ci/test-containers

test-netem: ## Run the network suites on a kernel that has netem
	@.ci/netem/run

test-engines: ## Run the container suites on Podman and on a present-day Docker Engine
	@.ci/engines

bench: ## Print the figures, each beside its reference
	@exports=$$(.ci/env); eval "$$exports"; go run ./chaostest/e2e/bench

operating-characteristics: ## Hold the statistics against their claims, in seeded simulations
	@go run ./matchers/stats/characteristics $(ARGS)

images: ## Make the images of the services under test
	@exports=$$(.ci/env); eval "$$exports"; go run ./chaostest/e2e/images/cmd/images

lint: ## Lint code, workflows and scripts; check go.mod and other platforms
	@.ci/lint

fuzz: ## Fuzz every parser of outside bytes for 30 s each, or for TIME
	@.ci/fuzz $(TIME)

apidiff: ## Say what changed in the exported API since main, or since BASE
	@.ci/apidiff $(BASE)

fmt: ## Format the code
	@go tool -modfile=.ci/tools/go.mod golangci-lint fmt ./...
	@cd testdata/services && go tool -modfile=../../.ci/tools/go.mod golangci-lint fmt --config=../../.golangci.yml ./...

clean: ## Remove built binaries, reports and test images
	rm -rf bin chaosgate-report
	@.ci/clean
