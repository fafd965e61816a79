#!/usr/bin/env bash
# Prints by path. Each such line opens the stream again: no line may be lost, and the step must not fail.
set -euo pipefail

echo "one, by the descriptor"
echo "two, by path" >/dev/stdout
echo "warning: three, by path" >/dev/stderr
echo "four, by the descriptor" >&2
echo "five, by path again" >/dev/stdout
