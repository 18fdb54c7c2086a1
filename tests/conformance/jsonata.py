#!/usr/bin/env python3
"""Holds `stepwell jsonata --batch` to the JSONata cases: floors/jsonata says how many must pass. Floors only rise.

usage: jsonata.py --stepwell PROGRAM SOURCE

The corpus is looked for in SOURCE/../shared/conformance, or where STEPWELL_CONFORMANCE points.
"""
import argparse
import json
import os
import re
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stepwell", required=True)
    parser.add_argument("source")
    options = parser.parse_args()
    corpus = os.environ.get("STEPWELL_CONFORMANCE") or os.path.join(options.source, "..", "shared", "conformance")
    runner = os.path.join(corpus, "run_cli.py")
    if not os.path.exists(runner):
        print(f"skipped: no corpus at {corpus}")
        return 77
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "floors", "jsonata"), encoding="utf-8") as f:
        floor = json.load(f)
    words = [sys.executable, runner, "--kind", "jsonata", "--min-pass", str(floor["floor"])]
    for feature in floor["without"]:
        words += ["--without", feature]
    done = subprocess.run(words + ["--", os.path.abspath(options.stepwell), "jsonata", "--batch"],
                          capture_output=True, text=True, check=False)
    numbers = re.findall(r"^(\d+) passed, (\d+) failed", done.stdout, re.M)
    if not numbers:
        print(done.stdout[-3000:], done.stderr[-3000:])
        return 1
    print("\n".join(line for line in done.stdout.splitlines() if line.startswith(("FAIL ", "     "))))
    missing = max(0, floor["floor"] - int(numbers[-1][0]))
    print(f"the floor is {floor['floor']}")
    print(f"{numbers[-1][0]} passed, {missing} failed")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
