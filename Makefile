# All commands of the project. They need make and Python 3.13. Everything else is installed on
# first use, from uv.lock into .venv and .local; nothing outside this folder is changed.

SHELL := bash
# With -p, bash does not run the file in BASH_ENV, which would come before each command.
.SHELLFLAGS := -peuo pipefail -c
.DEFAULT_GOAL := help

# Some shells set ENV for themselves. Only an argument of make selects an environment on AWS.
ifneq ($(origin ENV),command line)
ENV := dev
unexport ENV
endif
ARGS ?=
PARAMETERS ?=

UV := .local/uv/bin/uv
PYTHON := .venv/bin/python
SAM := .local/sam/bin/sam
INSTALLER := .local/uv/.installed
PROJECT := .venv/.installed
TOOLS := .local/sam/.installed .local/emulator/.installed

# Nothing of the developer's shell decides which code runs. Container images often turn bytecode
# off, and every process of a test run would then compile thousands of modules again.
unexport BASH_ENV VIRTUAL_ENV
unexport $(filter PYTHON%,$(.VARIABLES))
# Of pip and uv, it says from where to download, but not what to install, or where.
DOWNLOADS := %CACHE_DIR %CERT %CERTS %CONFIG_FILE %FIND_LINKS %HOST %INDEX %INDEX_URL UV_INDEX_% \
	%KEYRING_PROVIDER %LINK_MODE %NATIVE_TLS %OFFLINE %PROXY %RETRIES %TIMEOUT
unexport $(filter-out $(DOWNLOADS),$(filter PIP_% UV_%,$(.VARIABLES)))
# Maven, npm, pip and uv have caches in the home folder, which may be missing or read-only.
ifneq ($(shell [ -d "$${HOME:-}" ] && [ -w "$$HOME" ] && echo usable),usable)
export HOME := $(CURDIR)/.local/home
endif
# A proxy is for downloads. The servers of the local stack are on this machine.
comma := ,
direct = $(if $(filter *,$(1)),*,127.0.0.1$(comma)localhost$(if $(1),$(comma)$(1)))
export NO_PROXY := $(call direct,$(NO_PROXY))
export no_proxy := $(call direct,$(no_proxy))

export SAM_CLI_TELEMETRY := 0
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON := $(CURDIR)/.local/uv/bin/python3.13
# `sam build` looks for python3.13 and its pip on the path, and must find the same one.
export PATH := $(CURDIR)/.local/sam/bin:$(CURDIR)/.local/uv/bin:$(PATH)

# Environments that do not work here: the folder was moved, or their Python is gone.
BROKEN := $(shell for each in .local/uv .venv .local/sam .local/emulator; do \
	[ "$$(cat $$each/.installed 2> /dev/null)" = "$$(pwd -P)" ] && [ -x $$each/bin/python ] \
	|| echo $$each/.installed; done)

.PHONY: help demo up seed watch debug down fuzz env test test-fast check check-types check-rules client contract format snapshot bench bench-short cost chaos load restore restore-drill dlq logs trace reindex \
	user erase export adopt-orders sam-local build deploy destroy outputs previews web e2e verify-aws lock upgrade requirements audit sbom dependencies rename

help:
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile

demo: up ## start the local stack, and send an order, an image and a message through it
	@$(PYTHON) -m local.demo

up: $(PROJECT) $(TOOLS) ## start or update the local stack and print its URLs; SEARCH=1, PARAMETERS="Name=value …"
	@$(PYTHON) -m local.stack up $(if $(SEARCH),--search) $(PARAMETERS)

seed: up ## fill the local stack with users, groups, pictures, conversations and 500 orders
	@$(PYTHON) -m local.seed

watch: $(PROJECT) $(TOOLS) ## start the local stack, and update it with every file that is saved; Ctrl-C ends it
	@$(PYTHON) -m local.watch

debug: $(PROJECT) $(TOOLS) ## let a function wait for a debugger: FUNCTION=orders_writer [PORT=5678]; Ctrl-C ends it
	@$(PYTHON) -m local.debug $(FUNCTION) $(if $(PORT),--port $(PORT))

