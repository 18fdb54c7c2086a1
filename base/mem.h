/*
 * Memory: the allocation functions that all of Stepwell uses, and the arena. Every result is checked by
 * the caller; NULL means out of memory (SW_ENOMEM). Tests replace malloc itself to make these fail.
 */
#ifndef SW_BASE_MEM_H
#define SW_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

/* As malloc, calloc, realloc and free; sizes of 0 give a valid pointer. */
void *sw_alloc(size_t bytes);
void *sw_zalloc(size_t bytes);
/* count * bytes with a check for overflow; zeroed. */
void *sw_zalloc_array(size_t count, size_t bytes);
/* Like realloc; on failure the old block is still there and NULL is returned. */
void *sw_realloc_array(void *block, size_t count, size_t bytes);
void sw_free(void *block);
/* Copies of a string and of len bytes (a NUL is added behind them). New, freed with sw_free. */
char *sw_strdup(const char *text);
char *sw_memdup(const void *bytes, size_t len);
/* New string by printf format; NULL when out of memory. */
char *sw_asprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An arena: many allocations that are freed together. Zero-initialised memory, aligned to 16 bytes. */
struct sw_arena {
	struct sw_arena_block *head;
	size_t block_bytes; /* size of the next block; 0 means the default of 4 KiB */
	size_t used_bytes;  /* sum of all that was handed out */
};
void sw_arena_init(struct sw_arena *arena, size_t block_bytes);
void *sw_arena_alloc(struct sw_arena *arena, size_t bytes);
char *sw_arena_strdup(struct sw_arena *arena, const char *text, size_t len);
/* Frees all; the arena can be used again. */
void sw_arena_done(struct sw_arena *arena);

#endif
