#!/usr/bin/env bash
# Prints many lines, a few of which matter.
set -euo pipefail

for i in $(seq 1 2000); do
  if [ $((i % 400)) -eq 0 ]; then
    echo "WARNING order batch $i took 900 ms, limit is 500 ms"
  elif [ "$i" -eq 1234 ]; then
    echo "ERROR order batch $i: connection refused by payments:8443, retrying"
  else
    echo "ok order batch $i processed"
  fi
done
