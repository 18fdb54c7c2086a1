#!/usr/bin/env python3
"""Runs every example as its README says, and a second time with kill -9 in the middle.

usage: examples.py --stepwell PROGRAM EXAMPLES

Every command line of the form `stepwell run ...` in an example's README is run; EXPECTED says what must come out.
"""
import argparse
import json
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time

PARCELS = {"order": "A-1001", "paid": "pay-A-1001", "tracking": "TRACK-A-1001"}
# Example -> for each `stepwell run` line of its README: exit code, output (None: none), error on standard error.
EXPECTED = {
    "order-processing": [(0, PARCELS, None), (1, None, "Order.NotShipped"), (1, None, "Card.Declined")],
    "vending-machine": [(0, {"vended": "coffee", "paid": 150}, None), (0, {"vended": None, "returned": 50}, None)],
    "video-on-demand": [(0, {"title": "Steps", "published": True, "assets": {
        "renditions": [{"number": i, "file": f"steps-{f}.mp4"} for i, f in enumerate(["1080p", "720p", "480p"])],
        "thumbnail": "thumbnail.jpg", "subtitles": ["en", "de"]}}, None)],
    "sales-report": [(0, {"total": 560.0, "best": "espresso", "note": "cake for everybody"}, None)],
    "reminder": [(0, {"reminder": "water the plants", "set": "plants"}, None)],
    "image-renditions": [(0, ["64/cat.jpg", "256/cat.jpg", {"skipped": "broken.jpg", "why": "not an image"},
                              {"skipped": "broken.jpg", "why": "not an image"}, "64/dog.jpg", "256/dog.jpg"], None)],
}
LIMIT_SECONDS = 60


def commands(folder):
    """The `stepwell run` lines of a README."""
    text = open(os.path.join(folder, "README.md"), encoding="utf-8").read()
    return [shlex.split(line) for line in re.findall(r"^    stepwell (run .*)$", text, re.M)]


class Examples:
    def __init__(self, stepwell, root):
        self.stepwell, self.root, self.passed, self.failed = stepwell, root, 0, 0

    def verdict(self, what, good, detail=""):
        self.passed += good
        self.failed += not good
        if not good:
            print(f"FAIL {what}: {detail}")

    def judge(self, what, expected, done):
        code, output, error = expected
        got = json.loads(done.stdout) if done.stdout.strip() else None
        good = done.returncode == code and got == output and (error is None or error in done.stderr)
        self.verdict(what, good, f"exit {done.returncode}, output {done.stdout[:300]!r}, stderr {done.stderr[-600:]!r}; "
                                 f"expected {expected}")

    def run(self, folder, words, data):
        return subprocess.run([self.stepwell, *words, "--data", data], cwd=folder, capture_output=True, text=True,
                              timeout=LIMIT_SECONDS, check=False)

    def run_killed(self, folder, words, data):
        """The same, killed at random moments until a run comes to its end under the same name."""
        if "--name" not in words:
            words = [*words, "--name", "again"]
        for _ in range(3):
            child = subprocess.Popen([self.stepwell, *words, "--data", data], cwd=folder, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            time.sleep(random.uniform(0.02, 0.6))
            child.kill()
            child.wait()
        return self.run(folder, words, data)

    def example(self, name):
        folder = os.path.join(self.root, name)
        lines = commands(folder)
        self.verdict(f"{name}: README", len(lines) == len(EXPECTED[name]), f"{len(lines)} run lines")
        for number, (words, expected) in enumerate(zip(lines, EXPECTED[name])):
            with tempfile.TemporaryDirectory() as data:
                self.judge(f"{name} {number}", expected, self.run(folder, words, data))
                self.finished(name, folder, data)
            with tempfile.TemporaryDirectory() as data:
                done = self.run_killed(folder, words, data)
                if done.returncode == 1 and "ExecutionAlreadyExists" in done.stderr:
                    continue  # it had ended before the last kill
                self.judge(f"{name} {number}, killed", expected, done)

    def finished(self, name, folder, data):
        done = self.run(folder, ["list", "executions", "--json"], data)
        try:
            executions = json.loads(done.stdout)["executions"]
            good = len(executions) == 1 and executions[0]["status"] != "RUNNING"
        except (ValueError, KeyError) as e:
            executions, good = e, False
        self.verdict(f"{name}: list", good, f"{executions} {done.stderr}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stepwell", required=True)
    parser.add_argument("root")
    options = parser.parse_args()
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print(f"seed {seed}")
    random.seed(seed)
    examples = Examples(os.path.abspath(options.stepwell), options.root)
    found = sorted(d for d in os.listdir(options.root) if os.path.exists(os.path.join(options.root, d, "README.md")))
    examples.verdict("every example has an expectation", found == sorted(EXPECTED), str(found))
    for name in found:
        if name in EXPECTED:
            examples.example(name)
    print(f"{examples.passed} passed, {examples.failed} failed")
    return 1 if examples.failed else 0


if __name__ == "__main__":
    sys.exit(main())
