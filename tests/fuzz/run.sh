#!/bin/sh
# Runs every fuzz target of a build directory for some seconds, over a copy of its corpus. What a target finds is kept in
# BUILD/fuzz-findings, and the run fails.
# usage: run.sh BUILD SECONDS_EACH
build=$1
seconds=$2
corpus=$(dirname "$0")/corpus
findings=$build/fuzz-findings
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$findings"
status=0
count=0
for target in "$build"/tests/fuzz/fuzz-*; do
	[ -f "$target" ] && [ -x "$target" ] || continue
	name=${target##*/fuzz-}
	count=$((count + 1))
	cp -r "$corpus/$name" "$work/$name"
	if ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 "$target" -max_total_time="$seconds" \
		-timeout=25 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -artifact_prefix="$findings/$name-" \
		"$work/$name" >"$work/$name.log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log")
		echo "$name: ok, ${runs:-?} inputs in $seconds s"
	else
		status=1
		cp "$work/$name.log" "$findings/$name.log"
		tail -n 30 "$work/$name.log"
		echo "$name: FOUND something; the input is in $findings, what was said in $findings/$name.log"
	fi
done
if [ "$count" -eq 0 ]; then
	echo "there is no fuzz target in $build: it must be configured with -Dfuzzers=true" >&2
	exit 1
fi
exit $status
