VENV := .venv
BIN := $(VENV)/bin

.PHONY: run rehearse test fuzz spark bench docs pictures site function clean

run: $(VENV)/.installed  ## Play real DataWorks messages through the example policies
	@$(BIN)/python demo/play.py

test: $(VENV)/.site  ## Run every check, and the tests on every Python from 3.10 on that is here
	@$(BIN)/python -m tests.run

rehearse: $(VENV)/.installed  ## Rehearse stricter rules on an imaginary quarter, and write dist/rehearsal.html
	@$(BIN)/python -m demo.rehearse

COUNT ?= 1000000

fuzz: $(VENV)/.installed  ## Put COUNT mutated messages to the handler, then try many examples of each property
	$(BIN)/python -m tests.fuzzing $(COUNT)
	$(BIN)/python -m pytest -n 2 -m hypothesis --hypothesis-profile=deep

SPARK ?= 4

spark: $(VENV)/.installed  ## Rehearse on Spark with two workers, compare with one machine, and kill some of them; SPARK=3.5 for another
	@if ! command -v java > /dev/null; then echo "Skipped: Spark needs Java 17, and there is no java here"; exit 0; fi; \
	$(BIN)/python -m tests.uv --python $(VENV) 'packaging>=24' 'pyspark==$(SPARK).*' && \
	$(BIN)/python -m pytest -m spark tests/spark

bench: $(VENV)/.installed  ## Measure side by side with peers, and write the pages about performance; 3 minutes
	@$(BIN)/python benchmarks/bench.py
	@$(BIN)/python benchmarks/archiving.py
	@$(BIN)/python benchmarks/rehearsing.py

docs: $(VENV)/.installed  ## Write the references of events, names, options and error texts, in both languages, from the code
	@$(BIN)/python -m website.event_pages
	@$(BIN)/python -m website.api_pages
	@$(BIN)/python -m website.options_page
	@$(BIN)/python -m website.error_page

pictures: $(VENV)/.installed  ## Draw the pictures of terminals and refusals from what really happens
	@$(BIN)/python -m website.pictures

site: $(VENV)/.site  ## Build the documentation in both languages into site/
	@$(BIN)/python -m website.build

function: $(VENV)/.installed  ## Put what s.yaml deploys into dist/function
	$(BIN)/dataworks-ext package policies

clean:
	rm -rf $(VENV) .venv-* dist build site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage*

# PYTHON names the Python; else it is the first that tests/pythons.sh finds.
$(VENV)/.installed: pyproject.toml
	@python=$$(sh tests/pythons.sh $(PYTHON)) || exit 1; \
	set -- $$python; \
	echo "Setting up $(VENV) with Python $$1"; \
	$$2 -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check uv
	@$(BIN)/python -m tests.uv --python $(VENV) --editable '.[dev]'
	@touch $@

# What builds the site is large, and only the site needs it.
$(VENV)/.site: $(VENV)/.installed
	@$(BIN)/python -m tests.uv --python $(VENV) --editable '.[docs]'
	@touch $@
