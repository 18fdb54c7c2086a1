#!/bin/sh
# Runs the test suites of a build directory (all, or those named in SW_SUITES) and sums them up.
# usage: run.sh BUILD
build=$1
suites=
for suite in $SW_SUITES; do
	suites="$suites --suite $suite"
done
meson test -C "$build" --no-rebuild --print-errorlogs --num-processes "${SW_JOBS:-2}" $suites
status=$?
python3 "$(dirname "$0")/summary.py" "$build" || status=1
exit $status
