# Everything that one does with Frontdesk. `make help` explains the targets.

# What was changed since the last training decides whether there is another (scripts/train.py looks at the contents).
MODEL := models/frontdesk.tar.gz
TRAINED_ON := domain.yml config.yml requirements/rasa.in \
	$(shell find data nlu -not -path '*/__pycache__*' \( -type f -o -type d \) 2>/dev/null)

# Tests by what they need, fastest first: tests/unit, tests/connectors, ...
TIERS := unit connectors conversations e2e faults browser
SOAKED := tests/faults/test_guesses.py tests/faults/test_changes_killed.py tests/faults/test_whatsapp_killed.py \
	tests/e2e/test_cross_account.py tests/conversations/test_grid.py tests/conversations/test_crms.py \
	tests/faults/test_fuzzed_webhooks.py \
	tests/browser/test_chat_flows.py tests/browser/test_chat_lost.py tests/browser/test_chat_with_an_agent.py \
	tests/browser/soak_chat_servers.py tests/connectors/test_crm_soak.py tests/conversations/test_erps.py \
	tests/conversations/test_slow_papers.py tests/connectors/test_erp_port_races.py \
	tests/connectors/test_erp_port_faults.py tests/connectors/test_erp_soak.py

# make itself has a variable AS (the assembler), and so have some environments.
ifneq ($(origin AS),command line)
AS := stranger
endif
export AS
export RETRY
export DATA
ORDERS := 1000000
DATABASE := sqlite

# Some environments have an EMAIL of their own.
ifneq ($(origin EMAIL),command line)
EMAIL :=
endif
# Some environments have a NAME, and those with a screen a DISPLAY of their own.
ifneq ($(origin NAME),command line)
NAME :=
endif
ifneq ($(origin DISPLAY),command line)
AGENT_DISPLAY :=
else
AGENT_DISPLAY := $(DISPLAY)
endif
export AGENT_DISPLAY
OFF_OPTION := $(if $(filter-out 0 no false,$(OFF)),--off)
VERIFY := $(if $(filter-out 0 no false,$(VERIFIED)),--verified)

PYTHON := .venv/bin/python
# Runs a command with the settings of .env.
WITH_ENV := $(PYTHON) -m scripts.environment
# Runs a command with its output in a log, shown only if it fails.
QUIETLY := $(PYTHON) -m scripts.quiet

COMPILE := .uv/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
	--custom-compile-command 'make lock'

# Old libraries warn of what nobody here can change.
export PYTHONWARNINGS := ignore
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export TF_CPP_MIN_LOG_LEVEL := 3
export RASA_TELEMETRY_ENABLED := false

# Servers start two to three times as fast from compiled modules; some environments forbid Python to keep them.
export PYTHONDONTWRITEBYTECODE :=

# uv waits for slow proxies, and trusts whom the system trusts: a company's proxy signs with its own certificate.
export UV_HTTP_TIMEOUT ?= 180
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= true
endif

MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help
.SUFFIXES:
.NOTPARALLEL:
.PHONY: help setup train chat serve token agent revoke reset import jobs deliveries leads territories check-crm check-erp audit test packages lint types \
	validate screenshots \
	test-stories test-nlu lock clean soak bench bench-gateway bench-connectors bench-nlu bench-import bench-entities \
	$(TIERS:%=test-%)

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Progress goes to stderr and nothing reads stdin before the program that was asked for, so that `make token` and
# `make chat` work in pipes.

setup: .venv/installed ## Install everything into .venv, write .env, lay the demo data (all the others do it, too)
	@$(PYTHON) -m scripts.dotenv_file </dev/null >&2
	@$(WITH_ENV) python -m middleware.reset --if-empty </dev/null >&2

.venv/installed: requirements.txt .python-version scripts/install.sh
	@scripts/install.sh </dev/null >&2
	@touch $@

train: $(MODEL) ## Train the model, if anything has changed

$(MODEL): $(TRAINED_ON) | setup
	@$(PYTHON) -m scripts.train </dev/null >&2

chat: setup train ## Talk to the assistant: make chat AS=sarah VERIFIED=1 (a demo customer or a phone number)
	@exec $(PYTHON) -m scripts.chat --as "$$AS" $(VERIFY)

serve: setup train ## Run all servers until Ctrl-C: PORT=5005 ACTION_PORT=5055 DESK_PORT=5056 make serve
	@exec $(PYTHON) -m scripts.serve </dev/null

token: setup ## Print a token for the REST channel: make token AS=sarah VERIFIED=1
	@$(WITH_ENV) python -m channels.token "$$AS" $(VERIFY) </dev/null

# The password is read from the terminal, or from a pipe.
agent: setup ## Let somebody in at the desk: make agent NAME=marco DISPLAY="Marco Bianchi" (again: a new password; OFF=1: out)
	@$(WITH_ENV) python -m middleware.agents_command "$$NAME" --display "$$AGENT_DISPLAY" $(OFF_OPTION)

revoke: setup ## Take back what codes proved: make revoke CONVERSATION=rest:… or EMAIL=…
	@$(WITH_ENV) python -m middleware.identity_command --conversation "$$CONVERSATION" --email "$$EMAIL" </dev/null

reset: setup ## Lay the demo data anew, relative to today
	@$(WITH_ENV) python -m middleware.reset </dev/null

