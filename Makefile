# The commands of this house. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PORT ?= 8000
DEMO ?= 1
WORKERS ?= 2
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export DEMO PYTHONWARNINGS

.PHONY: help run demo test check format bench calibrate messages lock

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: demo  ## install all, build the demo town (DEMO=0: an empty town), serve on 127.0.0.1:$PORT
	@echo "Serving on http://127.0.0.1:$(PORT)/ (Ctrl-C to stop)"
	@python manage.py run_due --watch --beside $$$$ >/dev/null & exec granian --interface wsgi greening.wsgi:application --host 127.0.0.1 --port $(PORT) --workers $(WORKERS) --blocking-threads 16 --no-access-log --log-level warning

demo:  ## the same without serving
	@.ci/setup run
	@python manage.py migrate --verbosity 0
	@kept="$${DATA_DIR:-var}/static/staticfiles.json"; if [ ! -e "$$kept" ] || [ -n "$$(find frontend/dist .venv/.installed-* -newer "$$kept" -print -quit)" ]; then \
	  python manage.py collectstatic --noinput --verbosity 0; fi
	@if [ "$(DEMO)" != 0 ]; then python manage.py build_demo && python manage.py rank_courtyards --format table; else python manage.py load_species; fi

test:  ## install all, run every test: SpatiaLite, PostGIS, TypeScript, browser
	@.ci/setup test
	@npm --prefix frontend test --silent
	@echo "— pytest on SpatiaLite —"
	@pytest -q -n 2 --dist loadgroup
	@echo "— pytest on PostGIS: every test that asks the database —"
	@.ci/postgis pytest -q -n 2 --dist loadgroup -m "not town and not browser" --database-only

check:  ## format, lint, types, import contracts, missing migrations, templates
	@.ci/setup test
	ruff format --check .
	ruff check .
	mypy
	lint-imports --no-cache
	python manage.py makemigrations --check --dry-run --verbosity 0
	python manage.py check --fail-level WARNING
	djlint --lint --quiet frontend/templates greening/templates
	npm --prefix frontend run --silent check

format:  ## put everything in its form
	@.ci/setup test
	ruff format .
	ruff check --fix .
	npm --prefix frontend run --silent format

bench:  ## every benchmark, each a ratio against a named peer in the same run
	@.ci/setup test
	@missed=""; for bench in tests/benchmarks/bench_*.py; do echo "— $$bench —"; \
	  python -m tests.benchmarks.$$(basename $$bench .py) || missed="$$missed $$(basename $$bench .py)"; done; \
	  [ -z "$$missed" ] || { echo "missed a bound:$$missed" >&2; exit 1; }

calibrate:  ## recompute the effect intervals' calibration on 30 demo towns (about half an hour)
	@.ci/setup test
	@python -m tests.benchmarks.calibrate

messages:  ## collect new texts for translation
	@python manage.py makemessages --locale fr --no-location --no-wrap --ignore node_modules --ignore dist

lock:  ## renew the lock files
	uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
