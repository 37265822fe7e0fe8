# The list of commands. Each does its own set-up: virtual environment, packages, the Temporal server.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# The platform is a dozen processes: without bytecode each of them would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# PYTHON names another interpreter; else the first of these that is 3.11 or later.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$name -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

# VIDEO is a file of yours, LANGUAGES a comma-separated list (empty: English alone); MANUAL=1 waits for a person at each
# gate, KEEP=1 leaves the platform running at the end. PROVIDER=google-sim goes through Google's client libraries to doubles
# of its services, of whose calls the share FAULTS fails.
DEMO = $(if $(VIDEO),'$(subst ','\'',$(VIDEO))') $(if $(filter undefined,$(origin LANGUAGES)),,--languages "$(LANGUAGES)") \
	$(if $(MANUAL),--manual) $(if $(KEEP),--keep) $(if $(PROVIDER),--provider $(PROVIDER)) $(if $(FAULTS),--faults $(FAULTS))
# TESTS narrows a run, such as TESTS=tests/schema or TESTS="-k vtt". The whole suite runs two files more than there are
# cores, since a file waits for a third of its time; each has a Postgres, a Temporal server and an object store of its own.
TESTS ?=
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
WHOLE = -n $(shell echo $$(($(CORES) < 3 ? $(CORES) + 2 : 4))) --dist loadfile --no-loadscope-reorder

# SEED chooses jobs and victims, MINUTES is how long processes are killed, JOBS how many jobs are in flight. After that AWAY
# names parts and for how many seconds each does not answer (storage, postgres, temporal), and RESTARTS how often each pool
# is restarted.
CHAOS = $(foreach option,SEED MINUTES JOBS AWAY RESTARTS,$(if $($(option)),--$(shell echo $(option) | tr A-Z a-z) $($(option))))

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(STAMP) ## Virtual environment, packages, the Temporal server
	@$(BIN)/python -m deploy.local.temporal ensure >/dev/null

# The Temporal server is downloaded or built beside the packages; what ends the one ends the other. uv takes seconds where
# pip takes minutes; pip is asked where uv does not know the way to the packages, such as to a mirror in pip's settings.
$(STAMP): pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ] && [ ! -x $(BIN)/python ]; then \
		echo "There is no Python 3.11 or later with venv here. Install one, or name it: make setup PYTHON=/path/to/python3.12" >&2; \
		exit 1; fi
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@echo "Obtaining the packages, and the Temporal server beside them"
	@$(BIN)/python -m deploy.local.temporal ensure >/dev/null & \
	trap "kill $$! 2>/dev/null || true" EXIT; \
	export PYTHONWARNINGS="ignore:Editable installation"; \
	pip="$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt"; \
	uv=$$(command -v uv || { $$pip uv >&2 && echo $(BIN)/uv; }) && \
		"$$uv" pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[local,test]' || \
		$$pip -e '.[local,test]'; \
	$(BIN)/python -m deploy.local.weights ensure || true; \
	touch $@; \
	wait $$!

.PHONY: weights
weights: setup ## The local models that could not be had at set-up
	@$(BIN)/python -m deploy.local.weights ensure

.PHONY: demo
demo: setup ## One video through every step (VIDEO=file LANGUAGES=es MANUAL=1 KEEP=1 PROVIDER=google-sim FAULTS=0.2)
	$(BIN)/python -m deploy.local.demo $(DEMO)

.PHONY: up
up: setup ## The whole platform on this machine, until Ctrl-C
	$(BIN)/python -m deploy.local up

.PHONY: test
test: setup ## What CI runs: lint, types, arrows, tests (TESTS=path narrows it)
	@said=$$(mktemp); trap 'kill $$lint 2>/dev/null || true; rm -f "$$said"' EXIT; \
	$(MAKE) --no-print-directory lint >"$$said" 2>&1 & lint=$$!; \
	tested=0; $(BIN)/python -m pytest $(or $(TESTS),$(WHOLE)) || tested=$$?; \
	linted=0; wait $$lint || linted=$$?; cat "$$said"; \
	if [ $$linted != 0 ]; then echo "Lint failed (above)."; fi; \
	exit $$((tested ? tested : linted))

.PHONY: long
long: setup ## The full sizes: 2 GiB uploads, an hour of video, a source over 4 GB, a ZIP of 20 GB, kills, outages and restarts for minutes
	$(BIN)/python -m pytest -m long --timeout 7200 $(TESTS)

.PHONY: chaos
chaos: setup ## Kill processes while jobs are in flight (SEED=1 MINUTES=5 JOBS=8 AWAY="storage:120" RESTARTS=10)
	$(BIN)/python -m tests.resilience.chaos $(CHAOS)

.PHONY: bench
bench: setup ## Benchmarks, as ratios within one run
	$(BIN)/python -m pytest -m bench --timeout 3600 -s $(TESTS)

.PHONY: fuzz
fuzz: setup ## The whole corpus of broken media, and many requests of every kind to each route
	$(BIN)/python -m pytest -m fuzz --timeout 7200 $(TESTS)

.PHONY: histories
histories: setup ## Record the workflow histories that the tests replay
	$(BIN)/python -m pytest -m record tests/workflows -k "not commands"
	$(BIN)/python -m pytest -m record tests/workflows -k commands

.PHONY: lint
lint: setup ## Style, format, types, and the arrows between the packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: setup ## Format the code and sort its imports
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: openapi
openapi: setup ## Write api/openapi.json again
	$(BIN)/python -m api.openapi

.PHONY: pictures
pictures: setup ## Take the README's pictures again, beside a running `make demo KEEP=1`
	$(BIN)/python -m deploy.pictures

.PHONY: migrate
migrate: setup ## Bring the database that DATABASE_URL names to the newest migration
	$(BIN)/python -m schema.migrations upgrade

.PHONY: clean
clean: ## Remove the environment, caches, outputs and the local data (asks first)
	@read -rp "This deletes .data with every local job. Type yes: " answer && [ "$$answer" = yes ]
	rm -rf $(VENV) .data out build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
