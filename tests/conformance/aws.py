#!/usr/bin/env python3
"""Runs the executions recorded on AWS against `stepwell serve`, and holds the result to the floors.

usage: aws.py --stepwell PROGRAM SOURCE

floors/aws names, for each selection of cases, how many must agree in outcome, cause and history. Floors only rise.
The corpus is looked for in SOURCE/../shared/conformance, or where STEPWELL_CONFORMANCE points.
"""
import argparse
import json
import os
import re
import subprocess
import sys


def corpus(source):
    return os.environ.get("STEPWELL_CONFORMANCE") or os.path.join(source, "..", "shared", "conformance")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stepwell", required=True)
    parser.add_argument("source")
    options = parser.parse_args()
    runner = os.path.join(corpus(options.source), "run_aws.py")
    if not os.path.exists(runner):
        print(f"skipped: no corpus at {os.path.dirname(runner)}")
        return 77
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "floors", "aws"), encoding="utf-8") as f:
        floors = json.load(f)
    server = f"{os.path.abspath(options.stepwell)} serve --listen 127.0.0.1:{{port}} --data {{data}} --mock-config {{mocks}}"
    passed = failed = 0
    for selection in floors:
        words = [sys.executable, runner, "--cases", os.path.join(corpus(options.source), "aws"), "--server", server,
                 "--list-failures", "--without", ",".join(selection["without"])]
        for pattern in selection["only"]:
            words += ["--only", pattern]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        numbers = re.findall(r"^(\d+) passed, (\d+) failed", done.stdout, re.M)
        if not numbers:
            print(done.stdout[-3000:], done.stderr[-3000:])
            return 1
        good, bad = map(int, numbers[-1])
        print(f"{selection['name']}: {good} of {good + bad} agree; the floor is {selection['floor']}")
        print("\n".join(line for line in done.stdout.splitlines() if line.startswith("FAIL ")))
        # What the floor does not ask for is named above, and does not fail the suite.
        passed += good
        if good < selection["floor"]:
            failed += selection["floor"] - good
            print(done.stdout[-6000:])
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
