# The same five words on a laptop and in CI. Needed beforehand: make, and Python 3.11 or newer.
#
#   make run     install what a run needs into .venv, and run two studies     OUT=folder for another place
#   make lab     install the lab too, and open it in a browser             ARGS="--port 9000 --no-browser"
#   make test    install the development tools too, and run all tests          ARGS="tests/cli -k name" for some
#   make test-long   the coverage of every interval by simulation at full size, a quarter of an hour
#   make coverage    the same simulation, written into docs/coverage.md
#   make check   lint, format, types, and the walls between packages
#   make bench   compare side by side on this machine
#   make docs    write docs/cli.md, docs/glossary.md and the outputs of the notebooks again, and check them
#   make pins    write constraints.txt again from pyproject.toml (needs uv)
#
# make PYTHON=/path/to/python3.12 run   picks the Python that .venv is made with.

SHELL := /bin/bash
.DEFAULT_GOAL := run
.PHONY: run lab test test-long coverage check bench docs pins
.DELETE_ON_ERROR:

OUT ?= seedbed-runs
ARGS ?=
BIN := .venv/bin
RIGHT := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	"$$name" -c "$(RIGHT)" >/dev/null 2>&1 && { echo "$$name"; break; }; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Files are compiled when they are first imported, which is most of the installing saved. Where this variable forbids
# Python to keep what it compiled, every process would compile everything again: ten seconds and more.
export PYTHONDONTWRITEBYTECODE :=
INSTALL := $(PIP) install --no-compile --constraint constraints.txt

run: .venv/installed
	$(BIN)/seedbed run four_settings neuron_surfaces --out $(OUT)

lab: .venv/installed-lab
	$(BIN)/seedbed lab --out $(OUT) $(ARGS)

test: .venv/installed-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -q -m "not long" $(ARGS)

test-long: .venv/installed-dev
	$(BIN)/python -m pytest -n 2 -q -m long $(ARGS)

coverage: .venv/installed-dev
	$(BIN)/python -m tests.stats.simulation > docs/coverage.new
	mv docs/coverage.new docs/coverage.md

check: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo

bench: .venv/installed-bench
	$(BIN)/python -m benchmarks $(ARGS)

docs: .venv/installed-dev
	$(BIN)/python -m seedbed.cli.manual > docs/cli.md
	$(BIN)/python -m seedbed.report.glossary > docs/glossary.md
	$(BIN)/python -m tests.house.notebooks
	$(BIN)/python -m pytest -q tests/house

pins:
	uv pip compile pyproject.toml --extra dev --output-file constraints.txt --upgrade \
		--universal --python-version 3.11 --no-header --no-annotate --quiet

.venv/made:
	@test -n "$(PYTHON)" || { echo "seedbed needs Python 3.11 or newer, found $$(python3 --version 2>/dev/null \
		|| echo none); install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c "$(RIGHT)" || { echo "seedbed needs Python 3.11 or newer, $(PYTHON) is $$("$(PYTHON)" --version \
		2>&1); name another: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" -m venv .venv || { echo "$(PYTHON) could not make .venv (see above); on Debian and Ubuntu: \
	apt install python3-venv" >&2; rm -rf .venv; exit 1; }
	@touch $@

.venv/installed: .venv/made pyproject.toml constraints.txt
	@echo "installing what a run needs into .venv (about a minute, once)"
	@$(INSTALL) --editable .
	@touch $@

.venv/installed-lab: .venv/installed
	@echo "installing the server of the lab into .venv (once)"
	@$(INSTALL) --editable '.[lab]'
	@touch $@

.venv/installed-bench: .venv/installed
	@echo "installing what is compared with into .venv (once)"
	@$(INSTALL) --editable '.[bench]'
	@touch $@

.venv/installed-dev: .venv/installed
	@echo "installing the development tools into .venv (once)"
	@$(INSTALL) --editable '.[dev]'
	@touch $@
