# kpibench: `make bench` measures, `make test` tests; both first set up what they need, once.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help bench test test-long benchmarks lint types golden lock chromium redis

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

bench: $(READY) ## Set up, then measure before against after (about three minutes) and print the verdict
	@$(BIN)/kpibench run quick

test: $(READY) chromium redis ## Set up, then run the tests (all but the long ones)
	@echo "== tests, side by side"
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m 'not long and not alone'
	@echo "== tests that want the machine for themselves"
	@$(BIN)/python -m pytest -m 'not long and alone'

test-long: $(READY) chromium redis ## Run the tests that take minutes or a quiet machine (about an hour and a half)
	@$(BIN)/python -m pytest -m long

benchmarks: $(READY) ## Measure ourselves (a quiet machine, about three quarters of an hour) and write docs/benchmarks.md
	@$(BIN)/python -m tests.benchmarks

lint: $(READY) ## Check format, lint and import direction
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-logo

types: $(READY) ## Check types
	@$(BIN)/mypy

golden: $(READY) ## Write the golden files of the tests again; read the difference before you commit it
	@KPIBENCH_GOLDEN=rewrite $(BIN)/python -m pytest -q tests/golden

lock: ## Pin the newest allowed versions (needs uv)
	@uv pip compile --universal --generate-hashes --no-emit-index-url --group dev --python-version 3.11 \
	    --upgrade pyproject.toml -o requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "kpibench needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	    echo "Name a newer one: make PYTHON=python3.12 bench" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	        echo "== set-up: installing python3-venv"; \
	        apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; \
	    else \
	        echo "$(PYTHON) cannot make virtual environments. On Debian: apt-get install python3-venv" >&2; exit 2; \
	    fi; }
	@echo "== set-up: making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "== set-up: installing the pinned packages of requirements.lock (about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
	@echo "== set-up: done"

chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	        echo "== set-up: installing Chromium for the browser tests"; \
	        apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	    else \
	        echo "== no Chromium here: the tests marked 'browser' are left out (apt-get install chromium)"; \
	    fi; }

redis:
	@command -v redis-server >/dev/null || { \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	        echo "== set-up: installing Redis for the tests of what instances share"; \
	        apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server >/dev/null; \
	    else \
	        echo "== no Redis here: the tests of what instances share are left out (apt-get install redis-server)"; \
	    fi; }
