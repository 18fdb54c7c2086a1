#!/usr/bin/env python3
"""Counts the instructions of one execution of W1, W2 and W5 with callgrind, and holds them against bench/instructions.

usage: instructions.py BUILD [--update|--quick]

Two runs that differ in the number of executions alone: what the start of the process costs is in both. --update writes
the counts into the file, for a change that is meant to cost or to save something. --quick is a test that the counted
program does what it should, without valgrind.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
KEPT = os.path.join(HERE, "instructions")
TOLERANCE_PERCENT = 3
EXECUTIONS = {"W1": (200, 400), "W2": (100, 200), "W5": (5, 10)}


def scratch_directory():
    return tempfile.TemporaryDirectory(prefix="stepwell-instructions-", dir=os.environ.get("BENCH_DIR"))


def quick(program):
    subprocess.run([program, "--made-with"], check=True)
    for workload in EXECUTIONS:
        with scratch_directory() as scratch:
            subprocess.run([program, os.path.join(scratch, "data"), workload, "3"], check=True)


def count(program, workload, executions):
    with scratch_directory() as scratch:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch}/callgrind", program,
                   os.path.join(scratch, "data"), workload, str(executions)]
        run = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not found:
        sys.exit(f"instructions.py: {' '.join(command)}: {run.stderr}")
    return int(found[1])


def per_execution(program, workload):
    few, many = EXECUTIONS[workload]
    return (count(program, workload, many) - count(program, workload, few)) / (many - few)


def read_kept():
    """What the counts were made with, and the counts."""
    with open(KEPT, encoding="utf-8") as f:
        lines = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    return lines[0], {name: int(number) for name, number in (line.split() for line in lines[1:])}


def write_kept(made_with, counts):
    with open(KEPT, "w", encoding="utf-8") as f:
        f.write("# Instructions of one execution, and what they were counted with: sh bench/run.sh BUILD instructions --update\n")
        f.write(made_with + "\n")
        for name, number in counts.items():
            f.write(f"{name} {number:.0f}\n")


def judge(name, number, kept):
    change = 100 * (number - kept) / kept
    verdict = "MISSED" if change > TOLERANCE_PERCENT else "held"
    hint = ""
    if abs(change) > TOLERANCE_PERCENT:
        hint = "; when that is meant: sh bench/run.sh BUILD instructions --update"
    print(f"{verdict:7} {name + ', instructions':31} {number:.0f} an execution, {change:+.1f}% against {kept}, "
          f"at most +{TOLERANCE_PERCENT}%{hint}")


def main():
    program = os.path.join(sys.argv[1], "bench", "bench-instructions")
    if "--quick" in sys.argv:
        quick(program)
        return
    if not shutil.which("valgrind"):
        print("instructions: not counted, because valgrind is missing (make test-packages)")
        return
    made_with = subprocess.run([program, "--made-with"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    counts = {name: per_execution(program, name) for name in EXECUTIONS}
    if "--update" in sys.argv:
        write_kept(made_with, counts)
    kept_with, kept = read_kept()
    if kept_with != made_with:
        print(f"instructions: counted with {made_with}, kept are those of {kept_with}: not compared")
        for name, number in counts.items():
            print(f"        {name + ', instructions':31} {number:.0f} an execution")
        return
    for name, number in counts.items():
        judge(name, number, kept[name])


main()
