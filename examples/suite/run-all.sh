#!/usr/bin/env bash
# Records this small suite as a harness does: every numbered script is one step. It goes on after a failure, and ends with
# the exit code of the first step that failed. (`scenariolog record --keep-going examples/suite` does the same without it.)
#
#   OUT_DIR         the directory of the database, the logs and the steps' own files (default: ./suite-out)
#   SCENARIOLOG_BIN the recorder (default: scenariolog, from PATH)
set -uo pipefail

SUITE_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
SCENARIOLOG="${SCENARIOLOG_BIN:-scenariolog}"
OUT_DIR="${OUT_DIR:-$PWD/suite-out}"
DB="$OUT_DIR/scenario-run.db"
LOG_DIR=".logs"
export SUITE_WORK="$OUT_DIR/work"

mkdir -p "$OUT_DIR" "$SUITE_WORK" || exit 1
"$SCENARIOLOG" init --db "$DB" || exit 1
RUN_ID=$("$SCENARIOLOG" run start --db "$DB" --root-dir "$OUT_DIR" --suite orders --kv "host.shell:bash") || exit 1
FIRST_FAILURE=0

finish() {
  local code=$?
  trap - EXIT
  [ "$code" -ne 0 ] || code=$FIRST_FAILURE
  "$SCENARIOLOG" run end --db "$DB" --run-id "$RUN_ID" --exit-code "$code"
  exit "$code"
}
trap finish EXIT

run_step() {
  local num=$1 script=$2 name code=0
  name=$(basename "$script" .sh)
  "$SCENARIOLOG" exec --db "$DB" --run-id "$RUN_ID" --root-dir "$OUT_DIR" --log-dir "$LOG_DIR" \
    --work-dir "$SUITE_DIR" --step-num "$num" --name "${name#*-}" --script-path "$script" \
    -- bash "$script" || code=$?
  if [ "$code" -ne 0 ] && [ "$FIRST_FAILURE" -eq 0 ]; then FIRST_FAILURE=$code; fi
}

for script in "$SUITE_DIR"/[0-9][0-9]-*.sh; do
  num=$(basename "$script")
  run_step "$((10#${num%%-*}))" "$script"
done
