# The commands of the project; CONTRIBUTING.md says which to use when.
PYTHON ?= python3
REPLICATIONS ?= 64
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CACHES := .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage

.PHONY: help venv run test coverage bounds lint docs locale findings example notebooks bench clean

help:
	@echo "make run     simulate the default scenario ($(REPLICATIONS) replications) and plot it"
	@echo "make test    run all tests"
	@echo "make coverage, make bounds   run some of them in plain Python; with bounds checked"
	@echo "make lint    check style, types, layers and spelling"
	@echo "make docs    write the generated pages of docs/, and build all as a site to open from disk: build/site/index.html"
	@echo "make locale  bring the translations in step with the messages, and list what is missing"
	@echo "make findings   run what docs/findings.md needs (a quarter of an hour on two free cores) and write it"
	@echo "make example    write results/example and the figures that README shows, from the default scenario"
	@echo "make notebooks  run all notebooks and write their outputs"
	@echo "make bench   measure speed and memory, and print tables"
	@echo "make venv    set up $(VENV) only; every other command does so by itself"
	@echo "make clean   delete $(VENV) and caches, keep results"

venv: $(STAMP)

$(STAMP): requirements.lock setup.cfg
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "auylsim needs Python 3.11 or newer, and $(PYTHON) is not. If you have one, name it: make run PYTHON=python3.11" >&2; \
	  exit 1; }
	@echo "Setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: venv
	$(BIN)/auylsim run scenarios/zhetysu-2026-2028.yaml --replications $(REPLICATIONS)

test: venv
	$(BIN)/python -m pytest -n 2

# What is compiled shows no tool which lines ran: these few tests reach most of the model in plain Python.
COVERING := tests/properties/test_processes.py::test_both_engines_give_the_same_bits tests/engine/test_clockwork.py \
  tests/oracles/test_appraisal.py $(addprefix tests/model/test_,appraisal.py candidate.py herd.py supply.py water.py)

coverage: venv
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest --cov=sim.model --cov=sim.engine --cov-fail-under=90 $(COVERING)

bounds: venv
	NUMBA_BOUNDSCHECK=1 $(BIN)/python -m pytest tests/engine tests/properties/test_engines.py

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy sim tools
	$(BIN)/lint-imports
	$(BIN)/codespell
	@! grep -rnE --include='*.py' '\bnjit\b|numba\.jit|(from|import) numba' sim | grep -v '^sim/kernel\.py:' \
	  || { echo "compile with sim.kernel.kernel only" >&2; exit 1; }

docs: venv
	$(BIN)/python -m tools.reference
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --config-file tools/mkdocs.yml
	@echo "Built: build/site/index.html"

locale: venv
	$(BIN)/python -m tools.catalogues

# Stored runs are gone on with; after a change of the program: make findings FLAGS=--fresh
findings: venv
	$(BIN)/auylsim findings $(FLAGS)

# FLAGS=--fresh likewise
example: venv
	$(BIN)/python -m tools.example $(FLAGS)

notebooks: venv
	$(BIN)/python -m tools.notebooks

bench: venv
	$(BIN)/python -m benchmarks.table

clean:
	rm -rf $(VENV) $(CACHES) build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
