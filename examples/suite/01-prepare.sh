#!/usr/bin/env bash
# Writes the orders that the other steps work on, and prints on both streams. The steps keep their files in SUITE_WORK.
set -euo pipefail
: "${SUITE_WORK:=suite-work}"

mkdir -p "$SUITE_WORK"
echo "work directory: $SUITE_WORK"
echo "note: no ORDERS_FILE given, using the built-in sample" >&2
printf 'A-100 12\nA-101 7\nA-102 23\n' >"$SUITE_WORK/orders.txt"
echo "wrote $(wc -l <"$SUITE_WORK/orders.txt" | tr -d ' ') orders"
