# What a developer types. Needs git, make and Python 3.11 or newer, nothing else: each target
# builds the environment it runs in, from the hashed locks in requirements/, and keeps it until
# they change. `make PYTHON=python3.12 ...` names the interpreter, `make test ARGS="-k lake"` adds
# arguments.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test services-test lint bench docs oldest install lock clean

PYTHON ?=
ARGS ?=
WORKERS ?= auto
PYTEST_FLAGS := -n $(WORKERS) --maxprocesses 8 --dist worksteal
SERVICES := tests/catalog $(wildcard tests/*/test_s3*.py) tests/cli/test_data.py tests/test_credentials.py \
	tests/sources/yahoo tests/sources/massive/test_files.py

BASE := .venv
ALL := .venv-all
BIN := $(BASE)/bin

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

demo: $(BASE)/.installed ## load real prices, rank every built-in strategy, write the report
	@$(BIN)/hedgerow demo $(ARGS)

test: $(BASE)/.installed ## run the whole test suite
	@$(BIN)/pytest $(PYTEST_FLAGS) $(ARGS)

services-test: $(ALL)/.installed ## run the suites that need a database server, a bucket or an extra
	@sh tools/get_mariadb.sh .cache/services/mariadb || true
	@sh tools/get_s3_server.sh .cache/services/s3 || true
	@$(ALL)/bin/pytest $(PYTEST_FLAGS) $(SERVICES) $(ARGS)

lint: $(BASE)/.installed ## check style, file sizes, types and the import rules of the rooms
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python tools/check_file_sizes.py
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

bench: $(BASE)/.installed ## measure the reference job against pandas and the I/O floor
	@$(BIN)/python -m bench $(ARGS)

docs: $(ALL)/.installed ## build the documentation site into docs/_build/html
	@$(ALL)/bin/sphinx-build -E -a -W --keep-going -b html docs docs/_build/html $(ARGS)

oldest: $(BASE)/.installed ## run the suite with every direct dependency at its oldest allowed release
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-oldest
	$(BIN)/uv pip install --system-certs --python .venv-oldest --resolution lowest-direct \
		--group build --group test --editable .
	.venv-oldest/bin/pytest $(PYTEST_FLAGS) $(ARGS)

install: $(BASE)/.installed ## only build the environment that the other targets use

# --- environments -------------------------------------------------------------------------------
# Two, so that what only the optional parts need never holds the base back.

$(BASE)/.installed: requirements/base.txt requirements/uv.txt pyproject.toml tools/make_venv.sh
	@PYTHON="$(PYTHON)" sh tools/make_venv.sh $(BASE) $<
	@touch $@

$(ALL)/.installed: requirements/all.txt requirements/uv.txt pyproject.toml tools/make_venv.sh
	@PYTHON="$(PYTHON)" sh tools/make_venv.sh $(ALL) $<
	@touch $@

# --- locks --------------------------------------------------------------------------------------
# One file serves every platform and Python. Releases younger than two days wait: a bad one is
# usually withdrawn within hours. `make lock ARGS=--upgrade` takes newer releases; without it
# only what pyproject.toml asks for changes.

COMPILE := $(BIN)/uv pip compile --quiet --system-certs --universal --python-version 3.11 \
	--fork-strategy fewest --exclude-newer "2 days" --generate-hashes \
	--custom-compile-command "make lock" $(ARGS)
BASE_GROUPS := --group build --group test --group lint --group bench

lock: $(BASE)/.installed ## work out requirements/ again from pyproject.toml
	$(COMPILE) --group bootstrap -o requirements/uv.txt
	$(COMPILE) pyproject.toml $(BASE_GROUPS) -o requirements/base.txt
	$(COMPILE) pyproject.toml $(BASE_GROUPS) --group docs --group services --all-extras -o requirements/all.txt

clean: ## remove environments, caches and built pages; data stays
	rm -rf $(BASE) $(ALL) .venv-oldest .cache docs/_build dist
	rm -rf __pycache__ .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} +
