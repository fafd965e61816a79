#!/usr/bin/env bash
# Starts a helper for the steps to come and goes on. The helper does not hold this step's output open, and ends by itself
# should nobody stop it.
set -euo pipefail

bash -c 'for _ in $(seq 150); do date; sleep 0.2; done' >"$SUITE_WORK/helper.log" 2>&1 </dev/null &
echo $! >"$SUITE_WORK/helper.pid"
echo "helper started, pid $!"
