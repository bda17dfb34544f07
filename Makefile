# `make demo` and `make test` do everything on a machine that has Python 3.11 or later and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test mutants fuzz lint types docs wheel clean

demo: $(VENV)/installed
	$(BIN)/streamsim run

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --durations 10

mutants: $(VENV)/installed-dev
	$(BIN)/python -m tests.mutants.run

# a thread a job: more would wait for each other, and count that as computing
fuzz: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.fuzz.run --seconds 7200

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd .types && PYTHONPATH=../.ci $(abspath $(BIN))/lint-imports --config ../pyproject.toml --no-cache --no-logo

types: $(VENV)/installed-dev
	$(BIN)/mypy
	$(BIN)/pyright --warnings --pythonpath $(abspath $(BIN))/python --project .types

docs: $(VENV)/installed-dev
	$(BIN)/python docs/check.py

wheel: $(VENV)/installed-dev
	$(BIN)/python tests/wheel.py

$(VENV)/created:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v >= (3, 11) else "streamsim needs Python 3.11 or later (this is %d.%d): make PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/created pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,studies,tensorboard]'
	touch $(VENV)/installed $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
