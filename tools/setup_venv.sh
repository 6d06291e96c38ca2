#!/usr/bin/env bash
# Make a virtual environment with ROS 2 in it: setup_venv.sh VENV LOCK…
# Called by the Makefile, which knows when it is needed.
set -euo pipefail
venv=$1
shift
python=${PYTHON:-python3}
here=$(cd "$(dirname "$0")" && pwd)

missing() {
  echo "blendfer_ros: $1." >&2
  exit 1
}

command -v "$python" >/dev/null || missing "'$python' is missing: apt install python3, or name another with PYTHON=…"
"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' ||
  missing "'$python' is $("$python" -V 2>&1), needed is 3.10 to 3.13: name another with PYTHON=…"
[ "$(uname -sm)" = 'Linux x86_64' ] ||
  missing "ROS 2 comes from PyPI for Linux on x86-64 only, this is $(uname -sm): install ROS 2 from apt and use colcon, see README.md"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
  missing "Python's venv module is missing: apt install python3-venv"
"$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.isfile(os.path.join(sysconfig.get_paths()["include"], "Python.h")))' ||
  missing "Python's headers, which ROS messages are built with, are missing: apt install python3-dev"
command -v c++ >/dev/null || command -v g++ >/dev/null ||
  missing "a C++ compiler is missing: apt install g++"

if [ ! -x "$venv/bin/python" ]; then
  echo "blendfer_ros: making $venv with $("$python" -V)"
  "$python" -m venv "$venv"
fi
echo "blendfer_ros: installing $* (the first time downloads a few hundred megabytes)"
# The locks are complete; resolving again would bring back what overrides.txt drops.
"$venv/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes "${@/#/--requirement=}" ||
  missing "installing $* failed, the reason is above; the next try goes on where this one stopped"
_ROS_WHEELS_BOOTSTRAP_COMPLETE=1 "$venv/bin/python" "$here/relocate_cmake.py"
# The `blendfer` command, from the sources; what colcon builds comes first on PYTHONPATH. By PEP 517, for the script of
# the older way asks for metadata that colcon's copy lacks.
"$venv/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --use-pep517 \
  --editable "$here/.."
# colcon takes a prefix without setup files for a mistake and says so at every build.
touch "$venv/local_setup.sh"
