#!/usr/bin/env python3
"""Compiles each NAME.json beside this file and compares the findings with NAME.txt, line by line:

    LINE:COLUMN POINTER [severity CODE] message
        AWS'S PLACE: AWS's text        not for warnings, which AWS does not give

    run.py PROGRAM [--update]      PROGRAM is tests/conformance/validate_batch.c, compiled
"""
import json
import pathlib
import subprocess
import sys


def text_of(answer):
    lines = []
    for f in answer["findings"]:
        lines.append("%d:%d %s [%s %s] %s" % (f["line"], f["column"], f["pointer"] or "-", f["severity"], f["code"], f["text"]))
        if f["severity"] == "error":
            lines.append("    %s: %s" % (f["aws_location"] or "-", f["aws_text"]))
    return "\n".join(lines) + "\n" if lines else answer["result"] + ": " + answer["error"] + "\n"


def main():
    folder = pathlib.Path(__file__).resolve().parent
    files = sorted(folder.glob("*.json"))
    names = "".join("%s\n" % f for f in files)
    run = subprocess.run([sys.argv[1]], input=names, capture_output=True, text=True, timeout=60, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    failed = 0 if len(answers) == len(files) else 1
    for file, answer in zip(files, answers):
        expected = file.with_suffix(".txt")
        found = text_of(answer)
        if "--update" in sys.argv:
            expected.write_text(found)
        wanted = expected.read_text() if expected.exists() else ""
        if found != wanted:
            failed += 1
            print("%s\n  expected:\n    %s\n  found:\n    %s" %
                  (file.name, wanted.replace("\n", "\n    "), found.replace("\n", "\n    ")))
    print("%d passed, %d failed" % (len(files) - failed, failed))
    return 1 if failed or not files else 0


sys.exit(main())
