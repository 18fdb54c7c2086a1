#!/bin/sh
# Runs the benchmark in a directory of its own, on the disk that BENCH_DIR names (default: the temporary directory).
# usage: run.sh BUILD [engine|http|expressions|jsonata]
set -e
work=$(mktemp -d "${BENCH_DIR:-/tmp}/stepwell-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
what=${2:-all}
case $what in all | engine | http) "$1/bench/bench" "$work" "$1/cli/stepwell" "$what" ;; esac
case $what in all | expressions) "$1/bench/bench-expressions" "$(dirname "$0")/../examples" ;; esac
case $what in all | jsonata) python3 "$(dirname "$0")/jsonata.py" "$1" ;; esac
