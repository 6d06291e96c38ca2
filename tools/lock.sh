#!/usr/bin/env bash
# Write requirements/*.lock anew from requirements/*.in (needs uv).
set -euo pipefail
cd "$(dirname "$0")/../requirements"
lock() {
  local overrides=$1
  shift
  uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate \
    --override "$overrides" \
    --custom-compile-command 'make lock' "$@"
}
lock overrides.txt run.in --output-file run.lock
lock overrides.txt dev.in --constraint run.lock --output-file dev.lock
lock peer_overrides.txt peer.in --constraint run.lock --output-file peer.lock
