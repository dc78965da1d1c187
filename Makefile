# Two commands need nothing before them: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
RIVALS := .venv-rivals
BIN := $(VENV)/bin
DEMO ?= demo
RECORDS ?= 20000
PIP := $(BIN)/pip --disable-pip-version-check --no-input install --quiet --constraint constraints.txt

.PHONY: install demo test test-long lint bench ui clean

install: $(VENV)/.installed

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Onefold needs Python 3.11 or later; set PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV) || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv --clear $(VENV); }

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/pip
	@echo "Installing Onefold into $(VENV) (about a minute the first time) ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/.testing: pyproject.toml constraints.txt $(VENV)/.installed
	@$(PIP) --editable '.[test]'
	@touch $@

# The whole way once, on an organisation of eighteen departments.
demo: install
	$(BIN)/onefold demo $(DEMO) --records $(RECORDS)
	$(BIN)/onefold run --project $(DEMO)

test: $(VENV)/.testing
	@sh tests/system_packages.sh
	$(BIN)/python -m pytest -n 2 --dist loadfile

# Runs that are killed at thirty moments and at every step, and a steward who decides meanwhile.
test-long: $(VENV)/.testing
	$(BIN)/python -m pytest -m long

lint: $(VENV)/.testing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Beside the rivals, which live in an environment of their own; without it the bench says so and measures Onefold alone.
bench: $(VENV)/.testing
	@$(MAKE) --no-print-directory $(RIVALS)/.installed || echo "The rivals could not be installed into $(RIVALS): they are left out."
	@test ! -e $(RIVALS)/.installed || $(BIN)/python -m pytest -m rivals tests/benchmarks
	$(BIN)/python -m benchmarks

$(RIVALS)/.installed: benchmarks/rivals/requirements.txt
	@echo "Installing the rivals into $(RIVALS) ..."
	@$(BIN)/python -m venv --clear $(RIVALS)
	@$(RIVALS)/bin/pip --disable-pip-version-check --no-input install --quiet --requirement $< || { rm -rf $(RIVALS); exit 1; }
	@touch $@

# Dagster's web UI on the demo, at http://127.0.0.1:3000
ui: install
	$(BIN)/onefold ui --project $(DEMO)

clean:
	rm -rf $(VENV) $(RIVALS) $(DEMO) build *.egg-info
