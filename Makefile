# Two commands on a fresh Debian or Ubuntu machine: `make demo` and `make test`.
# Both set everything up in .venv, build/ and install/ first; nothing is done twice.

SHELL := /bin/bash
VENV ?= .venv
PYTHON ?= python3
SOURCE ?=
PEER_VENV := .venv-peer
FER2013 ?= $(BLENDFER_ASSETS)/data/fer2013.zip
export PYTHON

ENV := . tools/ros_env.sh $(VENV)
COLCON := colcon --log-base log
BUILT_FROM := CMakeLists.txt package.xml $(shell find blendfer_ros launch config models msg resource examples -type f ! -name '*.pyc' 2>/dev/null)

.PHONY: help demo test bench peer check lock clean

help:
	@echo 'make demo [SOURCE=video|folder|camera index]   run the whole thing and show what /emotion says'
	@echo 'make test                                      build and run all tests through colcon'
	@echo 'make bench                                     measure latency and frames lost'
	@echo 'make peer [FER2013=zip|folder|csv]             measure the PyPI package fer on FER2013'
	@echo 'make check                                     ruff and mypy'
	@echo 'make lock                                      pin the newest dependencies (needs uv)'
	@echo 'make clean                                     remove everything these commands made'

demo: build/.built
	@$(ENV) && exec install/blendfer_ros/lib/blendfer_ros/demo --source "$(SOURCE)"

test: $(VENV)/.dev build/.built
	@$(ENV) && $(COLCON) test --event-handlers console_direct+ desktop_notification- --packages-select blendfer_ros; \
	  colcon test-result --verbose; status=$$?; \
	  grep -E '^=+ .* in [0-9.]+s' build/blendfer_ros/ament_cmake_pytest/pytest.txt | tail -n 1; \
	  exit $$status

bench: build/.built
	@$(ENV) && python bench/latency.py

peer: $(PEER_VENV)/.peer
	@PYTHONPATH=. $(PEER_VENV)/bin/python bench/peer_fer.py "$(FER2013)" --out build/peer_fer.json

check: $(VENV)/.dev build/.built
	@$(ENV) && ruff check . && ruff format --check . && mypy

lock:
	tools/lock.sh

clean:
	rm -rf $(VENV) $(PEER_VENV) build install log

build/.built: $(BUILT_FROM) $(VENV)/.run
	@$(ENV) && $(COLCON) build --symlink-install --event-handlers desktop_notification- --packages-select blendfer_ros \
	  --cmake-args -DPython3_EXECUTABLE="$$VIRTUAL_ENV/bin/python"
	@touch $@

$(VENV)/.run: requirements/run.lock setup.cfg tools/setup_venv.sh tools/relocate_cmake.py
	@tools/setup_venv.sh $(VENV) requirements/run.lock
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	@tools/setup_venv.sh $(VENV) requirements/dev.lock
	@touch $@

# Apart from ours, so that what `fer` is measured with changes nothing that the nodes run with.
$(PEER_VENV)/.peer: requirements/peer.lock
	@$(PYTHON) -m venv $(PEER_VENV)
	@$(PEER_VENV)/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r $<
	@touch $@
