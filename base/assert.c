/* The end of a process that found a bug of ours: the one place of the library that prints. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void sw_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
	abort();
}
