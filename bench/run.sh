#!/bin/sh
# Runs the benchmark in a directory of its own, on the disk that BENCH_DIR names (default: the temporary directory).
# usage: run.sh BUILD [engine|http]
set -e
work=$(mktemp -d "${BENCH_DIR:-/tmp}/stepwell-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
"$1/bench/bench" "$work" "$1/cli/stepwell" "${2:-all}"
