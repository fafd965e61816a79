#!/usr/bin/env bash
# The slow step.
set -euo pipefail

while read -r id amount; do
  sleep 0.35
  echo "imported order $id, amount $amount"
done <"$SUITE_WORK/orders.txt"
