# Every target does the set-up that it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ORDERS ?= 500
SEED ?= 1
SECONDS ?= 60
# Two for each processor, since most of a month's time is waiting for other processes; each worker collects for itself.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 4 ? 2 * n : 8)))
# What Python compiled is kept, whatever the environment says: every process of the product would compile all of it again.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: $(shell grep -oE "^[a-z-]+:" $(MAKEFILE_LIST) | tr -d :)

help: ## what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

# A virtual environment, also where the system's Python came without ensurepip.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
	  rm -rf $(VENV); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing python3-venv"; apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); \
	  else \
	    echo "this Python has no ensurepip: install the package python3-venv and call make again"; exit 1; \
	  fi; }

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing what the product needs (once)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.sandbox: requirements/sandbox.txt src/tieout_sandbox/pyproject.toml $(VENV)/.runtime
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/sandbox.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e ./src/tieout_sandbox
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.sandbox
	@echo "installing what the tests need (once)"
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
	  else echo "no chromium here: tests of pages are skipped"; fi; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/.dev ## make .venv with everything in it

demo: $(VENV)/.sandbox ## a distributor's whole month, from nothing to tied out (ORDERS=500 SEED=1)
	@$(BIN)/tieout demo --orders $(ORDERS) --seed $(SEED)

PYTEST = $(BIN)/python -m pytest -n $(WORKERS) $(if $(TIMES),--durations=$(TIMES))

test: $(VENV)/.dev ## what a change needs at once, by two workers a processor (TIMES=60: and the 60 that took longest; WORKERS=4)
	@$(PYTEST) -m "not long"

test-long: $(VENV)/.dev ## what takes long: whole months, deaths, pages by axe-core, fuzzing, benchmarks at toy size (TIMES=60)
	@$(PYTEST) -m long

test-all: $(VENV)/.dev ## every test, in one run: what decides whether a change lands (TIMES=60)
	@$(PYTEST)

test-costs: $(VENV)/.dev ## every test, and what each file cost into tests/costs.toml (FILES="tests/x.py": of these alone; as root)
	@$(PYTEST) -p tests.costs $(FILES)

check: format lint types contracts test-all ## what CI runs

format: $(VENV)/.dev ## formatting is as agreed
	@$(BIN)/ruff format --check .

lint: $(VENV)/.dev ## lint
	@$(BIN)/ruff check .

types: $(VENV)/.dev ## strict types
	@$(BIN)/mypy

contracts: $(VENV)/.dev ## imports point down
	@$(BIN)/lint-imports --no-cache

house: $(VENV)/.dev ## the house's own rules: rooms, sizes, dead code, documentation that is true
	@$(BIN)/python -m pytest -q tests/architecture

quick: format lint house ## what is quick to check

hooks: ## run `make quick` before each commit, by a git hook of this clone
	@hook="$$(git rev-parse --git-path hooks)/pre-commit"; \
	  if [ -e "$$hook" ] && ! grep -q "make --no-print-directory quick" "$$hook"; then \
	    echo "$$hook is there and not ours: add 'make --no-print-directory quick' to it"; exit 1; fi; \
	  mkdir -p "$$(dirname "$$hook")"; \
	  printf '#!/bin/sh\n# By make hooks. A commit in haste: git commit --no-verify\nexec make --no-print-directory quick\n' > "$$hook"; \
	  chmod +x "$$hook"; echo "$$hook runs make quick"

bench: $(VENV)/.dev ## every benchmark beside its peer in one run; writes docs/BENCHMARKS.md
	@$(BIN)/python -m benchmarks --write docs/BENCHMARKS.md

campaign-kills: $(VENV)/.dev ## 200 SIGKILLs at random moments and crash points; writes docs/campaigns/kills.md
	@$(BIN)/python -m tests.simulation.campaign kills --count 200

campaign-points: $(VENV)/.dev ## a month for every crash point alone; writes docs/campaigns/points.md (COUNT=1 seeds)
	@$(BIN)/python -m tests.simulation.campaign points --count $(or $(COUNT),1)

campaign-faults: $(VENV)/.dev ## many seeds under heavy faults; writes docs/campaigns/faults.md
	@$(BIN)/python -m tests.simulation.campaign faults --count 10

campaign-failover: $(VENV)/.dev ## a replicated PostgreSQL whose primary dies, several workers; writes docs/campaigns/failover.md
	@$(BIN)/python -m tests.simulation.campaign failover --count 20

