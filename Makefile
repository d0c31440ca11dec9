# What a person types here. Everything runs from `.venv`, which `make setup` makes and each target brings up to date.
# Pass options on with ARGS, e.g. `make test ARGS="-k hashlists"` or `make demo ARGS=--keep`.

BIN := .venv/bin
ARGS ?=
PYTHON ?= python3

COVERED := python -m pytest -p tests.coverage_floors --cov=orbweaver --cov-report= -n 4 --dist loadfile --no-loadscope-reorder \
  -m "not soak and not browser" tests/unit tests/integration
export COVERAGE_FILE ?= build/coverage

.DEFAULT_GOAL := help
.PHONY: help setup install release supply check format test sweep coverage oldest soak demo up shell bench browser lock docs structure translations wasm clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || grep -E '^[a-z]+:.*##' Makefile

setup: ## make .venv with all packages, the tests' and benchmarks' too (needs python3 alone)
	@command -v $(PYTHON) >/dev/null || { echo "setup: needs python3, 3.11 or newer, on the PATH" >&2; exit 1; }
	@$(PYTHON) tools/setup.py $(if $(filter file,$(origin PYTHON)),,--this)

install: ## make .venv with what runs in production alone: no tests, no benchmarks
	@command -v $(PYTHON) >/dev/null || { echo "install: needs python3, 3.11 or newer, on the PATH" >&2; exit 1; }
	@$(PYTHON) tools/setup.py --production $(if $(filter file,$(origin PYTHON)),,--this)

supply: setup ## known vulnerabilities of locked packages, from the copy of their database that was taken in last
	$(BIN)/python tools/supply.py check

release: setup ## dist: wheels that come out bit for bit the same, bill of materials, notices, sums; ARGS=FILE of an SSH key signs them
	$(BIN)/python tools/supply.py release $(ARGS)

check: setup ## style, types, layers, declared packages
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry --no-ansi src
	cd trials && ../$(BIN)/deptry --no-ansi src

format: setup ## put style in order, as far as it can be done by itself
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format --quiet

test: setup ## every promise of the system: all tests but sweeps and the long campaigns
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 5 --dist loadfile --no-loadscope-reorder -m "not soak and not sweep" $(ARGS)

sweep: setup ## the whole of what `make test` tries a sample of: every form, page, language, case
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --hypothesis-profile=whole -m "(sweep or property) and not soak" $(ARGS)

coverage: setup ## unit and integration tests with their sweeps, and how much of each room they run, which must not fall below its floor
	PYTHONDONTWRITEBYTECODE= COVERAGE_CORE=sysmon $(BIN)/$(COVERED) $(ARGS)

oldest: setup ## types and tests on the oldest supported Python, in .venv-3.11
	@$(PYTHON) tools/setup.py --oldest
	.venv-3.11/bin/python -m mypy
	.venv-3.11/bin/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder -m "not soak and not browser" $(ARGS)

soak: setup ## the long campaigns: faults, fuzz, kills; figures in build/soak/*.json
	$(BIN)/pytest -m soak -o timeout=7200 $(ARGS)

demo: setup ## the whole loop in a small world of its own, in under two minutes
	@$(BIN)/orbweaver demo $(ARGS)

up: setup ## run everything on this machine; ARGS=--sample: the pages of a seeded database of its own
	@$(BIN)/$(if $(findstring --sample,$(ARGS)),python -m orbweaver_trials.sample,orbweaver up) $(ARGS)

shell: setup ## a Python shell with the models of this machine's installation
	@$(BIN)/python tools/shell.py $(ARGS)

bench: setup ## speed and memory beside the peers
	@$(BIN)/orbweaver bench $(ARGS)

browser: ## Debian's Chromium for the browser tests, where it is missing (needs root)
	@tools/browser.sh

lock: setup ## lock the requirements anew
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements/runtime.txt pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -c requirements/runtime.txt --extra dev --extra bench --extra ledger --extra daft --no-emit-package orbweaver -o requirements/dev.txt pyproject.toml trials/pyproject.toml
	$(BIN)/python tools/supply.py bill

docs: setup ## write the reference pages and the picture of the folders anew from the code
	$(BIN)/python tools/reference.py
	$(BIN)/python tools/structure_picture.py

structure: setup ## write the tables of an empty database anew from the migrations
	$(BIN)/python tools/structure.py

wasm: setup ## compile what hashes in a survivor's browser anew; it comes out bit for bit the same
	$(BIN)/python tools/hashing_wasm.py $(ARGS)

translations: setup ## find the texts of pages anew, and compile the catalogues
	$(BIN)/python tools/translations.py

clean: ## remove the environments and what tools left
	rm -rf .venv .venv-3.11 build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
