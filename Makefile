# Needs GNU make and Python 3.11 or newer; the rest goes into .venv.
#
#   make            install into .venv and generate mock_outputs/ from specs/
#   make test       all that CI checks: lint, types, import layers, tests, coverage
#   make test-long  all tests at their full size: every kill, every example; hours
#   make corpus     compare all that the program makes and says of hundreds of specs with golden
#                   files; CORPUS=--update makes the difference the new behaviour
#   make lint       the first three of these
#   make format     put the code into its form
#   make docs       build the documentation as a site, build/site/; a dead link is an error
#   make bench      compare with other tools; BENCH="--count 100000" passes options on
#   make bench-publish   put the tables and pictures of the last run into the documentation
#   make clean      remove .venv and what the tools keep
#
# PYTHON names another interpreter (make PYTHON=python3.13), WORKERS the number of test processes.

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
.PHONY: run test test-long corpus lint layers types style format docs bench bench-publish clean

WORKERS ?= 2
BIN := .venv/bin
STAMP := .venv/installed-for-pyproject

# The first that runs and is new enough; asked only when .venv has to be made.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python3.14 python,\
	$(if $(filter new,$(shell $(name) -c 'import sys; print("new" if sys.version_info >= (3, 11) else "old")' 2>/dev/null)),$(name))))

run: $(STAMP)
	$(BIN)/mockgen-watch generate

test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term

test-long: $(STAMP)
	MOCKGEN_LONG_TESTS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "long or not long"

corpus: $(STAMP)
	$(BIN)/python -m tests.corpus $(CORPUS)

lint: style types layers

style: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(STAMP)
	$(BIN)/mypy

layers: $(STAMP)
	$(BIN)/lint-imports --no-logo

format: $(STAMP)
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

# The variable silences an advertisement that would look like an error.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

bench: $(STAMP)
	$(BIN)/python -m benchmarks.compare $(BENCH)

bench-publish: $(STAMP)
	$(BIN)/python -m benchmarks.publish $(BENCH)

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or newer was found; name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is not Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv benchmarks/.env build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find mockgen_watch tests -name __pycache__ -type d -prune -exec rm -rf {} +
