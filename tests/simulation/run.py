#!/usr/bin/env python3
"""Simulates the seeds that failed once, and fresh ones.

usage: run.py SIMULATE [SEEDS]

Fresh seeds begin anywhere; with CI=true they follow from the commit's hash, so that the run can be repeated beforehand.
Every number is printed. A seed that failed is run again with `SIMULATE --seed S --trace`.
"""
import os
import random
import subprocess
import sys

# Seeds that found something, with what it was.
KEPT = {
    1469: "the engine's clock went back after a crash when the wall clock had been set back",
    1038: "the same, in another history",
    1150: "a callback that came while memory was short",
    2092: "a start while the disk was full",
}
KEPT_RELAXED = {
    310010: "half a turn in the box when its time came, while memory was short",
}
RELAXED_MS = 40


def first_fresh(source):
    if os.environ.get("CI") != "true":
        return random.SystemRandom().randrange(10**6, 10**15)
    commit = subprocess.run(["git", "-C", source, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    return int(commit.stdout[:12], 16)


def main():
    program, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    passed = failed = 0
    relaxed = ["--relaxed", str(RELAXED_MS)]
    runs = [["--seed", str(seed)] for seed in KEPT] + [[*relaxed, "--seed", str(seed)] for seed in KEPT_RELAXED]
    source = os.environ.get("STEPWELL_SOURCE", os.path.dirname(os.path.abspath(__file__)))
    first = str(first_fresh(source))
    runs.append(["--from", first, "--seeds", str(count), "--report"])
    runs.append([*relaxed, "--from", first, "--seeds", str(count // 10)])
    for words in runs:
        done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
        print(done.stdout, end="")
        last = done.stdout.strip().rsplit("\n", 1)[-1].split()
        if len(last) == 4 and last[1] == "passed,":
            passed, failed = passed + int(last[0]), failed + int(last[2])
        else:  # it died
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
