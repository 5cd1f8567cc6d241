# Chancery. `make` alone lists what can be made.

SHELL := /bin/sh
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.tools/bin:$(PATH)

# These stay without I/O, so that they can be reasoned about alone.
PURE := domain contract transparency timestamp

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: tools
tools: ## fetch nats-server and cargo-nextest if this machine has none
	@deploy/nats/fetch-server.sh
	@.ci/tool cargo-nextest

# First, because a build takes minutes and this is what may fail.
.PHONY: server
server:
	@deploy/nats/fetch-server.sh >/dev/null

.PHONY: build
build: ## compile everything
	cargo build --locked --workspace

.PHONY: run
run: server build ## start the whole register with samples, until Ctrl-C
	@NATS_SERVER=$$(deploy/nats/fetch-server.sh) && export NATS_SERVER && \
		exec target/debug/chancery serve --log-level warn --samples tests/samples

.PHONY: demo
demo: server build ## record two reports, ask, correct a name, brief a minister, stop
	@NATS_SERVER=$$(deploy/nats/fetch-server.sh) && export NATS_SERVER && deploy/local/demo.sh target/debug/chancery

.PHONY: test
test: ## run every test against real servers
	cargo test --locked --workspace --doc
	@.ci/tool cargo-nextest >/dev/null
	NATS_SERVER=$$(deploy/nats/fetch-server.sh) cargo nextest run --locked --workspace

.PHONY: browser
browser: ## follow the register with headless Chromium (needs Node; Chromium is fetched if it can be)
	@.ci/tool cargo-nextest >/dev/null
	CHROMIUM=$$(.ci/browser) && NATS_SERVER=$$(deploy/nats/fetch-server.sh) && export CHROMIUM NATS_SERVER && \
		cargo nextest run --locked --workspace --run-ignored only -E 'package(system-tests) & test(browser)'

.PHONY: attack
attack: ## tamper with a register of 200,000 events in six ways, each of which must be found (minutes; EVENTS=N)
	@.ci/tool cargo-nextest >/dev/null
	NATS_SERVER=$$(deploy/nats/fetch-server.sh) cargo nextest run --locked --workspace --run-ignored only --no-capture \
		-E 'package(system-tests) & test(tampering)'

.PHONY: receivers
receivers: ## have webhooks verified by libraries of other languages (needs Node and Python with pip)
	@.ci/tool cargo-nextest >/dev/null
	@.ci/receivers
	NATS_SERVER=$$(deploy/nats/fetch-server.sh) cargo nextest run --locked --workspace --run-ignored only \
		-E 'package(system-tests) & test(receivers)'

.PHONY: check
check: ## formatting, lints, walls, documentation, dependency policy
	cargo fmt --all --check
	@.ci/pure $(PURE)
	@.ci/paths $(shell git ls-files "*.md")
	@.ci/policy
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps

.PHONY: bench
bench: ## measure against the raw ceilings of this machine (optimised build, minutes; BENCH=--quick is rough)
	NATS_SERVER=$$(deploy/nats/fetch-server.sh) cargo bench --locked -p system-tests --bench register -- $(BENCH)

.PHONY: clean
clean: ## remove what was built; fetched tools and the data in var/ stay
	cargo clean
