#!/usr/bin/env python3
"""Holds the sources to the rules that a compiler does not check: includes follow the drawn direction, banned calls are
not made, functions stay short, no leftovers.

usage: tidy.py ROOT
"""
import os
import re
import subprocess
import sys

# Who may include whom (first folder of the path that is included). Inner doors are named.
MAY = {
    "base": {"base"},
    "asl": {"base", "asl"},
    "store": {"base", "store"},
    "engine/step": {"base", "asl", "engine/step", "engine/engine.h"},
    "engine/tasks": {"base", "asl/value.h", "asl/asl.h", "engine/tasks", "engine/engine.h", "engine/loop.h"},
    "engine": {"base", "asl", "store", "engine"},
    # and what is installed: see public()
    "server": {"base", "server"},
    "cli": {"base", "engine/adapters", "cli"},
}
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|system|popen|rand|srand|gmtime|localtime|"
                    r"malloc|calloc|realloc)\s*\(")
MAY_ALLOCATE = {"base/mem.c", "engine/tasks/helper.c", "engine/adapters/libev.h"}  # the last: compiled by the host
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX)\b")
LIBRARY_PRINTS = re.compile(r"\b(printf|puts|putchar|perror|exit|abort)\s*\(|\bf(printf|puts|putc)\s*\(\s*(stdout|stderr)")
FUNCTION_LINES_MAX = 100
FILE_LINES_MAX = 1200


def room(path):
    for name in sorted(MAY, key=len, reverse=True):
        if path.startswith(name + "/"):
            return name
    return None


def public(root):
    """The headers that are installed: the only doors that server/ and cli/ use."""
    with open(os.path.join(root, "include", "meson.build"), encoding="utf-8") as f:
        return set(re.findall(r": '([a-z_/]+\.h)'", f.read()))


def allowed(path, target):
    rules = MAY[room(path)]
    return any(target == rule or target.startswith(rule + "/") for rule in rules)


def strip(text):
    """The text without comments and string contents, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


def long_functions(code):
    start, opened = None, False
    for number, line in enumerate(code.split("\n"), 1):
        if line.startswith("{"):
            start, opened = number, True
        elif line.startswith("}") and opened:
            if number - start + 1 > FUNCTION_LINES_MAX:
                yield start, number - start + 1
            opened = False


def check(root, path):
    text = open(os.path.join(root, path), encoding="utf-8").read()
    code = strip(text)
    where = room(path)
    if LEFTOVER.search(text):
        yield path, "leftover: " + LEFTOVER.search(text)[0]
    if text.count("\n") > FILE_LINES_MAX:
        yield path, f"{text.count(chr(10))} lines: would a reader rather find two rooms?"
    if where is None:
        return
    for match in re.finditer(r'^#include "([^"]+)"', text, re.M):
        if not allowed(path, match[1]):
            yield path, f"includes {match[1]}, which is not on its way"
    for number, line in enumerate(code.split("\n"), 1):
        found = BANNED.search(line)
        if found and not (found[1] in ("malloc", "calloc", "realloc") and (path in MAY_ALLOCATE or where == "cli")):
            yield path, f"line {number}: {found[1]} is banned"
        if where != "cli" and path not in ("base/assert.c", "engine/tasks/helper.c"):
            printed = LIBRARY_PRINTS.search(line)
            if printed:
                yield path, f"line {number}: the library does not print or exit: {printed[0]}"
    for start, length in long_functions(code):
        yield path, f"line {start}: a function of {length} lines"


def main():
    root = sys.argv[1]
    doors = public(root)
    MAY["server"] |= doors - {"server/server.h"}
    MAY["cli"] |= doors
    listed = subprocess.run(["git", "-C", root, "ls-files", "*.c", "*.h"], capture_output=True, text=True)
    files = listed.stdout.split()
    if not files:  # not a checkout: look at what is there
        files = [os.path.relpath(os.path.join(d, f), root) for d, _, names in os.walk(root) for f in names
                 if f.endswith((".c", ".h")) and "/build" not in d]
    bad = 0
    for path in sorted(files):
        if not os.path.exists(os.path.join(root, path)):
            continue
        findings = list(check(root, path))
        for where, what in findings:
            print(f"{where}: {what}")
        bad += bool(findings)
    print(f"{len(files) - bad} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
