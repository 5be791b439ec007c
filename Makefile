# The front door: `make demo` builds the knowledge graph, `make test` runs the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STORE ?= kg
PAGE ?= kg.html

.PHONY: help install demo test test-all lint docs train bench wheel lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## make the environment from the lock file

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: install ## build the graph of corpus/articles and leave a page to open
	$(BIN)/cloudhealth-kg build corpus/articles --store $(STORE)
	$(BIN)/cloudhealth-kg analyse --store $(STORE)
	$(BIN)/cloudhealth-kg render --store $(STORE) -o $(PAGE)
	@echo "Open $(PAGE) in a browser."

test: install ## run the default tests
	$(BIN)/python -m pytest -n auto --dist loadfile

test-all: install ## run all tests: the slow ones and those in a browser too
	$(BIN)/python -m pytest -m 'not train'

lint: install ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: install ## write the generated pages and tables anew
	$(BIN)/python -m cloudhealth_kg.reference
	$(BIN)/python docs/generate.py

train: install ## train the model that travels in the package (two cores: two and a half hours)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[train]'
	$(BIN)/cloudhealth-kg train corpus/training corpus/articles -o cloudhealth_kg/models/accurate

bench: install ## measure speed, as ratios within one run
	$(BIN)/python benchmarks/extraction.py
	$(BIN)/python benchmarks/store.py

wheel: install ## build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel

lock: ## pin the dependencies anew, by hash
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet pip-tools
	$(VENV)/lock/bin/pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --allow-unsafe \
		--extra baselines --extra notebook --extra dev -o requirements.lock pyproject.toml

clean: ## remove what the targets made
	rm -rf $(VENV) $(STORE) $(PAGE) dist
