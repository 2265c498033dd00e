# Two commands do everything on a fresh machine with Python 3.11 or later:
#   make demo   sets up, runs the study of Noordoost-Nederland, prints where the map is
#   make test   sets up, checks and tests

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
OUT ?= out/noordoost

.DEFAULT_GOAL := help
.PHONY: help setup demo test suite fuzz lint bench golden data schemas clean

help:
	@echo "make demo    run the shipped study of Noordoost-Nederland (map, report, tables)"
	@echo "make test    check style and types, run every test"
	@echo "make fuzz    draw the examples of all properties freely, FUZZ times as many (5)"
	@echo "make setup   only set up the environment for development"
	@echo "make lint    only check style and types"
	@echo "make bench   time the commands, the engines and the network build beside their peers (BENCH=--quick: in small)"
	@echo "make golden  keep what every command writes in out/golden; GOLDEN=DIR: and compare with the recording DIR"
	@echo "make data    rewrite data/ from the source tables (IMPACT_SHARED or ../shared/data)"
	@echo "make schemas rewrite docs/*.schema.json, by which editors complete and check study.toml and claims.toml"
	@echo "make clean   remove the environment and everything that was made"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "impact needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable .
	@touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable ".[test]"
	@touch $(VENV)/.run $@

setup: $(VENV)/.test

demo: $(VENV)/.run
	$(BIN)/impact demo --out $(OUT)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# style and types are checked beside the tests, whose summary comes last
test: $(VENV)/.test
	@$(MAKE) --no-print-directory --jobs=2 lint suite

suite: $(VENV)/.test
	$(BIN)/python -m pytest --numprocesses=logical --dist=loadfile

FUZZ ?= 5

fuzz: $(VENV)/.test
	IMPACT_FUZZ=$(FUZZ) $(BIN)/python -m pytest --numprocesses=logical --dist=loadfile

# the extracts are not shipped: without them only the first benchmark runs
EXTRACTS ?= $(wildcard $(or $(IMPACT_SHARED),../shared/data)/osm/*.osm.pbf)

# of the largest extract a network of Dutch size is made; BENCH=--quick does the same in small
BENCH_NETWORK ?= $(firstword $(filter %rhein_neckar.osm.pbf,$(EXTRACTS)) $(EXTRACTS))

bench: $(VENV)/.test
	$(PIP) --editable ".[bench]" || echo "peers cannot be installed here: they are left out"
	$(BIN)/python scripts/bench_commands.py
	$(BIN)/python scripts/bench.py
	$(BIN)/python scripts/bench_optimise.py
	$(BIN)/python scripts/bench_sweep.py
	$(BIN)/python scripts/bench_spread.py
	$(BIN)/python scripts/bench_transit.py $(BENCH)
	$(if $(BENCH_NETWORK),$(BIN)/python scripts/bench_engines.py $(BENCH_NETWORK) --plot out/engines.png $(BENCH),@echo "no OpenStreetMap extract to make a network of Dutch size of: set IMPACT_SHARED or EXTRACTS")
	$(if $(shell command -v chromedriver),$(BIN)/python scripts/bench_explorer.py,@echo "no chromedriver: the explorer is not measured")
	$(if $(EXTRACTS),$(BIN)/python scripts/bench_osm.py $(EXTRACTS),@echo "no OpenStreetMap extracts: set IMPACT_SHARED or EXTRACTS")
	$(if $(EXTRACTS),$(BIN)/python scripts/bench_routers.py $(filter-out %netherlands_2021.osm.pbf,$(EXTRACTS)))

golden: $(VENV)/.test
	$(BIN)/python scripts/golden.py record out/golden
	$(if $(GOLDEN),$(BIN)/python scripts/golden.py compare $(GOLDEN) out/golden)

data: $(VENV)/.run
	$(BIN)/python scripts/build_data.py

schemas: $(VENV)/.run
	$(BIN)/python scripts/schemas.py

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
