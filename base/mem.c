/* Allocation, and the arena: see mem.h. */
#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN 16
#define ARENA_BLOCK_BYTES 4096
#define ARENA_BLOCK_BYTES_MAX 65536

void *sw_alloc(size_t bytes)
{
	return malloc(bytes ? bytes : 1);
}

void *sw_zalloc(size_t bytes)
{
	return calloc(1, bytes ? bytes : 1);
}

void *sw_zalloc_array(size_t count, size_t bytes)
{
	size_t total;
	if (__builtin_mul_overflow(count, bytes, &total))
		return NULL;
	return sw_zalloc(total);
}

void *sw_realloc_array(void *block, size_t count, size_t bytes)
{
	size_t total;
	if (__builtin_mul_overflow(count, bytes, &total))
		return NULL;
	return realloc(block, total ? total : 1);
}

void sw_free(void *block)
{
	free(block);
}

char *sw_strdup(const char *text)
{
	return sw_memdup(text, strlen(text));
}

char *sw_memdup(const void *bytes, size_t len)
{
	if (len == SIZE_MAX)
		return NULL;
	char *copy = malloc(len + 1);
	if (!copy)
		return NULL;
	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *sw_asprintf(const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = len < 0 ? NULL : malloc((size_t)len + 1);
	if (text)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

struct sw_arena_block {
	struct sw_arena_block *next;
	size_t used, capacity;
	_Alignas(ARENA_ALIGN) unsigned char bytes[];
};

void sw_arena_init(struct sw_arena *arena, size_t block_bytes)
{
	*arena = (struct sw_arena){.block_bytes = block_bytes};
}

/* Puts a block that holds at least bytes at the head; what is left of the old head stays unused. */
static struct sw_arena_block *arena_grow(struct sw_arena *arena, size_t bytes)
{
	size_t capacity = arena->block_bytes ? arena->block_bytes : ARENA_BLOCK_BYTES;
	size_t next = capacity < ARENA_BLOCK_BYTES_MAX / 2 ? capacity * 2 : capacity;
	bool large = bytes > capacity / 2;
	if (large)
		capacity = bytes;
	if (capacity > SIZE_MAX - sizeof(struct sw_arena_block))
		return NULL;
	struct sw_arena_block *block = calloc(1, sizeof(*block) + capacity);
	if (!block)
		return NULL;
	block->capacity = capacity;
	if (large && arena->head) {
		/* A block of its own goes behind the head, whose room is still good for small things. */
		block->next = arena->head->next;
		arena->head->next = block;
	} else {
		block->next = arena->head;
		arena->head = block;
		arena->block_bytes = next;
	}
	return block;
}

void *sw_arena_alloc(struct sw_arena *arena, size_t bytes)
{
	if (bytes > SIZE_MAX - ARENA_ALIGN)
		return NULL;
	size_t rounded = bytes ? (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1) : ARENA_ALIGN;
	struct sw_arena_block *block = arena->head;
	if (!block || block->capacity - block->used < rounded) {
		block = arena_grow(arena, rounded);
		if (!block)
			return NULL;
	}
	void *memory = block->bytes + block->used;
	block->used += rounded;
	arena->used_bytes += rounded;
	return memory;
}

char *sw_arena_strdup(struct sw_arena *arena, const char *text, size_t len)
{
	if (len == SIZE_MAX)
		return NULL;
	char *copy = sw_arena_alloc(arena, len + 1);
	if (copy && len)
		memcpy(copy, text, len);
	return copy;
}

void sw_arena_done(struct sw_arena *arena)
{
	struct sw_arena_block *block = arena->head;
	while (block) {
		struct sw_arena_block *next = block->next;
		free(block);
		block = next;
	}
	arena->head = NULL;
	arena->used_bytes = 0;
}
