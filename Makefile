# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

.DEFAULT_GOAL := help
NOX := .venv/bin/nox
GATES := PYTHONPATH=tests/tools .venv/bin/python -m gates

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: .venv/ready ## show Milvus on a local Kubernetes, nothing to set up [NODES=sim|real]
	@$(NOX) --sessions demo -- $(if $(NODES),--nodes $(NODES))

.PHONY: test
test: .venv/ready ## run all gates and tests [ONLY="session …", names: .venv/bin/nox --list]
	@$(GATES) $(foreach session,$(ONLY),'$(session)')

.PHONY: lint
lint: .venv/ready ## run the gates that take seconds
	@$(GATES) lint types license docs

.PHONY: soak
soak: .venv/ready ## run the long repetitions in full
	@$(GATES) soak soak_real

.PHONY: real
real: .venv/ready ## run all there is with a real Milvus on a real node; needs root on Linux
	@$(GATES) soak_real

.PHONY: bench
bench: .venv/ready ## measure against the peer collection [ONLY=name]
	@$(NOX) --sessions bench -- $(if $(ONLY),--only $(ONLY))

.PHONY: docs
docs: .venv/ready ## build the site of the documentation in tests/output/site
	@$(GATES) docs

.PHONY: release
release: .venv/ready ## check version and changelog, build and verify the archive in tests/output/release; publishes nothing
	@$(GATES) release

.PHONY: lock
lock: .venv/ready ## renew the pinned versions in tests/requirements
	@$(NOX) --sessions lock

.PHONY: clean
clean: ## stop the labs; remove environments, caches and test output of this checkout
	@if [ -d .nox/functional ] || [ -d .nox/demo ]; then tests/lab/lab down --all; fi
	@rm -rf .venv .nox .cache .ansible .hypothesis tests/output

.venv/ready: tests/requirements/nox.txt tests/tools/bootstrap
	@tests/tools/bootstrap .venv
