#!/usr/bin/env bash
# Write requirements/*.lock anew from requirements/*.in (needs uv).
set -euo pipefail
cd "$(dirname "$0")/../requirements"
lock() {
  uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate \
    --override overrides.txt \
    --custom-compile-command 'make lock' "$@"
}
lock run.in --output-file run.lock
lock dev.in --constraint run.lock --output-file dev.lock
