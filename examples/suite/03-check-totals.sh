#!/usr/bin/env bash
# Fails by design, as a check does: it prints what it expected, and ends with an exit code of its own.
set -euo pipefail
: "${SUITE_WORK:=suite-work}"

expected=45
actual=0
while read -r _ amount; do actual=$((actual + amount)); done <"$SUITE_WORK/orders.txt"

echo "checking the total of all orders"
if [ "$actual" -ne "$expected" ]; then
  echo "error: total is $actual, expected $expected (see orders.txt)" >&2
  exit 3
fi
echo "total is $actual"
