#!/usr/bin/env bash
# Starts a helper for later steps, and ends. The helper does not hold this step's output open, and ends by itself if no
# step stops it.
set -euo pipefail
: "${SUITE_WORK:=suite-work}"

bash -c 'for _ in $(seq 150); do date; sleep 0.2; done' >"$SUITE_WORK/helper.log" 2>&1 </dev/null &
echo $! >"$SUITE_WORK/helper.pid"
echo "helper started, pid $!"
