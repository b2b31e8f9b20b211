# One door to everything a newcomer or a developer does; every target does its own set-up, without root.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install servers check demo test test-fast chaos bench edge-bundle clean

VENV := .venv
PYTHON_OF_VENV := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
NEWEST := python3 python3.13 python3.12 python3.11
PYTHON ?= $(shell for one in $(NEWEST); do \
	"$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$one" && break; done)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## prepare .venv; done again only when pyproject.toml changes

$(INSTALLED): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none of '$(NEWEST)' is. Set PYTHON=/path/to/it." >&2; exit 1; }
	@test -x $(PYTHON_OF_VENV) || "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "'$(PYTHON) -m venv' failed; on Debian or Ubuntu install python3-venv." >&2; exit 1; }
	$(PYTHON_OF_VENV) -m pip install --quiet --editable '.[edge,cloud,sim,dev]'
	@touch $@

servers: install
	@$(PYTHON_OF_VENV) -m tests.support.servers
	@$(PYTHON_OF_VENV) -m tests.support.peers

demo: install ## a living government compound on this machine; ARGS="--seconds 60 --summary s.json" runs it unattended
	@$(PYTHON_OF_VENV) -m xietong demo $(ARGS)

check: install
	$(PYTHON_OF_VENV) -m ruff check .
	$(PYTHON_OF_VENV) -m ruff format --check .
	$(PYTHON_OF_VENV) -m mypy

# Logic and single processes share the cores; whole systems, kills and browsers have the machine to themselves.
SHARING := tests/architecture tests/unit tests/contract tests/golden tests/integration
ALONE := tests/e2e tests/browser

test: check servers ## all checks and all tests, with real servers where they can be had
	$(PYTHON_OF_VENV) -m pytest -n logical --dist loadfile $(SHARING) $(ARGS)
	$(PYTHON_OF_VENV) -m pytest $(ALONE) $(ARGS)

test-fast: check ## under 3 minutes: without the tests marked slow
	$(PYTHON_OF_VENV) -m pytest -n logical --dist loadfile -m "not slow" $(SHARING) $(ARGS)
	$(PYTHON_OF_VENV) -m pytest -m "not slow" $(ALONE) $(ARGS)

chaos: servers ## kills, freezes and full disks
	$(PYTHON_OF_VENV) -m pytest tests/chaos $(ARGS)

bench: install ## every benchmark, one after the other
	@set -e; for file in benchmarks/[a-z]*.py; do name=$$(basename "$$file" .py); \
		echo "== $$name"; $(PYTHON_OF_VENV) -m "benchmarks.$$name" $(ARGS); done

BUNDLE ?= dist/edge-aarch64
BUNDLE_FOR ?= --platform manylinux2014_aarch64 --platform manylinux_2_28_aarch64 --python-version 3.11 --only-binary=:all:

edge-bundle: install ## wheels of the edge for a 64-bit Raspberry Pi, to install without internet (--no-index --find-links)
	@rm -rf $(BUNDLE)
	@$(PYTHON_OF_VENV) -m pip wheel --quiet --no-deps --wheel-dir $(BUNDLE) .
	@$(PYTHON_OF_VENV) -m pip download --quiet --dest $(BUNDLE) $(BUNDLE_FOR) $(BUNDLE)/xietong-*.whl
	@ls $(BUNDLE)

clean: ## remove what make, the tests and the demo have produced
	rm -rf $(VENV) .cache .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
