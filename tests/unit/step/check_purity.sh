#!/bin/sh
# The core reads no clock, draws no random number, does no I/O and knows no store: looks at what the archive asks for.
# usage: check_purity.sh NM LIBRARY
undefined=$("$1" --undefined-only "$2" 2>/dev/null) || exit 77
bad=$(printf '%s\n' "$undefined" | grep -E ' U (clock|clock_gettime|gettimeofday|time|localtime|gmtime|rand|random|srand|getrandom|getentropy|sw_entropy|epoll_[a-z]*|timerfd_[a-z]*|mdb_[a-z_]*|sw_store_[a-z_]*|sw_loop_[a-z_]*|sw_log[a-z_]*|open|openat|read|write|fopen|printf|fprintf|puts|getenv|fork|pthread_[a-z_]*)$')
if [ -n "$bad" ]; then
	echo "the pure core uses:"
	printf '%s\n' "$bad"
	exit 1
fi
