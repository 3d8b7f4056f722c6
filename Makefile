# Everything there is to do here. Needs make and Python 3.13; the rest is installed on first
# use into .venv and .local, from uv.lock, and nothing outside this folder is touched.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

ENV ?= dev
ARGS ?=
PARAMETERS ?=

UV_VERSION := 0.13.8
UV := .local/uv/bin/uv
PYTHON := .venv/bin/python
SAM := .local/sam/bin/sam
PROJECT := .venv/.installed
TOOLS := .local/sam/.installed .local/emulator/.installed

export SAM_CLI_TELEMETRY := 0
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON := $(CURDIR)/.local/uv/bin/python3.13
# `sam build` looks for python3.13 and its pip on the path: the one that was found first.
export PATH := $(CURDIR)/.local/uv/bin:$(PATH)

.PHONY: help demo up down test check snapshot bench bench-short dlq reindex user sam-local build \
	deploy destroy web e2e verify-aws lock requirements

help:
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile

demo: up ## the local stack, then an order, a picture and a message all the way through
	@$(PYTHON) -m local.demo

up: $(PROJECT) $(TOOLS) ## start or update the local stack, print its URLs; SEARCH=1, PARAMETERS="Name=value …"
	@$(PYTHON) -m local.stack up $(if $(SEARCH),--search) $(PARAMETERS)

down: $(PROJECT) ## stop the local stack and forget what it holds
	@$(PYTHON) -m local.stack down

test: $(PROJECT) $(TOOLS) ## every test; ARGS goes to pytest
	@$(PYTHON) -m local.opensearch
	@$(PYTHON) -m project.maven DynamoDB tests/dynamodb/pom.xml
	@$(PYTHON) -m project.maven Velocity tests/velocity/pom.xml
	@$(PYTHON) -m pytest -n 2 --dist loadgroup $(ARGS)

check: $(PROJECT) $(TOOLS) ## format, lint, types, template checks
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy $(filter-out %.installed,$(wildcard layers/common/common local ops project bench tests))
	@for function in src/*/; do \
		MYPYPATH=layers/common:$$function .venv/bin/mypy $$function || exit 1; done
	@$(PYTHON) -m project.lint
	@$(foreach file,$(REQUIREMENTS),diff <($(call EXPORT,$(file))) $(file) &&) true \
		|| { echo "a requirements.txt is not what uv.lock says: make requirements"; exit 1; }
	@said=$$(AWS_DEFAULT_REGION=us-east-1 $(SAM) validate 2>&1) || { echo "$$said"; exit 1; }

snapshot: $(PROJECT) ## print and record what a change to template.yaml changes in its translation
	@$(PYTHON) -m tests.template.snapshot

bench: $(PROJECT) $(TOOLS) ## the benchmarks, as ratios; ARGS="--help" says which
	@$(PYTHON) -m bench $(ARGS)

bench-short: $(PROJECT) $(TOOLS) ## what CI runs of them; fails when a ratio is far off
	@$(PYTHON) -m bench --short

dlq: $(PROJECT) ## list, inspect and replay dead letters; ARGS="--help" says how
	@$(PYTHON) -m ops.dead_letters $(ARGS)

reindex: $(PROJECT) ## make the search index anew from the tables; ARGS="--help" says more
	@$(PYTHON) -m ops.reindex $(ARGS)

user: $(PROJECT) ## make a user: NAME=ann [TEMPORARY=1] [GROUP=staff]; ARGS="--help" says more
	@$(PYTHON) -m ops.user $(NAME) $(if $(TEMPORARY),--temporary) $(if $(GROUP),--group $(GROUP)) $(ARGS)

sam-local: $(PROJECT) $(TOOLS) ## every event through `sam local`; needs Docker
	@$(PYTHON) -m local.sam_local

# SAM's builder leaves out all bytecode, and each cold start would compile again.
build: $(PROJECT) $(TOOLS) ## what is deployed, into .aws-sam/build; ENV and PARAMETERS as for deploy
	@ENV=$(ENV) $(PYTHON) -m ops.deploy build $(PARAMETERS)
	@$(UV_PYTHON) -m compileall -q --invalidation-mode unchecked-hash .aws-sam/build

deploy: build ## to AWS; ENV=dev or ENV=prod, PARAMETERS="Name=value …"
	@ENV=$(ENV) $(PYTHON) -m ops.deploy deploy $(PARAMETERS)

web: $(PROJECT) ## upload the web client to a stack that serves it (Web=true); ENV=dev or ENV=prod
	@ENV=$(ENV) $(PYTHON) -m ops.web $(ARGS)

destroy: $(PROJECT) ## delete a stack with all data that it retains; asks first; ENV=dev or ENV=prod
	@$(PYTHON) -m ops.destroy $(ARGS)

# Only this sends tests to a deployed stack, never an ENV that some shell has set.
e2e: $(PROJECT) $(TOOLS) ## the end-to-end tests, against a deployed stack by ENV=dev; ARGS goes to pytest
	@DEPLOYED=$(if $(filter file,$(origin ENV)),,$(ENV)) $(PYTHON) -m pytest tests/e2e $(ARGS)

verify-aws: $(PROJECT) ## what only AWS can tell, asked of a deployed stack; ENV=dev or ENV=prod
	@$(PYTHON) -m ops.verify_aws $(ARGS)

lock: $(UV) ## take the newest versions that pyproject.toml allows
	@$(UV) lock --upgrade
	@$(MAKE) requirements

# The layer's packages are a group of that name, a function's own are one named like it. The
# runtime brings boto3, and Lambda keeps it patched.
REQUIREMENTS := layers/common/requirements.txt $(wildcard src/*/requirements.txt)
group = $(subst _,-,$(patsubst src/%,%,$(patsubst layers/common,layer,$(1:/requirements.txt=))))
EXPORT = $(UV) export --quiet --frozen --no-header --prune boto3 --prune botocore --only-group $(group)
requirements: $(UV) ## write each requirements.txt from uv.lock
	@$(foreach file,$(REQUIREMENTS),$(call EXPORT,$(file)) > $(file);)

$(UV):
	@command -v python3.13 > /dev/null || { echo "Python 3.13 is needed, as python3.13 on the path"; exit 1; }
	@echo "installing uv $(UV_VERSION)"
	@python3.13 -m venv .local/uv
	@.local/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(PROJECT): pyproject.toml uv.lock | $(UV)
	@echo "installing the project's dependencies"
	@$(UV) sync --quiet --frozen
	@touch $@

.local/%/.installed: pyproject.toml uv.lock | $(UV)
	@echo "installing the dependencies of the group $*"
	@UV_PROJECT_ENVIRONMENT=.local/$* $(UV) sync --quiet --frozen --only-group $*
	@touch $@
