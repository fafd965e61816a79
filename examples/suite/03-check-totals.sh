#!/usr/bin/env bash
# The step that fails, as checks do: it says what it expected and ends with a code of its own.
set -euo pipefail

expected=45
actual=0
while read -r _ amount; do actual=$((actual + amount)); done <"$SUITE_WORK/orders.txt"

echo "checking the total of all orders"
if [ "$actual" -ne "$expected" ]; then
  echo "error: total is $actual, expected $expected (see orders.txt)" >&2
  exit 3
fi
echo "total is $actual"