down: $(PROJECT) ## stop the local stack and delete its data
	@$(PYTHON) -m local.stack down

fuzz: $(PROJECT) ## send random requests to all routes of the running local stack: [SEED=1]; ARGS=--help
	@$(PYTHON) -m local.fuzz $(if $(SEED),--seed $(SEED)) $(ARGS)

env: $(PROJECT) ## print the variables with which AWS tools use the local stack: eval "$$(make -s env)"
	@$(PYTHON) -m local.stack env

# Four processes for two cores, because three of them have a stack each and often wait for it.
test: $(PROJECT) $(TOOLS) ## run the tests; ARGS="…" are arguments of pytest
	@$(PYTHON) -m local.opensearch
	@$(PYTHON) -m project.maven DynamoDB tests/dynamodb/pom.xml
	@$(PYTHON) -m project.maven Velocity tests/velocity/pom.xml
	@$(PYTHON) -m project.npm Node tests/e2e/node
	@$(PYTHON) -m project.npm ExifTool tests/exiftool
	@$(PYTHON) -m project.npm AsyncAPI tests/asyncapi
	@$(PYTHON) -m project.golang Actionlint tests/pipelines
	@$(PYTHON) -m project.npm TypeScript examples/typescript
	@$(PYTHON) -m project.maven ICU tests/unicode/pom.xml
	@$(PYTHON) -m pytest -n 4 --dist loadgroup --no-loadscope-reorder -m "not ci and not nightly" $(ARGS)

test-fast: $(PROJECT) $(TOOLS) ## run the unit and template tests, which need no stack, but not the slow ones; ARGS as above
	@$(PYTHON) -m pytest -n 2 --dist loadgroup -m "not slow and not ci and not nightly" tests/unit tests/template $(ARGS)

check: $(PROJECT) $(TOOLS) ## check the format, the code, the types, the licences and the template
	@$(MAKE) --no-print-directory --jobs 2 check-types check-rules

