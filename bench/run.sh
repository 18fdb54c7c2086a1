#!/bin/sh
# Runs the benchmark in a directory of its own, on the disk that BENCH_DIR names (default: the temporary directory).
# usage: run.sh BUILD [engine [ROW]|instructions [--update]|http|expressions|jsonata|million|quick]
# ROW is how the names of rows begin (W1, "W3 task", W4). Without a word: all but the last two.
set -e
work=$(mktemp -d "${BENCH_DIR:-/tmp}/stepwell-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
what=${2:-all}
case $what in
all | engine | instructions | http | expressions | jsonata | million | quick) ;;
*) sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2 ;;
esac
echo "$(date -u +%F), $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), Linux $(uname -r)," \
	"$(df --output=fstype,source "$work" | tail -1 | tr -s ' '), load average $(cut -d' ' -f1-3 /proc/loadavg)"
case $what in all | http) "$1/bench/bench" "$work" http "$1/cli/stepwell" ;; esac
case $what in all | expressions) "$1/bench/bench-expressions" "$(dirname "$0")/../examples" ;; esac
case $what in all | jsonata) python3 "$(dirname "$0")/jsonata.py" "$1" ;; esac
# last: the bars stand at the end
case $what in all | engine) "$1/bench/bench" "$work" engine ${3:+"$3"} ;; esac
case $what in all | instructions) python3 "$(dirname "$0")/instructions.py" "$1" ${3:+"$3"} ;; esac
case $what in million | quick) "$1/bench/bench" "$work" "$what" ;; esac
