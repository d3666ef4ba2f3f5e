# One place for what a person runs. `make help` prints the lines marked with ##.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PACKAGES := sync server field_client
# Worker processes for the tests; 0 runs them in one process (for a debugger).
TEST_WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run test bench campaign lint format lock

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: $(VENV)/.installed ## a field day on this machine: server, devices, conflicts, export (keeps data/field-day)
	$(BIN)/python -m deploy.field_day --data data/field-day

test: $(VENV)/.installed ## all tests, with complete branch coverage of sync/
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --cov --cov-report=term

bench: $(VENV)/.installed ## how fast and how large, compared with the promised figures
	$(BIN)/python -m tests.bench

campaign: $(VENV)/.installed ## the long simulation and the long faults, a line a row: TAPAK_CAMPAIGN=<factor>, TAPAK_CAMPAIGN_HISTORIES=10000
	@failed=0; histories=$$(awk "BEGIN { print int($${TAPAK_CAMPAIGN_HISTORIES:-10000} * $${TAPAK_CAMPAIGN:-1}) }"); \
	if $(BIN)/python -m tests.simulation --histories $$histories; \
	then echo "A1   simulation: $$histories histories, nothing lost, nothing diverged  ok"; \
	else echo "A1   simulation: see above  FAIL"; failed=1; fi; \
	$(BIN)/python -m tests.faults || failed=1; \
	exit $$failed

lint: $(VENV)/.installed ## style, format, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports

format: $(VENV)/.installed ## rewrite the layout and import order of all Python files
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

# uv only makes the lock; installing needs nothing but pip.
lock: ## resolve requirements.lock anew from setup.cfg
	@uv_home=$$(mktemp -d) && trap 'rm -rf "$$uv_home"' EXIT \
	&& $(PYTHON) -m venv "$$uv_home" && "$$uv_home/bin/pip" install --quiet uv \
	&& "$$uv_home/bin/uv" pip compile --upgrade --universal --generate-hashes --python-version 3.11 \
		--all-extras --no-emit-index-url --custom-compile-command 'make lock' \
		setup.cfg --output-file requirements.lock >/dev/null
	@echo "requirements.lock is new; 'make test' installs it."

$(VENV)/.installed: setup.cfg pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Tapak needs Python 3.11 or later; $(PYTHON) is older. Try: make PYTHON=python3.11 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	|| { echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo 'Setting up $(VENV): a minute or two, once.'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/pip install --quiet --quiet --no-deps --editable .
	@touch $@