jobs: setup ## Show how the jobs stand; put dead ones back: make jobs RETRY=all (or a job's id)
	@$(WITH_ENV) python -m middleware.jobs_command $(if $(RETRY),--retry="$$RETRY") </dev/null

deliveries: setup ## Show how what was sent to customers stands; send failed ones again: make deliveries RETRY=all (or an id)
	@$(WITH_ENV) python -m middleware.deliveries_command $(if $(RETRY),--retry="$$RETRY") </dev/null

leads: setup ## Print all leads as CSV: make leads > leads.csv
	@$(WITH_ENV) python -m middleware.leads_command </dev/null

territories: setup ## Show who gets which lead, by the rules of assistant.yml, and which rule gets none
	@$(WITH_ENV) python -m middleware.territories_command </dev/null

check-crm: setup ## Check, with the real credentials, that the CRM has all that is needed; it changes nothing there
	@$(WITH_ENV) python -m middleware.check_command crm </dev/null

check-erp: setup ## The same for the ERP
	@$(WITH_ENV) python -m middleware.check_command erp </dev/null

audit: setup ## Check that nobody changed the audit log
	@$(WITH_ENV) python -m middleware.audit_command </dev/null

import: setup ## Put your own CSV files in the place of all data: make import DATA=folder (docs/import.md)
	@test -n "$$DATA" || { echo "Say which folder: make import DATA=folder" >&2; exit 2; }
	@$(WITH_ENV) python -m middleware.importing "$$DATA" </dev/null

test: setup packages lint types train validate test-stories test-nlu $(TIERS:%=test-%) ## Everything that CI checks
	@echo "All green."

test-unit: setup ## Parts by themselves
test-connectors: setup packages ## Each connector against its port's conformance suite
test-conversations: setup packages train ## Conversations with the running system
test-e2e: setup packages train ## The channels and servers from outside
test-faults: setup packages train ## What happens when something breaks
test-browser: setup packages train ## The agents' desk and the web chat in a real browser

# What only computes runs on all cores; the other tiers start servers that use them by themselves.
test-unit test-connectors: EVERY_CORE := -n auto

$(TIERS:%=test-%):
	@echo "--- tests/$(@:test-%=%)"
	@$(WITH_ENV) python -m pytest $(EVERY_CORE) tests/$(@:test-%=%) </dev/null

# Some tests and benchmarks can do more than a test run has time for.
soak: export SOAK := 1
soak: setup packages train ## The long counts: guesses, kills, other people's accounts, every intent in every state, and what time tells
	@$(WITH_ENV) python -m pytest -s $(SOAKED) </dev/null
	@$(WITH_ENV) python -m tests.benchmarks.bench_timing </dev/null

bench: bench-gateway ## What things cost
bench-gateway: setup ## What the gateway, identity, audit and store add to a look-up
	@$(WITH_ENV) python -m tests.benchmarks.bench_gateway </dev/null

bench-connectors: setup ## What connector and gateway add to a vendor's bare library, and whom a slow CRM holds up
	@$(WITH_ENV) python -m tests.benchmarks.bench_connectors </dev/null

bench-entities: setup ## What is taken out of sentences, entity by entity, and how fast
	@$(WITH_ENV) python -m tests.benchmarks.bench_entities </dev/null

bench-nlu: export OMP_NUM_THREADS := 1
bench-nlu: setup train ## Which pipeline understands best; sets test-nlu's floor. CANDIDATES=ours,counts are quicker
	@$(WITH_ENV) python -m tests.benchmarks.bench_nlu </dev/null

screenshots: setup packages train ## Take the pictures of the desk and the web chat in docs/images anew
	@$(WITH_ENV) python -m tests.browser.screenshots </dev/null

# Debian packages that tests need; without root, the tests that need them are left out.
packages:
	@scripts/test_packages.sh

bench-import: setup packages ## Time an import: make bench-import ORDERS=1000000 DATABASE=sqlite (or postgresql)
	@$(PYTHON) -m tests.benchmarks.bench_import --orders "$(ORDERS)" --database "$(DATABASE)" </dev/null

validate: setup
	@echo "--- rasa data validate"
	@$(QUIETLY) var/log/validate.log python -m rasa data validate --domain domain.yml --config config.yml --data data

test-stories: setup train ## The test stories, with rasa test
	@echo "--- rasa test"
	@$(PYTHON) -m scripts.rasa_test </dev/null

test-nlu: setup train ## What the model understands of the development set, with rasa test; reports in results/nlu
	@echo "--- rasa test nlu"
	@$(WITH_ENV) python -m tests.understanding </dev/null

lint: setup ## Style, format, and which part may import which
	@echo "--- lint"
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet . || { echo "Run .venv/bin/ruff format ."; exit 1; }
	@$(QUIETLY) var/log/imports.log lint-imports --no-logo

types: setup ## Types, with mypy
	@echo "--- types"
	@.venv/bin/mypy

lock: ## Compile requirements.txt and requirements/actions.txt after a change of requirements/*.in
	@scripts/install.sh uv
	@$(COMPILE) requirements/rasa.in requirements/actions.in requirements/desk.in requirements/test.in --output-file requirements.txt
	@$(COMPILE) requirements/actions.in --constraint requirements.txt --output-file requirements/actions.txt

clean: ## Remove models, reports, logs and caches; .venv, .env and the database stay
	@rm -rf models/* models/.training-* results .rasa var/log var/*.log
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -not -path './.uv/*' -prune -exec rm -rf {} +
