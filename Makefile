# The project's commands. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
# Some machines forbid bytecode; every start would then compile its imports again, 2–3 times slower.
unexport PYTHONDONTWRITEBYTECODE
export DAGSTER_HOME ?= $(CURDIR)/warehouse/dagster
export DO_NOT_TRACK := 1

.DEFAULT_GOAL := help
.PHONY: help nightly test lint format dev demo bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

nightly: .venv/ready ## run the night (prepares the demo bureau when no extracts are there)
	@$(BIN)/zhibiao nightly --demo-if-empty

test: .venv/tools ## run all tests, and say which ten took longest
	@$(BIN)/pytest --durations=10

lint: .venv/tools ## ruff, mypy and sqlfluff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@cd dbt_project && ZHIBIAO_BUILD_DATABASE=:memory: ../$(BIN)/sqlfluff lint --disable-progress-bar .

format: .venv/tools ## put the Python code into its form
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

dev: .venv/ready ## open Dagster's pages, by the address that it prints
	@$(BIN)/zhibiao dev

demo: .venv/ready ## write the demo bureau's extracts anew
	@$(BIN)/zhibiao demo

bench: .venv/tools ## measure nights, readers and their parts against the bare engine
	@$(BIN)/python -m benchmarks.readers
	@$(BIN)/python -m benchmarks.landing
	@$(BIN)/python -m benchmarks.night
	@$(BIN)/python -m benchmarks.gates
	@$(BIN)/python -m benchmarks.excel

# All is resolved together, then told apart: what a night needs, and what tests and linters add.
RESOLVE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header
lock: .venv/ready ## resolve both lock files anew (no index address: any mirror serves)
	@$(RESOLVE) pyproject.toml --group build --group dev --upgrade -o .venv/all.lock
	@$(RESOLVE) pyproject.toml --group build -c .venv/all.lock --upgrade -o requirements.lock
	@$(RESOLVE) --group dev -c .venv/all.lock --upgrade -o requirements-dev.lock \
		$$(sed -n 's/==.*//p' requirements.lock | sed 's/^/--no-emit-package /')

clean: ## remove the environment and caches, never the warehouse
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis

# pip installs uv alone, by the hashes that stand in the lock; uv installs the rest.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
		{ echo "Python: expected 3.11 to 3.13, got $$($(PYTHON) --version 2>&1). Name one: make PYTHON=python3.11"; exit 1; }
	@echo "Setting up the environment in .venv …"
	@$(PYTHON) -m venv --clear .venv || \
		{ echo "venv: expected Python's venv module. On Debian: apt-get install python3-venv"; exit 1; }
	@awk '/^uv==/ {on = 1} on {print} on && !/\\$$/ {exit}' requirements.lock > .venv/uv.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r .venv/uv.lock
	@$(BIN)/uv pip install --quiet --python .venv --require-hashes --only-binary :all: \
		--compile-bytecode -r requirements.lock
	@$(BIN)/uv pip install --quiet --python .venv --no-deps --no-build-isolation --offline -e .
	@touch $@

# What tests and linters need beside: 0.4 GB on 1.2.
.venv/tools: .venv/ready requirements-dev.lock
	@echo "Adding the tools of tests and linters …"
	@$(BIN)/uv pip install --quiet --python .venv --require-hashes --only-binary :all: \
		--compile-bytecode -r requirements.lock -r requirements-dev.lock
	@touch $@
