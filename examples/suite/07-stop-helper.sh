#!/usr/bin/env bash
# The helper of step 04 has to be alive still: a step's background programs outlive it.
set -euo pipefail

pid=$(cat "$SUITE_WORK/helper.pid")
if ! kill "$pid"; then
  echo "error: helper $pid is gone" >&2
  exit 1
fi
echo "helper stopped, lines it wrote: $(wc -l <"$SUITE_WORK/helper.log" | tr -d " ")"
