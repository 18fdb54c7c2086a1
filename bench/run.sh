#!/bin/sh
# Runs the benchmark in a directory of its own, on the disk that BENCH_DIR names (default: the temporary directory).
# usage: run.sh BUILD [engine|http|expressions]
set -e
work=$(mktemp -d "${BENCH_DIR:-/tmp}/stepwell-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
what=${2:-all}
if [ "$what" != expressions ]; then
	"$1/bench/bench" "$work" "$1/cli/stepwell" "$what"
fi
if [ "$what" = all ] || [ "$what" = expressions ]; then
	echo
	"$1/bench/bench-expressions" "$(dirname "$0")/../examples"
fi
