#!/usr/bin/env bash
# Stops the helper of step 04, which must still be alive: a step's background programs outlive the step.
set -euo pipefail
: "${SUITE_WORK:=suite-work}"

pid=$(cat "$SUITE_WORK/helper.pid")
if ! kill "$pid"; then
  echo "error: helper $pid is gone" >&2
  exit 1
fi
echo "helper stopped, lines it wrote: $(wc -l <"$SUITE_WORK/helper.log" | tr -d " ")"
