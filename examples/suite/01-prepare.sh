#!/usr/bin/env bash
# Writes the orders that the other steps work on; says what it does on both streams.
set -euo pipefail

echo "work directory: $SUITE_WORK"
echo "note: no ORDERS_FILE given, using the built-in sample" >&2
printf 'A-100 12\nA-101 7\nA-102 23\n' >"$SUITE_WORK/orders.txt"
echo "wrote $(wc -l <"$SUITE_WORK/orders.txt" | tr -d ' ') orders"
