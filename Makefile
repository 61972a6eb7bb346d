# make demo | test | ui | bench | lint | audit | install. See README.md.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
TESTED := $(VENV)/.ready-test
LENSKIT := $(VENV)/lenskit

# The demo is the same on every machine: classical encoders, CPU, whatever weights lie around.
DEMO_ENV := TRIFUSE_TEXT_ENCODER=tfidf-svd TRIFUSE_IMAGE_ENCODER=color-gradient-histogram TRIFUSE_DEVICE=cpu

.PHONY: install demo test ui bench lint audit
install: $(READY)

$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(TESTED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@ $(READY)

demo: $(READY)
	@$(DEMO_ENV) $(BIN)/python -m orchestration.demo

test: $(TESTED)
	$(BIN)/python -m pytest --numprocesses 2

ui: $(READY)
	@$(BIN)/python -m orchestration.ui

# LensKit wants an older pandas than ours; without it the benchmark leaves it out and says so.
bench: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	@test -x $(LENSKIT)/bin/python || $(PYTHON) -m venv $(LENSKIT)
	-$(LENSKIT)/bin/pip install --quiet --disable-pip-version-check lenskit==2025.8.1 torch==2.13.0
	@for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

lint: $(TESTED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

# Needs the network, and says so where there is none.
audit:
	@PYTHON=$(PYTHON) .ci/audit
