# Everything that one does with this repository. The work is in scripts/.
# ARGS goes to the program: make demo ARGS="--help"

.DEFAULT_GOAL := help
.PHONY: help demo test setup ui build lint eval-falls eval-crowd bench-ingest bench-chaos bench-inference bench-watch bench-alerts bench-clocks bench-crash fuzz clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "GRIDWATCH_DATA   folder of footage and models (default: ../shared/data, if it is there)"
	@echo "GRIDWATCH_CACHE  where setup puts what it fetches (default: .cache)"

demo: ## install what is missing, build, and run the demo: falls on simulated cameras, a wall in the browser
	@scripts/demo.sh $(ARGS)

test: ## install what is missing, then check and test everything
	@scripts/test.sh all

setup: ## install what building and testing need: Debian packages, ONNX Runtime, Node, cargo-deny
	@scripts/setup.sh test

ui: ## build the web app, if it has changed
	@scripts/setup.sh demo
	@scripts/ui.sh build

build: ui ## build the program, with the web app in it, into target/release
	@cargo build --locked --release --bin gridwatch

lint: ## check format, lints, types, dependencies and the web app, without running the program
	@scripts/test.sh lint

eval-falls: ## run the fall detection over recorded clips; one line of JSON; ARGS="--html FILE" writes a page too
	@scripts/eval-falls.sh $(ARGS)

eval-crowd: ## count people in recorded pictures; one line of JSON; ARGS="--html FILE" writes a page too
	@scripts/eval-crowd.sh $(ARGS)

bench-ingest: ## measure what 1000 and 1500 cameras cost, beside the usual ways; one line of JSON a run
	@scripts/bench-ingest.sh $(ARGS)

bench-chaos: ## kick, silence, add and remove many of 1000 cameras at once; one line of JSON
	@scripts/bench-chaos.sh $(ARGS)

bench-inference: ## measure how fast the models are with each provider that can be had; a line of JSON for each ONNX Runtime
	@scripts/bench-inference.sh $(ARGS)

bench-watch: ## watch 1000 cameras all the way to the alerts: people on 50, falls on 5; one line of JSON
	@scripts/bench-watch.sh $(ARGS)

bench-alerts: ## measure the way from an observation to 500 screens; one line of JSON
	@scripts/bench-alerts.sh $(ARGS)

bench-clocks: ## measure how long after their time the clocks of 10,000 open alerts run out; one line of JSON
	@scripts/bench-clocks.sh $(ARGS)

bench-crash: ## kill a server 200 times on SQLite and 50 times on PostgreSQL, and look whether anything was lost; a line of JSON each
	@scripts/bench-crash.sh $(ARGS)

fuzz: ## give what reads the cameras random input for a minute; one line of JSON; ARGS: seconds for each target
	@scripts/fuzz.sh $(ARGS)

clean: ## remove what was built; what was fetched stays in .cache
	@cargo clean
	@rm -rf console-web/ui/dist tests/artifacts ingest/fuzz/target
