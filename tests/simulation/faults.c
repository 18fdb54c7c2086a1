/*
 * Allocations that fail when they are told to, and entropy that is the same each time: malloc and its kin, and
 * sw_entropy, wrapped by the linker.
 */
#include "simulation.h"

#include <stdlib.h>

static struct {
	long countdown;
	bool failed;
} allocations;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);

static struct sw_rng entropy;

void entropy_begin(uint64_t seed)
{
	entropy = sw_rng(seed);
}

enum sw_result __wrap_sw_entropy(void *bytes, size_t len);
enum sw_result __wrap_sw_entropy(void *bytes, size_t len)
{
	unsigned char *at = bytes;
	for (size_t i = 0; i < len; i++)
		at[i] = (unsigned char)(sw_rng_next(&entropy) >> 32);
	return SW_OK;
}

static bool fails_now(void)
{
	if (allocations.countdown == 0 || --allocations.countdown > 0)
		return false;
	allocations.failed = true;
	return true;
}

void *__wrap_malloc(size_t bytes)
{
	return fails_now() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return fails_now() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *block, size_t bytes)
{
	return fails_now() ? NULL : __real_realloc(block, bytes);
}

void allocations_fail(long countdown)
{
	allocations.countdown = countdown;
	allocations.failed = false;
}

long allocations_pause(void)
{
	long countdown = allocations.countdown;
	allocations.countdown = 0;
	return countdown;
}

void allocations_go_on(long countdown)
{
	allocations.countdown = countdown;
}

bool allocations_failed(void)
{
	return allocations.failed;
}
