#!/usr/bin/env python3
"""Runs the executions recorded on AWS against `stepwell serve`, and holds the result to the floors.

usage: aws.py --stepwell PROGRAM SOURCE

floors/aws names, for each area of the corpus, how many cases must agree in outcome, cause and history. Floors only rise.
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
    words = [sys.executable, runner, "--cases", os.path.join(corpus(options.source), "aws"), "--server", server,
             "--list-failures", "--without", ",".join(floors["without"])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    rows = {area: int(good) for area, good in re.findall(r"^(\S+)\s+(\d+)/\d+\s", done.stdout, re.M)}
    if "total" not in rows:
        print(done.stdout[-3000:], done.stderr[-3000:])
        return 1
    passed, failed = rows["total"], 0
    # What the floors do not ask for is named, and does not fail the suite.
    print("\n".join(line for line in done.stdout.splitlines() if line.startswith("FAIL ")))
    for area, floor in floors["areas"].items():
        if rows.get(area, 0) < floor:
            print(f"{area}: {rows.get(area, 0)} agree; the floor is {floor}")
            failed += floor - rows.get(area, 0)
    if failed:
        print(done.stdout[-6000:])
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
