#!/usr/bin/env python3
"""Adds up what the test programs of the last `meson test` counted themselves.

usage: summary.py BUILD

A cmocka program counts its test functions; a script ends with a line `N passed, N failed[, N skipped]`; anything else
counts as one. Skips are named with the reason that the test printed. The last line is `N passed, N failed`.
"""
import json
import re
import sys

CMOCKA = re.compile(r"\[\s*(PASSED|FAILED|SKIPPED)\s*\][^\d\n]*(\d+) test\(s\)")
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", re.M)


def count(test):
    """Passed, failed, skipped of one program."""
    text = test.get("stdout", "") + "\n" + test.get("stderr", "")
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    if test["result"] == "SKIP":
        return 0, 0, 1
    found = CMOCKA.findall(text)
    plain = PLAIN.findall(text)
    numbers = [0, 0, 0]
    if found:
        for word, number in found:
            numbers[("PASSED", "FAILED", "SKIPPED").index(word)] += int(number)
    elif plain:
        numbers = [int(n or 0) for n in plain[-1]]
    else:
        numbers = [1, 0, 0] if good else [0, 1, 0]
    if not good and numbers[1] == 0:  # it broke off, or a floor was not reached
        numbers[1] = 1
    return tuple(numbers)


def main():
    passed = failed = skipped = 0
    with open(f"{sys.argv[1]}/meson-logs/testlog.json", encoding="utf-8") as log:
        tests = [json.loads(line) for line in log if line.strip()]
    for test in tests:
        p, f, s = count(test)
        passed, failed, skipped = passed + p, failed + f, skipped + s
        if f:
            print(f"FAILED {test['name']}: {f} of {p + f}")
        for line in (test.get("stdout") or "").splitlines():
            if line.startswith("skipped: "):
                print(f"{test['name']}: {line}")
    if skipped:
        print(f"({skipped} skipped)")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
