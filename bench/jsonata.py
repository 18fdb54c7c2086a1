#!/usr/bin/env python3
"""JSONata against the reference implementation, npm's jsonata on Node: a table of evaluations a second.

usage: jsonata.py BUILD [--ms N]

The expressions are those of jsonata/expressions.json; their data sets come from the corpus (../shared/conformance beside
the sources, or where STEPWELL_CONFORMANCE points). The package is installed into BUILD. Both sides must give the same
results.
"""
import argparse
import json
import math
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = "jsonata@2.2"
BARS = {"evaluate-many": ("many", 10, 3), "compile+evaluate": ("both", 20, 3)}


def cases():
    corpus = os.environ.get("STEPWELL_CONFORMANCE") or os.path.join(HERE, "..", "..", "shared", "conformance")
    with open(os.path.join(HERE, "jsonata", "expressions.json"), encoding="utf-8") as f:
        rows = json.load(f)
    for row in rows:
        if "dataset" in row:
            path = os.path.join(corpus, "jsonata", "datasets", row["dataset"] + ".json")
            if not os.path.exists(path):
                return None
            with open(path, encoding="utf-8") as f:
                row["data"] = json.load(f)
    return rows


def install(build):
    """The module's path, or None."""
    scratch = os.path.join(build, "bench", "npm")
    module = os.path.join(scratch, "node_modules", "jsonata")
    if not os.path.exists(module):
        os.makedirs(scratch, exist_ok=True)
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", scratch, PACKAGE],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            return None
    return module


def run(words, **more):
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        sys.exit(f"{words[0]}: {done.stderr[-500:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def same(a, b):
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-12)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def geometric(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--ms", type=float, default=200, help="for each measurement (default 200)")
    options = parser.parse_args()
    if not shutil.which("node") or not shutil.which("npm"):
        print("jsonata: skipped: node and npm are needed to compare with")
        return 0
    rows = cases()
    if rows is None:
        print("jsonata: skipped: the corpus with the data sets is not there")
        return 0
    module = install(options.build)
    if module is None:
        print(f"jsonata: skipped: npm cannot install {PACKAGE}")
        return 0
    path = os.path.join(options.build, "bench", "jsonata-cases.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(rows, f)
    ours = run([os.path.join(options.build, "bench", "bench-jsonata"), path, str(options.ms)])
    theirs = run(["node", os.path.join(HERE, "jsonata", "bench.js"), path, str(options.ms)],
                 env=dict(os.environ, JSONATA_MODULE=os.path.abspath(module)))
    print(f"{'expression':24} {'evaluate/s':>12} {'node':>9} {'times':>7}   {'with compile/s':>14} {'node':>9} {'times':>7}")
    ratios = {key: [] for key in ("many", "both")}
    wrong = 0
    for our, their in zip(ours, theirs):
        times = {key: our[key] / their[key] for key in ratios}
        for key, value in times.items():
            ratios[key].append(value)
        differ = "" if same(our["result"], their["result"]) else "  RESULTS DIFFER"
        wrong += bool(differ)
        print(f"{our['name']:24} {our['many']:12.0f} {their['many']:9.0f} {times['many']:7.1f}   "
              f"{our['both']:14.0f} {their['both']:9.0f} {times['both']:7.1f}{differ}")
    print()
    for name, (key, mean, least) in BARS.items():
        got, low = geometric(ratios[key]), min(ratios[key])
        print(f"{name:17} geometric mean {got:6.1f} (bar {mean}: {'held' if got >= mean else 'MISSED'}), "
              f"minimum {low:5.1f} (bar {least}: {'held' if low >= least else 'MISSED'})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
