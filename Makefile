# What a person types. Everything sets itself up; PYTHON names another interpreter, e.g. make PYTHON=python3.12

PYTHON ?= python3
SHELL := /bin/sh
BIN := .venv/bin
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
READY := .venv/.ready-$(VERSION)
BUNDLE := bidroom/web/static/manifest.json
PORT ?= 8765
ifndef OUT
OUT := demo-out/$(shell date -u +%Y%m%dT%H%M%SZ)
endif
TESTS ?= tests
E2E ?= tests/e2e

.DEFAULT_GOAL := help
.PHONY: help setup demo run test e2e lint clean

help:
	@echo "make demo    three openings and a link for every seat: one archived, one in a minute, one tomorrow"
	@echo "             ONCE=1 plays all to the end and stops, PORT=9000 for another port, BIDROOM_LANGUAGE=en for English"
	@echo "make test    every test; TESTS=tests/crypto for a part"
	@echo "make e2e     openings in a real browser; takes Chromium and OpenSSL. E2E=tests/e2e/test_room.py for a part"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make run     a server in demo mode on http://127.0.0.1:8765"
	@echo "make setup   .venv with everything, when something changed (the others do it by themselves)"
	@echo "make clean   remove what the above made"

setup: $(READY) $(BUNDLE)

$(READY): setup.cfg pyproject.toml constraints.txt
	@test -n "$(VERSION)" || { echo "$(PYTHON) was not found: install Python 3.11 or newer, e.g. apt install python3 python3-venv (or name one: make PYTHON=python3.12)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is Python $(VERSION), bidroom needs 3.11 or newer: install one, e.g. apt install python3.12 python3.12-venv, and run make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: apt install python3-venv (or python$(VERSION)-venv)" >&2; exit 1; }
	@test "$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$(VERSION)" || rm -rf .venv
	@echo "setting up .venv with Python $(VERSION); this happens once"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[assets,postgres,test,lint]'
	@touch $@

# Looked at whenever a source is newer; built when its bytes differ from those of the last build.
$(BUNDLE): $(READY) bidroom/web/assets.py $(wildcard bidroom/web/sprite.py bidroom/web/ui/*.mjs bidroom/web/ui/*.json bidroom/web/ui/*/*.mjs bidroom/web/ui/*/*.css)
	@$(BIN)/python -m bidroom.web.assets
	@touch $@

demo: setup
	@mkdir -p demo-out
	@$(BIN)/bidroom demo --port $(PORT) --out $(OUT) $(if $(filter-out 0,$(ONCE)),--once)

run: setup
	@$(BIN)/bidroom serve --demo

test: setup
	@$(BIN)/pytest -n 2 --dist loadgroup --ignore=tests/e2e $(TESTS)

e2e: setup
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { echo "make e2e needs Chromium and Chinese fonts: apt install chromium fonts-noto-cjk" >&2; exit 1; }
	@command -v openssl >/dev/null || { echo "make e2e needs OpenSSL: apt install openssl" >&2; exit 1; }
	@$(BIN)/pytest -n 2 --dist loadgroup $(E2E)

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean:
	rm -rf .venv bidroom/web/static bidroom/web/ui/node_modules build dist *.egg-info demo-out .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
