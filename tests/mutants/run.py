#!/usr/bin/env python3
"""Breaks the engine on purpose, one mutant at a time: the deterministic simulation must find each of them.

usage: run.py [--seeds N] [--jobs N] [MUTANT...]     (all of them when none is named)
       run.py --check                                does every patch still apply? nothing is built

A mutant is a patch in this directory: a line that says what it breaks, and a unified diff against the sources. The
sources are copied to a scratch directory, the patch is applied there, tests/simulation/simulate is built, and seeds are
run until one fails. Ends with "N passed, N failed".
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.environ.get("STEPWELL_SOURCE", os.path.dirname(os.path.dirname(HERE)))
PROGRAM = "tests/simulation/simulate"
FIRST_SEED = 100001  # lower ones are of a time when fewer things happened
SEEDS_AT_ONCE = 50
SECONDS_MAX = 300  # a mutant may go round in circles: for one lot of seeds


def mutants(names):
    found = sorted(name[:-len(".patch")] for name in os.listdir(HERE) if name.endswith(".patch"))
    unknown = sorted(set(names) - set(found))
    if unknown:
        sys.exit(f"run.py: no such mutant: {', '.join(unknown)}")
    return [name for name in found if not names or name in names]


def description(name):
    with open(os.path.join(HERE, name + ".patch"), encoding="utf-8") as patch:
        return patch.readline().strip()


def hunks(name):
    """The changes of a patch: (path, lines before, lines after), both as text."""
    path, before, after = None, [], []
    with open(os.path.join(HERE, name + ".patch"), encoding="utf-8") as lines:
        for line in list(lines) + ["@@"]:
            if line.startswith(("--- ", "+++ ", "@@")):
                if before or after:
                    yield path, "".join(before), "".join(after)
                before, after = [], []
                if line.startswith("+++ b/"):
                    path = line[len("+++ b/"):].strip()
            elif path and line[0] in " -+":
                before += [line[1:]] if line[0] != "+" else []
                after += [line[1:]] if line[0] != "-" else []


def patched(name, source):
    """The changed files by path, and None; or why the patch does not apply. The lines may have moved, but must say the
    same, and be there once."""
    texts = {}
    for path, before, after in hunks(name):
        whole = os.path.join(source, path)
        if path not in texts and not os.path.exists(whole):
            return {}, f"the patch does not apply any more: {path} is not there"
        if path not in texts:
            with open(whole, encoding="utf-8") as f:
                texts[path] = f.read()
        if texts[path].count(before) != 1:
            return {}, f"the patch does not apply any more: {path} has {texts[path].count(before)} times\n{before}"
        texts[path] = texts[path].replace(before, after)
    return texts, None if texts else "the patch does not apply any more: it changes nothing"


def write(source, texts):
    for path, text in texts.items():
        with open(os.path.join(source, path), "w", encoding="utf-8") as f:
            f.write(text)


def check(names):
    failed = 0
    for name in names:
        _, why = patched(name, ROOT)
        if why:
            failed += 1
            print(f"{name}: {why}")
    return len(names) - failed, failed


def copy_sources(scratch):
    source = os.path.join(scratch, "source")
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".git", "build", "build-*"))
    build = os.path.join(scratch, "build")
    subprocess.run(["meson", "setup", build, source], check=True, stdout=subprocess.DEVNULL)
    return source, build


def build_program(build, jobs):
    """None, or why it cannot be built."""
    done = subprocess.run(["ninja", "-C", build, "-j", str(jobs), PROGRAM], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stdout[-2000:]


def simulate(build, seeds):
    """The first line that tells of a failure; None: all seeds passed."""
    for first in range(FIRST_SEED, FIRST_SEED + seeds, SEEDS_AT_ONCE):
        count = min(SEEDS_AT_ONCE, FIRST_SEED + seeds - first)
        try:
            done = subprocess.run([os.path.join(build, PROGRAM), "--from", str(first), "--seeds", str(count)],
                                  capture_output=True, text=True, check=False, timeout=SECONDS_MAX)
        except subprocess.TimeoutExpired:
            return f"seed {first} or one of {count} FAILED: it goes on for ever"
        for line in done.stdout.splitlines():
            if " FAILED: " in line:
                return line
        if done.returncode != 0:
            return f"seed {first} FAILED: exit status {done.returncode}"
    return None


def try_mutant(name, source, build, options):
    """Found or not, and what the table says."""
    texts, why = patched(name, source)
    if why:
        return False, why
    write(source, texts)
    try:
        why = build_program(build, options.jobs)
        line = None if why else simulate(build, options.seeds)
    finally:
        for path in texts:
            shutil.copyfile(os.path.join(ROOT, path), os.path.join(source, path))
    if why:
        return False, f"it cannot be built: {why}"
    if not line:
        return False, f"not found in {options.seeds} seeds"
    return True, line.replace("FAILED: ", "").replace("arn:aws:states:us-east-1:123456789012:execution:m:", "")


def run(names, options):
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="stepwell-mutants-") as scratch:
        source, build = copy_sources(scratch)
        why = build_program(build, options.jobs)
        if why:
            sys.exit(f"run.py: the sources cannot be built without a mutant:\n{why}")
        line = simulate(build, SEEDS_AT_ONCE)
        if line:
            sys.exit(f"run.py: the simulation fails without a mutant: {line}")
        for name in names:
            found, text = try_mutant(name, source, build, options)
            passed, failed = passed + found, failed + (not found)
            print(f"{'found ' if found else 'FAILED'}  {name:22}  {description(name)}\n{'':8}{text}", flush=True)
    return passed, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    names = mutants(options.names)
    passed, failed = check(names) if options.check else run(names, options)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
