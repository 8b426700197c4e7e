PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test bench docs function clean

run: $(VENV)/.installed  ## Play real DataWorks messages through the example policies
	@$(BIN)/python demo/play.py

test: $(VENV)/.installed  ## Run every check, then the tests on every other Python that is here
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m "not untraced"
	$(BIN)/python -m pytest -m untraced
	$(BIN)/python -m pytest tests/policies cases --policy-coverage-fail-under=100
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	sh tests/other-pythons.sh

bench: $(VENV)/.installed  ## Measure side by side with a bare handler and with Powertools for AWS Lambda
	$(BIN)/python benchmarks/bench.py

docs: $(VENV)/.installed  ## Write the reference of all events from their classes
	$(BIN)/dataworks-ext events --markdown > docs/events.md

function: $(VENV)/.installed  ## Put what s.yaml deploys into dist/function
	$(BIN)/dataworks-ext package policies

clean:
	rm -rf $(VENV) .venv-* dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage*

$(VENV)/.installed: pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is not there; name a Python from 3.10 on: make PYTHON=python3"; exit 1; }
	@echo "Setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