campaign-first-figure: $(VENV)/.dev ## one person from `tieout init` to a first figure: time and clicks; writes docs/campaigns/first-figure.md
	@$(BIN)/python -m tests.acceptance.first_figure

campaign-isolation: $(VENV)/.dev ## 1,000 random schedules of lanes and failing items; writes docs/campaigns/isolation.md
	@$(BIN)/python -m tests.simulation.campaign isolation --count 1000

campaign-deaths: $(VENV)/.dev ## 50 scripted deaths under `tieout up`; writes docs/campaigns/deaths.md
	@$(BIN)/python -m tests.simulation.campaign deaths --count 50

campaign-upgrade: $(VENV)/.dev ## months upgraded from 6e54738 in mid-work; writes docs/campaigns/upgrade.md
	@$(BIN)/python -m tests.simulation.campaign upgrade --count $(or $(COUNT),3)

mid-month: $(VENV)/.dev ## make again what 6e54738 left in mid-month, which upgrades are held against (COMMIT=6e54738)
	@$(BIN)/python -m tests.migration.mid_month --commit $(or $(COMMIT),6e54738)

campaign-odoo: $(VENV)/.dev ## a month on a real Odoo that is killed on the way (docs/ODOO.md; SCENARIO=services ORDERS=20 SEED=1 KILLS=3)
	@$(BIN)/python -m tests.simulation.real_odoo --scenario $(or $(SCENARIO),distributor) --seed $(SEED) --kills $(or $(KILLS),3) \
	  --orders $(if $(filter command line,$(origin ORDERS)),$(ORDERS),20)

campaign-scale: $(VENV)/.dev ## 500 against 5,000 orders; writes docs/campaigns/scale.md
	@$(BIN)/python -m tests.simulation.campaign scale

campaign-files: $(VENV)/.dev ## 10,000 mutations of bank files; writes docs/campaigns/files.md
	@$(BIN)/python -m tests.simulation.campaign files --count 10000

campaign-einvoices: $(VENV)/.dev ## published e-invoices and changed copies beside the published rules (TIEOUT_EINVOICES=folder COUNT=3000)
	@$(BIN)/python -m tests.simulation.campaign einvoices --count $(or $(COUNT),3000)

campaign-corpora: $(VENV)/.dev ## published bank files and e-invoices, read and taken in (TIEOUT_CORPORA=folder); writes docs/campaigns/corpora.md
	@$(BIN)/python -m tests.simulation.campaign corpora

