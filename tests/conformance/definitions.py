#!/usr/bin/env python3
"""Compiles the definitions of the conformance corpus and holds the verdicts against the manifest.

    definitions.py PROGRAM [--list]      PROGRAM is validate_batch.c beside this file, compiled

A valid definition passes when it compiles without an error, an invalid one when it has at least one error with a place
in the text. The floors (least
numbers of valid and of invalid ones that pass) are in floors/definitions. The corpus is looked for in
STEPWELL_CONFORMANCE or in ../shared/conformance beside the source tree; without it nothing is run (exit status 77).
"""
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

# Expectations of the corpus that are not the service's: verdicts of other validators, and of another engine.
JUDGED_INVALID = {
    "asl-validator-src-tests-definitions-valid-assign.asl.json":
        "a variable of the name top-level: the service says INVALID_VARIABLE_NAME",
    "asl-validator-src-tests-definitions-valid-map-noconfig.asl.json":
        "an ItemReader in an inline Map, which would be ignored",
    "asl-validator-src-tests-definitions-valid-map-with-item-batcher-jsonata.asl.json":
        "a JSONPath state in a JSONata machine: recorded as refused by the service",
    "asl-validator-src-tests-definitions-valid-path-array-context.asl.json":
        "the script $[(@.length-1)]: the service's JSONPath library refuses it",
    "floe-examples-http.asl.json": "ResultPath $$.Credentials: an extension of that engine",
    "floe-examples-set-credential.asl.json": "ResultPath $$.Credentials: an extension of that engine",
}
JUDGED_VALID = {
    "asl-validator-src-tests-definitions-invalid-json-surround-syntax-extra-spaces.asl.json":
        "white space inside {% %} is part of the expression; other valid definitions have it",
}


def corpus():
    root = os.environ.get("STEPWELL_CONFORMANCE")
    folder = pathlib.Path(root) if root else HERE.parents[2] / "shared" / "conformance"
    return folder / "definitions"


def compile_all(program, files):
    names = "".join("%s\n" % f for f in files)
    run = subprocess.run([program], input=names, capture_output=True, text=True, timeout=300, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    if len(answers) != len(files):
        sys.exit("%d answers to %d files" % (len(answers), len(files)))
    return answers


def verdict(entry, answer):
    name = pathlib.PurePath(entry["file"]).name
    errors = [f for f in answer["findings"] if f["severity"] == "error"]
    valid = entry["expected"] == "valid"
    if name in JUDGED_INVALID or name in JUDGED_VALID:
        valid = not valid
    if valid:
        return answer["result"] == "success"
    return any(f["line"] > 0 and f["column"] > 0 for f in errors)


def main():
    folder = corpus()
    if not (folder / "manifest.json").exists():
        print("the conformance corpus is not here: %s" % folder)
        return 77
    entries = json.loads((folder / "manifest.json").read_text())["definitions"]
    answers = compile_all(sys.argv[1], [folder / e["file"] for e in entries])
    passed = {"valid": 0, "invalid": 0}
    failed = []
    for entry, answer in zip(entries, answers):
        if verdict(entry, answer):
            passed[entry["expected"]] += 1
        else:
            failed.append((entry, answer))
    for entry, answer in failed:
        print("%s: expected %s %s" % (entry["file"], entry["expected"], "; ".join(entry.get("why", []))))
        for f in answer["findings"] if "--list" in sys.argv else []:
            print("    %(line)d:%(column)d %(pointer)s [%(severity)s] %(text)s" % f)
    floors = [int(n) for n in (HERE / "floors" / "definitions").read_text().split()]
    print("valid: %d passed (floor %d), invalid: %d passed (floor %d), slowest %.1f ms"
          % (passed["valid"], floors[0], passed["invalid"], floors[1], max(a["ms"] for a in answers)))
    # What lies above the floors is named, and does not fail the suite.
    missing = max(0, floors[0] - passed["valid"]) + max(0, floors[1] - passed["invalid"])
    print("%d passed, %d failed" % (sum(passed.values()), missing))
    return 1 if missing else 0


sys.exit(main())
