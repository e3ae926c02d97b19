# Everything starts from a bare python3 (3.11 or newer) with venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One process more than there are cores: tests of the app mostly wait for its terminal.
TESTS_AT_ONCE = $$(( $$($(BIN)/python -c "import os; print(os.cpu_count() or 1)") + 1 ))

.PHONY: env demo test test-slow lint bench screenshots clean

env: $(VENV)/.done

$(VENV)/.done: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	touch $@

demo: env
	$(BIN)/curate demo

test: env
	$(BIN)/python -m pytest -m "not slow" -n $(TESTS_AT_ONCE) --dist loadgroup

# Every key and every command in a real terminal, kills, damaged files, large catalogues.
test-slow: env
	$(BIN)/python -m pytest -m slow -n $(TESTS_AT_ONCE) --dist loadgroup

lint: env
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: env
	$(BIN)/python -m benchmarks

screenshots: env
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[screenshots]'
	$(BIN)/python -m docs.screenshots

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
