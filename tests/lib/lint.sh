#!/bin/sh
# clang-tidy over every C file of the build's compilation database, two at a time.
# usage: lint.sh BUILD
root=$(cd "$(dirname "$0")/../.." && pwd)
# gcc's flags that clang does not know are dropped from a copy of the database.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$1/compile_commands.json" "$work/compile_commands.json" "$root" <<'PY'
import json, os, sys
source, target, root = sys.argv[1:]
seen, entries = set(), []
for entry in json.load(open(source)):
    path = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
    if path in seen or not path.startswith(root + "/"):
        continue
    seen.add(path)
    words = [w for w in entry["command"].split() if w not in ("-Werror",) and not w.startswith("-fsanitize")]
    entries.append({**entry, "command": " ".join(words), "file": path})
json.dump(entries, open(target, "w"))
open(os.path.join(os.path.dirname(target), "files"), "w").write("\n".join(sorted(seen)) + "\n")
PY
xargs -P 2 -n 6 clang-tidy -p "$work" --quiet <"$work/files" 2>"$work/errors"
status=$?
grep -v -E 'warnings? (generated|suppressed|treated)|^Suppressed|^Use -header' "$work/errors" >&2
exit $status
