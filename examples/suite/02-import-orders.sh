#!/usr/bin/env bash
# Takes longer than the other steps.
set -euo pipefail
: "${SUITE_WORK:=suite-work}"

while read -r id amount; do
  sleep 0.35
  echo "imported order $id, amount $amount"
done <"$SUITE_WORK/orders.txt"
