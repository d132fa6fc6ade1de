# Everything that people and CI call. `make demo` and `make test` set up what they need by themselves.
PYTHON ?= python3
BIN := .venv/bin
TICKET ?= SHOP-7

.PHONY: help setup demo test test-small-model check bench bench-tickets lock browser

help:
	@echo "make demo    a Jira ticket to a merged pull request, on this machine alone (TICKET=SHOP-7 or CARE-3)"
	@echo "make test    checks and all tests"
	@echo "make test-small-model   tickets with a small real model on this machine, which must end blocked"
	@echo "make check   formatting, lint, types and import contracts"
	@echo "make bench   what a step costs without the model, and what a comparison of two large APIs costs"
	@echo "make bench-tickets MODEL_URL=… [MODEL=…] [ONLY=…]   the tickets of the bench, with a model of yours"
	@echo "make setup   the virtual environment .venv with the command .venv/bin/backsmith"
	@echo "make lock    renew requirements.lock and requirements-dev.lock"

setup: .venv/.ready

.venv/.ready: pyproject.toml requirements-dev.lock deploy/setup.sh
	@PYTHON="$(PYTHON)" sh deploy/setup.sh
	@touch $@

demo: setup
	$(BIN)/backsmith demo --ticket $(TICKET) $(DEMO)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# What needs nothing but a processor runs on several; what starts servers runs one after the other.
test: check browser
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal tests/unit tests/prompts tests/replay $(PYTEST)
	$(BIN)/pytest tests/contract tests/workflow tests/e2e $(PYTEST)

test-small-model: setup .venv-small/.ready
	$(BIN)/pytest -s tests/small/test_small_model.py $(PYTEST)

SMALL := $(BIN)/uv pip install --quiet --python .venv-small --no-deps --require-hashes -r tests/small/requirements.lock

.venv-small/.ready: tests/small/requirements.lock | setup
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-small
	@$(SMALL) || UV_SYSTEM_CERTS=true $(SMALL)
	@touch $@

browser: setup
	@sh deploy/browser.sh

bench: setup
	$(BIN)/python -m tests.bench

bench-tickets: setup
	@test -n "$(MODEL_URL)" || { echo "MODEL_URL is the address of the model; it ends in /v1" >&2; exit 2; }
	$(BIN)/python -m tests.bench.tickets_bench --model-url "$(MODEL_URL)" \
		$(if $(MODEL),--model "$(MODEL)") $(if $(ONLY),--only "$(ONLY)") $(BENCH)

COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock:
	$(COMPILE) --extra embedded --extra postgres -o requirements.lock
	$(COMPILE) --extra dev -o requirements-dev.lock
	$(COMPILE:pyproject.toml=tests/small/requirements.in) --no-deps -o tests/small/requirements.lock
