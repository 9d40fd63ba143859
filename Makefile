# Every way into the project: what a person types here is what CI runs. All paths are relative, so that a folder with
# spaces in its name works; stamp files make the second run quick.

# The first Python that is new enough; the lock was made for 3.11, so that one is preferred.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell \
	$(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet

# More arguments for the tests: make test ARGS="tests/tracer -x"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test coverage lint types format bench evaluate wheel lock clean FORCE

help:
	@echo 'make demo      set up and run the bundled demonstration case'
	@echo 'make test      set up and run the tests          (ARGS="tests/tracer -x" goes to pytest)'
	@echo 'make coverage  the same, and say which lines no test reached'
	@echo 'make lint      house style; make format writes it'
	@echo 'make types     mypy --strict'
	@echo 'make bench     measurements, see docs/measurements.md'
	@echo 'make evaluate  how often deposit addresses are recognised, and wrongly'
	@echo 'make wheel     build the wheel into dist/'
	@echo 'make lock      resolve the locked dependencies anew'
	@echo 'make clean     remove what the other targets made'

demo: .venv/.runtime
	@.venv/bin/trace demo

test: .venv/.dev tests/lab/node_modules/.installed
	$(PY) -m pytest $(REPORT) $(ARGS)

coverage: REPORT := --cov --cov-report=term-missing:skip-covered
coverage: test

lint: .venv/.dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: .venv/.dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

types: .venv/.dev
	$(PY) -m mypy

bench: .venv/.dev tests/lab/node_modules/.installed
	$(PY) -m pytest -n 0 -s -o python_files="bench_*.py" tests/bench $(ARGS)

evaluate: .venv/.dev
	$(PY) -m tests.bench.evaluate $(ARGS)

wheel: .venv/.runtime
	rm -rf dist
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

# The resolver itself is the one tool that is not locked: nothing it installs is trusted without its hash.
lock: .venv/.dev
	$(PIP) install uv
	$(PY) -m uv pip compile --quiet --no-header --generate-hashes --python-version 3.11 \
		--group dev pyproject.toml -o requirements-dev.lock
	$(PY) -m uv pip compile --quiet --no-header --generate-hashes --python-version 3.11 \
		--constraint requirements-dev.lock pyproject.toml -o requirements.lock
	printf 'hatchling>=1.27\neditables>=0.5\n' | $(PY) -m uv pip compile --quiet --no-header --generate-hashes \
		--python-version 3.11 --constraint requirements-dev.lock - -o requirements-build.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .coverage htmlcov dist build tests/lab/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A virtual environment knows its own path: one that was moved or copied is made anew.
MADE_AT := $(shell cat .venv/.made 2>/dev/null)
ifneq "$(MADE_AT)" "$(CURDIR)"
.venv/.made: FORCE
endif

.venv/.made:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed, with its venv module.' >&2; exit 1; }
	$(PYTHON) -m venv $(if $(MADE_AT),--clear) .venv
	@pwd -P > $@

.venv/.runtime: .venv/.made requirements.lock requirements-build.lock pyproject.toml
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --require-hashes -r requirements-build.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# The test node: by the machine's npm, or by the one that came with the development requirements. Not `npm ci`: that wants
# the node of every platform in the lock file, and a registry need not have them all. What the lock names is checked by hash.
NPM_INSTALL := install --no-save --omit=dev --no-audit --no-fund --loglevel=error
tests/lab/node_modules/.installed: tests/lab/package-lock.json | .venv/.dev
	cd tests/lab && { command -v npm >/dev/null && npm $(NPM_INSTALL); } \
		|| PATH="$$PWD/../../.venv/bin:$$PATH" ../../.venv/bin/npm $(NPM_INSTALL)
	@touch $@
