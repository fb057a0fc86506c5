# make run        the firmware on a virtual pack, in real time
# make test       everything that CI runs
# make scenarios  the stories, each with its timeline
# make soc        the gauge on recordings, with plots
# make balance    the balancer on a simulated session, with a plot
# make bench      what is measured; make campaign: the long runs
# make deploy     onto a board or into a folder; also size, flash, firmware, repl
# Each sets up what it needs: a virtual environment in .venv, tools in build/.

SHELL := /bin/sh
.DEFAULT_GOAL := help

HOST_PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
READY := $(VENV)/ready
TYPINGS := build/typings/ready

# `make run PYTHON=micropython` runs the same on MicroPython.
PYTHON ?= python
RUNNER = $(if $(filter micropython,$(PYTHON)),$(or $(MICROPYTHON),$(BIN)/micropython),$(PY))
DEVICE := firmware hal protection balancing ble boards
OPTIONS := $(filter-out HOST_PYTHON=% PYTHON=% MICROPYTHON=%,$(MAKEOVERRIDES))

.PHONY: help run radio-test test check scenarios schema bench campaign upy32 clean
.PHONY: soc profiles balance deploy size flash firmware repl

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -n 8

$(READY): tests/requirements.txt
	@$(HOST_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set HOST_PYTHON=python3.x")'
	$(HOST_PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

$(TYPINGS): tests/stubs.txt $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --upgrade --target build/typings -r tests/stubs.txt
	@touch $@

run: $(READY)
	@$(RUNNER) -m hal.virtual $(OPTIONS)

radio-test: $(READY)
	@$(PY) -m tests.radio

scenarios: $(READY)
	@$(PY) -m tests.play_all

schema: $(READY)
	@mkdir -p build && $(PY) -m tests.schema build/schema.json

check: $(READY) $(TYPINGS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(PY) -m tests.compile_all
	$(BIN)/mypy --config-file tests/mypy.ini

test: check upy32
	$(PY) -m tests.all

# The gauge on recordings beside a plain counter; the balancer on a simulated session.
soc: $(READY)
	@$(PY) -m tests.soc $(OPTIONS)

profiles: $(READY)
	@$(PY) -m tests.make_profiles

balance: $(READY)
	@mkdir -p build && $(PY) -m tests.balance --plot build/balance.png

# Onto a board, or into a folder: make deploy DEST=folder [BOARD=…] [AIOBLE=folder], the
# folder of the package aioble or the one above it, as for radio-test.
deploy size flash firmware repl: $(READY)
	@$(PY) -m tests.deploy $@ $(filter-out HOST_PYTHON=%,$(MAKEOVERRIDES))

bench: $(READY) upy32
	$(PY) -m tests.bench

campaign: $(READY) upy32
	$(PY) -m tests.campaign $(SCALE)

# A 32-bit MicroPython, where Debian's packages can be had.
upy32: $(READY)
	@if [ ! -x build/upy32/micropython ] && command -v apt-get >/dev/null && command -v dpkg >/dev/null; then \
	  tests/upy/fetch32.sh build/upy32 || { echo "no 32-bit MicroPython could be fetched"; [ -z "$$CI" ]; }; fi

clean:
	rm -rf build $(VENV) .coverage .pytest_cache .ruff_cache .mypy_cache
