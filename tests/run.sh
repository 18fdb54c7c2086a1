#!/bin/sh
# Runs the test suites of a build directory (all, or those named in SW_SUITES; of these the tests whose names fit the
# expression SW_TESTS) and sums them up.
# usage: run.sh BUILD
build=$1
suites=
for suite in $SW_SUITES; do
	suites="$suites --suite $suite"
done
names=
if [ -n "$SW_TESTS" ]; then
	names=$(meson test -C "$build" --no-rebuild --list $suites | sed 's|.* / ||' | grep -E "$SW_TESTS") || exit 1
fi
meson test -C "$build" --no-rebuild --print-errorlogs --num-processes "${SW_JOBS:-2}" \
	--timeout-multiplier "${SW_PATIENCE:-1}" $suites $names
status=$?
python3 "$(dirname "$0")/summary.py" "$build" || status=1
exit $status