check-types: $(PROJECT) ## of make check, only the types
	@.venv/bin/mypy $(filter-out %.installed,$(wildcard layers/common/common local ops project bench tests))
	@printf '%s\n' $(dir $(wildcard src/*/app.py)) | xargs -P 2 -I {} env MYPYPATH=layers/common:{} .venv/bin/mypy {}

check-rules: $(PROJECT) $(TOOLS) ## of make check, all but the types
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@$(PYTHON) -m project.lint
	@$(PYTHON) -m project.licenses
	@$(PYTHON) -m project.contract.breaking
	@$(PYTHON) -m project.upgrades
	@$(foreach file,$(REQUIREMENTS),diff <($(call EXPORT,$(file))) $(file) &&) true \
		|| { echo "a requirements.txt is not what uv.lock says: make requirements"; exit 1; }
	@said=$$(env -u AWS_PROFILE AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null \
		AWS_DEFAULT_REGION=us-east-1 $(SAM) validate 2>&1) || { echo "$$said"; exit 1; }

snapshot: $(PROJECT) ## print and record what a change of template.yaml deploys
	@$(PYTHON) -m tests.template.snapshot

contract: $(PROJECT) ## write the documents of the API from docs/contract and the code; RELEASE=1 at a release
	@$(PYTHON) -m project.contract $(if $(RELEASE),--release)

client: $(PROJECT) ## generate a client of the API in .local/client: LANGUAGE=python or LANGUAGE=typescript [ARGS="--out folder"]
	@$(PYTHON) -m project.contract.client $(LANGUAGE) $(ARGS)

format: $(PROJECT) ## format the code and sort its imports
	@.venv/bin/ruff check --quiet --fix --select I .
	@.venv/bin/ruff format --quiet .

bench: $(PROJECT) $(TOOLS) ## run the benchmarks, which print ratios; ARGS="--help" lists them
	@$(PYTHON) -m bench $(ARGS)

bench-short: $(PROJECT) $(TOOLS) ## run the benchmarks that CI runs; fails if a ratio is far too high
	@$(PYTHON) -m bench --short

cost: $(PROJECT) $(TOOLS) ## print what a shop would pay AWS per month: ORDERS=3000 PICTURES=300 USERS=500 [READS=20000]
	@$(PYTHON) -m bench.shop_month $(if $(ORDERS),--orders $(ORDERS)) $(if $(PICTURES),--pictures $(PICTURES)) \
		$(if $(USERS),--users $(USERS)) $(if $(READS),--reads $(READS))

chaos: $(PROJECT) $(TOOLS) ## disturb a local stack of its own while orders, pictures and messages arrive: [MINUTES=10] [SEED=1]
	@$(PYTHON) -m bench.chaos $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(ARGS)

load: $(PROJECT) $(TOOLS) ## send orders at a fixed rate, and check that none is lost: RATE=5 MINUTES=1 [SENDERS=2]; ENV=dev asks first, YES=1
	@$(PYTHON) -m bench.load $(if $(RATE),--rate $(RATE)) $(if $(MINUTES),--minutes $(MINUTES)) \
		$(if $(SENDERS),--senders $(SENDERS)) $(if $(YES),--yes) $(ARGS)

restore: $(PROJECT) ## restore a stack into a fresh one, ENV=dev: FROM=storefront-prod [AT=2026-11-20T08:00:00Z]; ARGS=--help
	@$(PYTHON) -m ops.restore $(FROM) $(if $(AT),--at $(AT)) $(ARGS)

restore-drill: $(PROJECT) $(TOOLS) ## back up and restore a shop on this machine, and compare
	@$(PYTHON) -m ops.restore.drill

dlq: $(PROJECT) ## list, show, replay and discard dead letters; ARGS="--help" explains how
	@$(PYTHON) -m ops.dead_letters $(ARGS)

logs: $(PROJECT) ## print the logs of the functions: [FUNCTION=orders_writer] [LEVEL=warning] [FOLLOW=1]; ARGS=--help
	@$(PYTHON) -m ops.logs $(FUNCTION) $(if $(LEVEL),--level $(LEVEL)) $(if $(FOLLOW),--follow) $(ARGS)

trace: $(PROJECT) ## print the way of an order or image through the stack: ID=3803d0bb-…; ENV=dev on AWS
	@$(PYTHON) -m ops.logs.trace $(ID) $(ARGS)

reindex: $(PROJECT) ## rebuild the search index from the tables; ARGS="--help" lists the options
	@$(PYTHON) -m ops.reindex $(ARGS)

user: $(PROJECT) ## create a user, or end its sessions: NAME=ann [TEMPORARY=1] [GROUP=staff] [ARGS=--disable]; ARGS=--help
	@$(PYTHON) -m ops.user $(NAME) $(if $(TEMPORARY),--temporary) $(if $(GROUP),--group $(GROUP)) $(ARGS)

erase: $(PROJECT) ## erase a user with everything that is stored about them: NAME=ann or SUB=7d8c…; asks first; ARGS=--help
	@$(PYTHON) -m ops.erase $(if $(NAME),--name "$(NAME)") $(if $(SUB),--sub "$(SUB)") $(ARGS)

export: $(PROJECT) ## download the data of a user who asks for it: NAME=ann [OUT=folder]; ARGS="--help" explains
	@$(PYTHON) -m ops.export $(if $(NAME),'$(NAME)') $(if $(OUT),--out '$(OUT)') $(ARGS)

adopt-orders: $(PROJECT) ## show orders of version 0.1 in the shop's list: DELIVERED_BEFORE=2026-11-01, when the older ones had arrived
	@$(PYTHON) -m ops.adopt_orders $(DELIVERED_BEFORE) $(ARGS)

sam-local: $(PROJECT) $(TOOLS) ## send all sample events through `sam local`; needs Docker
	@$(PYTHON) -m local.sam_local

# SAM's builder leaves out bytecode. Without it, every cold start would compile the modules.
build: $(PROJECT) $(TOOLS) ## build what is deployed, in .aws-sam/build; ENV and PARAMETERS as for deploy
	@ENV=$(ENV) $(PYTHON) -m ops.deploy build $(PARAMETERS)
	@"$$UV_PYTHON" -m compileall -q --invalidation-mode unchecked-hash .aws-sam/build
	@chmod -R go+rX .aws-sam/build # Lambda runs it as another user, and the umask may be 077

deploy: build ## deploy to AWS; ENV=dev or ENV=prod, PARAMETERS="Name=value …"
	@ENV=$(ENV) $(PYTHON) -m ops.deploy deploy $(PARAMETERS)

web: $(PROJECT) ## upload the web client to a stack with Web=true; ENV=dev or ENV=prod
	@ENV=$(ENV) $(PYTHON) -m ops.web $(ARGS)

destroy: $(PROJECT) ## delete a stack and all data that it retains; asks first; ENV=dev or ENV=prod
	@$(PYTHON) -m ops.destroy $(ARGS)

outputs: $(PROJECT) ## print the outputs of a stack as Name=value; ENV=dev or ENV=prod
	@$(PYTHON) -m ops.outputs $(ARGS)

previews: $(PROJECT) ## delete the stacks of closed pull requests: OPEN="12 15" are the open ones
	@$(PYTHON) -m ops.previews $(ARGS) $(OPEN)

# Only this target sends tests to a deployed stack, and not an ENV that some shell has set.
e2e: $(PROJECT) $(TOOLS) ## run the end-to-end tests against a deployed stack; ENV=dev, ARGS for pytest
	@DEPLOYED=$(if $(filter file,$(origin ENV)),,$(ENV)) $(PYTHON) -m pytest tests/e2e $(ARGS)

verify-aws: $(PROJECT) ## check on a deployed stack what only AWS can tell; ENV=dev or ENV=prod
	@$(PYTHON) -m ops.verify_aws $(ARGS)

lock: $(INSTALLER) ## lock what pyproject.toml requires, and keep all other versions
	@$(UV) lock
	@$(MAKE) requirements

upgrade: $(INSTALLER) ## lock the newest versions that pyproject.toml allows
	@$(UV) lock --upgrade
	@$(MAKE) requirements

# The packages of the layer are the group `layer` in pyproject.toml. Those of a function are the
# group with its name. The runtime contains boto3, which Lambda keeps patched.
REQUIREMENTS := layers/common/requirements.txt $(wildcard src/*/requirements.txt)
group = $(subst _,-,$(patsubst src/%,%,$(patsubst layers/common,layer,$(1:/requirements.txt=))))
EXPORT = $(UV) export --quiet --frozen --no-header --prune boto3 --prune botocore --only-group $(group)
requirements: $(INSTALLER) ## write each requirements.txt from uv.lock
	@$(foreach file,$(REQUIREMENTS),$(call EXPORT,$(file)) > $(file) &&) true

audit: $(PROJECT) ## look up the locked packages in the database of known vulnerabilities
	@$(PYTHON) -m project.audit $(ARGS)

sbom: $(PROJECT) ## write bills of materials (CycloneDX) of what is deployed to .local/sbom
	@$(PYTHON) -m project.sbom

dependencies: $(PROJECT) ## report, as Markdown, newer versions of the packages, and the licences of those deployed
	@$(PYTHON) -m project.dependencies

rename: $(PROJECT) ## rename the project in all files: NAME="Corner Store" [DRY_RUN=1]
	@$(PYTHON) -m ops.rename $(if $(DRY_RUN),--dry-run) "$(NAME)"

$(BROKEN): always
always:

# Only one make at a time installs in this folder. It looks again whether that is still necessary.
INSTALL = @command -v python3.13 > /dev/null || { \
	echo "Python 3.13 is needed, as python3.13 on the path"; exit 1; }; python3.13 -m project.environments $(@D)

$(INSTALLER):
	$(INSTALL)

$(PROJECT): pyproject.toml uv.lock | $(INSTALLER)
	$(INSTALL)

.local/%/.installed: pyproject.toml uv.lock | $(INSTALLER)
	$(INSTALL)
