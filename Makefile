# Every target works on a machine with Python 3.11 or newer and make; the rest is fetched into .venv.
.DEFAULT_GOAL := help
.PHONY: help setup lock run run-pair check test bench clean

export PIP_DISABLE_PIP_VERSION_CHECK = 1
BIN := .venv/bin
CHANNEL ?= ferry
UV := .venv/uv/bin/uv
LOCK := $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --no-annotate --quiet

help:
	@echo "make run    try it: database, demo city and all processes on this machine"
	@echo "make run-pair  the same as two nodes, 12345 and 110, between them files alone (CHANNEL=https, middb: https, a joint database)"
	@echo "make test   all checks and tests"
	@echo "make check  style, types, storeys of the import contract, templates, scripts, migrations"
	@echo "make bench  measure this machine"
	@echo "make setup  only fetch what is needed (into .venv)"
	@echo "make lock   choose versions anew (requirements/*.txt, assets/package-lock.json)"
	@echo "make clean  remove what was fetched; the data in .liandong stays"

VENDOR := liandong/console/static/vendor
ASSETS := $(wildcard assets/*.json assets/*.mjs cities/*/city.toml)

# A .venv that was moved or copied with the folder is stale: its scripts name the old place.
ifneq ($(shell cat .venv/made-in 2>/dev/null),$(CURDIR))
.PHONY: .venv/ready
endif
ifeq ($(wildcard $(VENDOR)/.made),)
.PHONY: .venv/ready
endif

.venv/ready: requirements/setup.sh requirements/uv.txt requirements/node.txt requirements/lock.txt pyproject.toml $(ASSETS)
	@sh requirements/setup.sh

setup: .venv/ready

lock: setup
	$(LOCK) --upgrade -o requirements/uv.txt requirements/uv.in
	$(LOCK) --upgrade -o requirements/node.txt requirements/node.in
	$(LOCK) --upgrade --extra dev -o requirements/lock.txt pyproject.toml
	cd assets && rm -rf node_modules package-lock.json && npm install --package-lock-only --silent

run: setup
	@exec $(BIN)/liandong up

run-pair: setup
	@exec $(BIN)/liandong pair --channel $(CHANNEL)

check: setup
	@$(BIN)/python -m tests.check

test: check
	@$(BIN)/python -m tests.run

bench: setup
	@$(BIN)/python -m bench

clean:
	rm -rf .venv $(VENDOR) liandong/report/fonts assets/node_modules build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
