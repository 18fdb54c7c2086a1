/*
 * The i-th allocation fails, alone or with some after it. For one source file of a test program that is linked with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc: the linker sends the allocations of everything that is linked
 * statically here, that is, our own. Those of jansson come too after json_set_alloc_funcs(__wrap_malloc, free); those
 * inside of libc and of other shared libraries do not.
 */
#ifndef SW_TESTS_FAILING_MALLOC_H
#define SW_TESTS_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

#define FAILING_MALLOC_ONWARDS (-1)

static struct {
	long countdown; /* the next allocations until the first that fails; 0: none fails */
	long failures;  /* so many fail from then on; FAILING_MALLOC_ONWARDS: all of them */
	long failed;
	size_t bytes_max; /* larger ones fail, as long as it is not 0 */
} failing_malloc;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);

/* The at-th allocation from here on fails, counted from 1, and those after it up to `failures` of them. */
static inline void failing_malloc_begin(long at, long failures)
{
	failing_malloc.countdown = at;
	failing_malloc.failures = failures;
	failing_malloc.failed = 0;
}

/* Nothing fails any more. How many did? */
static inline long failing_malloc_end(void)
{
	failing_malloc.countdown = 0;
	return failing_malloc.failed;
}

/* Around what is not looked at: gives what failing_malloc_go_on is to be given. */
static inline long failing_malloc_pause(void)
{
	long countdown = failing_malloc.countdown;
	failing_malloc.countdown = 0;
	return countdown;
}

static inline void failing_malloc_go_on(long countdown)
{
	failing_malloc.countdown = countdown;
}

static inline bool failing_malloc_now(size_t bytes)
{
	if (failing_malloc.bytes_max && bytes > failing_malloc.bytes_max)
		return true;
	if (failing_malloc.countdown == 0)
		return false;
	if (failing_malloc.countdown > 1) {
		failing_malloc.countdown--;
		return false;
	}
	if (failing_malloc.failed == failing_malloc.failures)
		return false;
	failing_malloc.failed++;
	return true;
}

void *__wrap_malloc(size_t bytes)
{
	return failing_malloc_now(bytes) ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return failing_malloc_now(count * bytes) ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *block, size_t bytes)
{
	return failing_malloc_now(bytes) ? NULL : __real_realloc(block, bytes);
}

#endif
