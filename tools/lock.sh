#!/usr/bin/env bash
# Write requirements/*.lock anew from requirements/*.in (needs uv). An environment is run.lock, one
# ros-DISTRO.lock and, for tests and training, dev.lock; each entry is in one of them only.
set -euo pipefail
tools=$(cd "$(dirname "$0")" && pwd)
cd "$tools/../requirements"
lock() {
  local name=$1 overrides=$2
  shift 2
  uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate \
    --override "$overrides" --custom-compile-command 'make lock' "$@" "$name.in" --output-file "$name.lock"
}
lock run overrides.txt
for upper in ros-kilted ros-jazzy dev; do
  lock "$upper" overrides.txt --constraint run.lock
  python3 "$tools/drop_locked.py" "$upper.lock" run.lock
done
lock peer peer_overrides.txt --constraint run.lock
lock fuzz overrides.txt --constraint run.lock
lock audit overrides.txt