campaign-properties: $(VENV)/.dev ## every property with all its examples, and 20 times as many (TIMES=20)
	@TIEOUT_EXAMPLES_TIMES=$(or $(TIMES),20) $(BIN)/python -m pytest -q tests/properties tests/unit \
	  $$(grep -l "import examples" tests/integration/*.py)

campaign-closes: $(VENV)/.dev ## ways to make a period look closed, a month each; writes docs/campaigns/closes.md (COUNT=100 ONLY=name)
	@$(BIN)/python -m tests.simulation.campaign closes --count $(or $(COUNT),100) --only "$(ONLY)"

campaign-tokens: $(VENV)/.dev ## hours of tokens that are renewed while workers are killed; writes docs/campaigns/tokens.md (COUNT=1)
	@$(BIN)/python -m tests.simulation.campaign tokens --count $(or $(COUNT),1)

campaign-journals: $(VENV)/.dev ## payroll runs of 10,000 to 300,000 lines; writes docs/campaigns/journals.md
	@$(BIN)/python -m tests.simulation.campaign journals --count 100000

campaign-bodies: $(VENV)/.dev ## 1,000 hostile pushes and uploads with valid ones between them; writes docs/campaigns/bodies.md
	@$(BIN)/python -m tests.simulation.campaign bodies --count 1000

campaign-api: $(VENV)/.dev ## every operation of the API, a thousand cases each, right and wrong (EXAMPLES=1000 ONLY=/systems)
	@TIEOUT_API_EXAMPLES=$(or $(EXAMPLES),1000) TIEOUT_API_ONLY=$(ONLY) $(BIN)/python -m pytest -q tests/integration/test_api_fuzz.py

campaign-axe: $(VENV)/.dev ## every page of the console by axe-core in both themes and at three widths, accounts and groups on a phone too
	@TIEOUT_AXE_EVERY=1 $(BIN)/python -m pytest -q tests/acceptance/test_every_page.py tests/integration/test_accounts_page.py \
	  tests/integration/test_groups_page.py -k "axe or everybody or prepared"

campaign-console: $(VENV)/.dev ## every page over 1,000,000 documents; writes docs/campaigns/console.md (DOCUMENTS=1000000)
	@$(BIN)/python -m benchmarks.console --documents $(or $(DOCUMENTS),1000000) --write docs/campaigns/console.md

campaign-odoo-speed: $(VENV)/.dev ## invoices into the Odoo that TIEOUT_TEST_ODOO_URL names (docs/ODOO.md), beside a bare loop; writes docs/campaigns/odoo.md
	@$(BIN)/python -m benchmarks.odoo_server --count $(or $(COUNT),1000) --rounds $(or $(ROUNDS),3) --write docs/campaigns/odoo.md

wheels: $(VENV)/.runtime ## both packages into dist/: the product, and the sandbox as its extra
	@rm -rf dist
	@$(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w dist . ./src/tieout_sandbox
	@ls dist

install: wheels ## both packages as one command of yours, by uv or pipx, in an environment of its own
	@if command -v uv > /dev/null; then uv tool install --force dist/tieout-*.whl --with dist/tieout_sandbox-*.whl; \
	elif command -v pipx > /dev/null; then pipx install --force dist/tieout-*.whl && pipx inject tieout dist/tieout_sandbox-*.whl; \
	else echo "neither uv nor pipx is here: apt-get install pipx, or pip install dist/*.whl in an environment of your own" >&2; exit 1; fi
	@command -v tieout > /dev/null || echo "tieout is installed, and this terminal does not find it yet: pipx ensurepath (or uv tool update-shell), then open a new one"

cases: $(VENV)/.dev ## write docs/CASES.md again from the causes as they are declared
	@$(BIN)/python -m deploy.site.cases docs/CASES.md

words: $(VENV)/.dev ## extract the console's words into its catalogues (src/tieout/console/locale), and count what waits for a translation
	@$(BIN)/python -m deploy.words

client: $(VENV)/.dev ## write the client's table of operations again from the API's description
	@$(BIN)/python -m deploy.client src/tieout/client/operations.json

docs: $(VENV)/.dev ## the documentation as a site with search, and a reference generated from the code, into build/site; strict
	@$(BIN)/python -m deploy.site.make build/site

screenshots: $(VENV)/.dev ## pictures of the console in both themes, into docs/pictures
	@$(BIN)/python -m tests.acceptance.pictures docs/pictures

campaign-first-payout: $(VENV)/.dev ## time and clicks from nothing to a first proven payout; writes docs/campaigns/first-payout.md
	@$(BIN)/python -m tests.acceptance.first_payout docs/campaigns/first-payout.md

campaign-matching: $(VENV)/.dev ## matching on unseen companies beside its peers; writes docs/campaigns/matching.md
	@$(BIN)/python -m benchmarks.matching quality --write docs/campaigns/matching.md

campaign-differences: $(VENV)/.dev ## 100,000 groups, half of them not paid as due (COUNT=100000); writes docs/campaigns/differences.md
	@$(BIN)/python -m benchmarks.matching differences --groups $(or $(COUNT),100000) --write docs/campaigns/differences.md

fuzz: $(VENV)/.dev ## fuzz the bank file readers (SECONDS=60); a crash is kept in tests/fuzz/corpus
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	@$(BIN)/python -m tests.fuzz.bankfiles $(SECONDS)

golden: $(VENV)/.dev ## write the golden files of connectors and bank files again
	@$(BIN)/python -m tests.golden.fixtures
	@$(BIN)/python -m tests.golden.bankfiles

published: $(VENV)/.dev ## write again what published payloads become, and the pages of docs/connectors
	@$(BIN)/python -m tests.published.payloads
	@$(BIN)/python -m tests.published.pages

schema: $(VENV)/.dev ## write down the schema that the migrations make
	@$(BIN)/python -m tests.migration.schema

lock: $(VENV)/bin/python ## write the lock files again (names, versions, hashes; no index address)
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv
	@cd requirements && for set in runtime sandbox dev fuzz; do \
	  ../$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --allow-unsafe $$set.in -o $$set.txt; done

clean: ## remove what was built
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
