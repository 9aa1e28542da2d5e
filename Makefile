# Every target does its own set-up; nothing needs to be installed by hand but Python 3.11+.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
UNITS := not system and not fault and not thorough and not hardware
WHOLE := (system or fault) and not thorough and not hardware

.PHONY: help setup-run setup-test demo test faults crash soak fuzz benchmarks screenshots manual lock format clean

help:            ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 16

setup-run:
	@deploy/setup run

setup-test:
	@deploy/setup test

demo: setup-run  ## everything on this machine, no hardware: rig, kiosk, platform stand-in, fleet
	@exec $(PYTHON) -m deploy.demo

# Two suites share two cores, and both measure seconds: what fails beside the other is looked at again alone, and fails there or passes.
AGAIN := $(PYTHON) -m pytest -q --last-failed --last-failed-no-failures none
test: setup-test ## everything: style, types, import contracts, units, then whole processes
	@$(PYTHON) -m pytest -q -n 2 --dist loadfile -m "$(UNITS)" || $(AGAIN) -m "$(UNITS)"
	@$(PYTHON) -m pytest -q -n 2 --dist loadfile -m "$(WHOLE)" || $(AGAIN) -m "$(WHOLE)"

faults: setup-test ## every fault that must not stop a kiosk, a line each: injected, seen, page, healed, verdict
	@$(PYTHON) -m pytest -q -n 2 --dist loadfile -m "fault and not hardware" tests/faults

crash: setup-test  ## 10,000 deaths of the process and of the power in the middle of things: nothing lost, nothing done twice
	@$(PYTHON) -m tests.crash --points 10000
	@$(PYTHON) -m tests.crash.desired --points 2000
	@$(PYTHON) -m tests.crash.releases --points 1000
	@$(PYTHON) -m tests.crash.both --points 500

soak: setup-test   ## 2,000 visits with random faults: no stuck page, no leak, every visit accounted for
	@$(PYTHON) -m tests.soak --visits 2000

fuzz: setup-test   ## ten minutes of hostile bytes for every codec
	@$(PYTHON) -m tests.fuzz --seconds 600

benchmarks: setup-test ## figures beside their limits
	@$(PYTHON) -m benchmarks

screenshots: setup-test ## every page, into docs/manual/
	@$(PYTHON) -m deploy.screenshots

manual: setup-test ## what is generated: from the fault catalogue, and from the types of fleet.toml
	@$(PYTHON) -m kiosk.upkeep.fault_words
	@$(PYTHON) -m deploy.settings_reference

lock:            ## requirements/*.txt from pyproject.toml
	@deploy/lock

format: setup-test ## style
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

clean:
	@rm -rf .venv .uv demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
