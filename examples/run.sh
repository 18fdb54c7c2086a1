#!/bin/sh
# Runs one example from end to end with a data directory of its own and shows what happened.
# usage: run.sh BUILD EXAMPLE
set -e
stepwell=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")/cli/stepwell
cd "$(dirname "$0")/$2"
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
definition=$(ls ./*.json | grep -v -e input.json -e resources.json -e sales.json)
resources=
[ -f resources.json ] && resources="--resources resources.json"
echo "\$ stepwell run $definition $resources --input @input.json"
"$stepwell" run "$definition" $resources --input @input.json --name first --data "$data" --quiet
echo
echo "\$ stepwell list executions"
"$stepwell" list executions --data "$data"
echo
echo "\$ stepwell history first"
"$stepwell" history first --data "$data"
