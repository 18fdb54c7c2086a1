#!/bin/sh
# Runs the benchmark in a directory of its own, on the disk that BENCH_DIR names (default: the temporary directory).
# usage: run.sh BUILD
set -e
work=$(mktemp -d "${BENCH_DIR:-/tmp}/stepwell-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
"$1/bench/bench" "$work"
python3 "$(dirname "$0")/jsonata.py" "$1"
