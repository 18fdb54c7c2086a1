#!/usr/bin/env python3
"""Holds the list of rules against the stories and against the language.

usage: check_rules.py SOURCE

Fails when a rule of tests/stories/rules has no story, or one whose definition or trace does not have what the rule says;
when a state type, a field of a retrier or catcher, or a limit of time that the language knows has no rule; and when a
story belongs to no rule or is not run.
"""
import re
import sys

LIMITS = re.compile(r"(Timeout|Heartbeat)?Seconds(Path)?$|Timestamp(Path)?$|(Interval|MaxDelay)Seconds$")
LIMIT_OWNERS = {"TASK", "WAIT", "RETRIER", "IN(SW_IN_MACHINE)"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def read_rules(path):
    """(line, rule, story, definition, trace) of each line."""
    for number, line in enumerate(read(path).splitlines(), 1):
        if line and not line.startswith("#"):
            parts = [part.strip() for part in line.split(" | ")]
            if len(parts) != 4 or not all(parts):
                raise SystemExit(f"{path}:{number}: not a rule: rule | story | definition | trace")
            yield (number, *parts)


def wanted(source):
    """The names of rules that the language asks for."""
    types = re.findall(r'^\s*X\(\w+, \w+, "(\w+)"\)', read(f"{source}/asl/state_types.h"), re.M)
    for state in types:
        yield from (f"state {state} in JSONPath", f"state {state} in JSONata")
    table = read(f"{source}/asl/fields.c").split("static const struct sw_field fields[] = {", 1)[1]
    found = 0
    for name, owners in re.findall(r'^\t\{"(\w+)",\s*([^,]+),', table, re.M):
        owners = {owner.strip() for owner in owners.split("|")}
        for owner in ("RETRIER", "CATCHER"):
            if owner in owners and name != "Comment":
                found += 1
                yield f"{owner.lower()} {name}"
        if owners & LIMIT_OWNERS and LIMITS.match(name):
            found += 1
            yield f"limit {name}"
    if len(types) < 8 or found < 19:
        raise SystemExit("check_rules.py does not find the lists of asl/ any more")


def check_rule(folder, rule, cache):
    number, name, story, definition, trace = rule
    where = f"rules:{number}: {name}:"
    if story not in cache:
        try:
            cache[story] = read(f"{folder}/{story}.story")
        except OSError:
            cache[story] = ""
    told, _, happened = cache[story].partition("--- story\n")
    if not happened:
        return [f"{where} there is no story {story}"]
    problems = []
    if not re.search(definition, told.partition("--- definition\n")[2], re.S):
        problems.append(f"{where} the definition of {story} has no {definition}")
    if not re.search(trace, happened, re.S):
        problems.append(f"{where} the trace of {story} has no {trace}")
    if name.startswith("limit") and " of entering" not in name and "> crash" not in happened:
        problems.append(f"{where} {story} does not go over a crash")
    return problems


def main():
    source = sys.argv[1]
    folder = f"{source}/tests/stories"
    rules, cache = list(read_rules(f"{folder}/rules")), {}
    problems = [problem for rule in rules for problem in check_rule(folder, rule, cache)]
    names = {rule[1] for rule in rules}
    asked = sorted(set(wanted(source)))
    problems += [f"{name}: no rule, and so no story" for name in asked if name not in names]
    run = set(re.findall(r"'(\w+)\.story'", read(f"{folder}/meson.build")))
    problems += [f"{story}: belongs to no rule" for story in sorted(run - set(cache))]
    problems += [f"{story}: is not run: tests/stories/meson.build" for story in sorted(set(cache) - run)]
    for problem in problems:
        print(problem)
    print(f"{len(rules)} rules, {len(run)} stories")
    print(f"{max(0, len(rules) + len(asked) - len(problems))} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
