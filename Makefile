# vzaps-tui: everything runs from a virtual environment of its own in .venv
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# One more than CI has cores: tests wait now and then.
WORKERS ?= 3

.PHONY: demo test setup check format lint types unit coverage snapshots accept screenshots bench dist clean

demo: $(VENV)/.installed                 ## install the program and open it on the embedded emulator
	$(BIN)/vzaps-tui --demo

test: setup check unit                   ## install what tests need, run every check and test

setup: $(VENV)/.dev

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@ $(VENV)/.installed

check: lint types                        ## formatting, lint, layers, types, spelling, dependencies

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell vzaps_tui tests *.md Makefile pyproject.toml
	$(BIN)/deptry .

types: setup
	$(BIN)/basedpyright

unit: setup
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

coverage: setup                          ## the tests again, counting what they reach: at least 95 % of all branches
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal --cov --cov-report=term

format: setup                            ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

snapshots: setup                         ## compare pictures; a red run writes snapshot_report.html (never commit it)
	$(BIN)/python -m pytest tests/snapshots

accept: setup                            ## accept the pictures as they are now: look first
	$(BIN)/python -m pytest tests/snapshots --snapshot-update

screenshots: setup                       ## make screenshots/ anew from the emulator
	$(BIN)/python -m tests.tools.screenshots

bench: setup                             ## speed and memory, as ratios to baselines of the same run
	$(BIN)/python -m tests.bench

dist: setup                              ## build sdist and wheel
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) dist build .pytest_cache .ruff_cache .hypothesis htmlcov .coverage*
