#!/usr/bin/env bash
# Write a bill of materials (CycloneDX) of each lock, and ask PyPI whether what it pins is known to be vulnerable:
# audit.sh FOLDER LOCK…, with the environment of requirements/audit.lock in FOLDER/.venv. Called by `make audit`.
set -uo pipefail
folder=$1
shift
status=0
for lock in "$@"; do
  name=$(basename "$lock" .lock)
  "$folder/.venv/bin/cyclonedx-py" requirements --output-reproducible --output-format JSON \
    --output-file "$folder/$name.cdx.json" "$lock" 2>"$folder/$name.log" ||
    { cat "$folder/$name.log" >&2; exit 2; }
  echo "$lock: bill of materials in $folder/$name.cdx.json"
  "$folder/.venv/bin/pip-audit" --strict --disable-pip --require-hashes --no-deps --progress-spinner off --timeout 30 \
    --requirement "$lock" 2>"$folder/$name.log" || {
    status=1
    tail -n 3 "$folder/$name.log" >&2
  }
done
[ $status = 0 ] || echo "audit: something was found, or PyPI could not be asked: the reasons are above" >&2
exit $status
