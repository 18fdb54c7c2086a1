/* What a power loss may leave: see image.h. */
#include "image.h"

#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR_BYTES 512
#define BLOCK_BYTES 65536
#define TORN_EACH 2 /* images with a write torn, for each write */
#define DRAWN 12    /* images of a window with writes drawn by chance, and with sectors */

/* ---- content ------------------------------------------------------------------------------------------------ */

static void set_length(struct content *content, uint64_t len)
{
	if (len > content->capacity) {
		uint64_t capacity = len + len / 4 + BLOCK_BYTES;
		content->bytes = realloc(content->bytes, capacity);
		if (!content->bytes)
			abort();
		content->capacity = capacity;
	}
	if (len > content->len)
		memset(content->bytes + content->len, 0, len - content->len);
	content->len = len;
}

/* rng: of each sector it is drawn whether it is there; NULL: all of them are. */
static void put(struct content *content, const struct op *op, struct sw_rng *rng)
{
	uint64_t end = op->offset + op->len;
	if (op->kind == OP_LENGTH) {
		if (!op->grows || op->offset > content->len)
			set_length(content, op->offset);
		return;
	}
	if (end > content->len)
		set_length(content, end);
	for (uint64_t at = op->offset; at < end;) {
		uint64_t next = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
		uint64_t len = (next < end ? next : end) - at;
		if (!rng || sw_rng_below(rng, 2) == 0)
			memcpy(content->bytes + at, op->bytes + (at - op->offset), len);
		at += len;
	}
}

/* ---- windows ------------------------------------------------------------------------------------------------ */

static void pend(struct window *window, const struct op *op)
{
	if (window->count == window->capacity) {
		window->capacity = window->capacity * 2 + 64;
		window->pending = realloc(window->pending, window->capacity * sizeof(*window->pending));
		if (!window->pending)
			abort();
	}
	window->pending[window->count++] = op;
}

/* A sync has ended: all of it is on disk, or the one write that was synced. */
static void end_sync(struct window *window, const struct op *ops, const struct op *op)
{
	size_t left = 0;
	if (op->kind == OP_NAMES) {
		window->named = window->named || window->name_pending;
		return;
	}
	for (size_t i = 0; i < window->count; i++) {
		if (op->kind == OP_SYNC || window->pending[i] == &ops[op->offset])
			put(&window->disk, window->pending[i], NULL);
		else
			window->pending[left++] = window->pending[i];
	}
	window->count = left;
}

bool window_next(struct window *window, const struct recording *recording)
{
	const struct op *mark = window->mark;
	bool news = false;
	if (window->last)
		return false;
	if (window->number++ > 0)
		end_sync(window, recording->ops, &recording->ops[window->at++]);
	for (; window->at < recording->count; window->at++) {
		const struct op *op = &recording->ops[window->at];
		news = news || op->kind == OP_WRITE || op->kind == OP_LENGTH || op->kind == OP_NAMED;
		if (op->kind == OP_WRITE || op->kind == OP_LENGTH)
			pend(window, op);
		else if (op->kind == OP_NAMED)
			window->name_pending = true;
		else if (op->kind == OP_MARK)
			window->mark = op;
		else if (news || window->mark != mark)
			return true;
		else
			end_sync(window, recording->ops, op);
	}
	window->last = true;
	return true;
}

void window_done(struct window *window)
{
	free(window->disk.bytes);
	free(window->pending);
	*window = (struct window){0};
}

/* ---- images ------------------------------------------------------------------------------------------------- */

size_t window_images(const struct window *window)
{
	size_t n = window->count;
	if (!window->named && !window->name_pending)
		return 1;
	return !window->named + 1 + n + TORN_EACH * n + (n > 1 ? 2 * DRAWN + 2 * n : 0);
}

/* Which of the pending writes are there, by the image's number. */
static void make(const struct window *window, size_t number, struct sw_rng *rng, struct content *content,
		 char *text, size_t text_bytes)
{
	size_t n = window->count;
	if (number <= n) {
		snprintf(text, text_bytes, "the first %zu of %zu writes", number, n);
		for (size_t i = 0; i < number; i++)
			put(content, window->pending[i], NULL);
		return;
	}
	number -= n + 1;
	if (number < TORN_EACH * n) {
		size_t torn = number / TORN_EACH;
		snprintf(text, text_bytes, "the first %zu of %zu writes, and some sectors of the next", torn,
			 n);
		for (size_t i = 0; i <= torn; i++)
			put(content, window->pending[i], i == torn ? rng : NULL);
		return;
	}
	number -= TORN_EACH * n;
	if (number < 2 * DRAWN) {
		bool sectors = number >= DRAWN;
		snprintf(text, text_bytes, "some %s of %zu writes", sectors ? "sectors" : "whole ones", n);
		for (size_t i = 0; i < n; i++)
			if (sectors || sw_rng_below(rng, 2) == 0)
				put(content, window->pending[i], sectors ? rng : NULL);
		return;
	}
	number -= 2 * DRAWN;
	bool alone = number >= n;
	snprintf(text, text_bytes, "%s write %zu of %zu", alone ? "only" : "all but", number % n + 1, n);
	for (size_t i = 0; i < n; i++)
		if ((i == number % n) == alone)
			put(content, window->pending[i], NULL);
}

static bool write_all(int fd, const void *bytes, size_t len, uint64_t offset)
{
	return pwrite(fd, bytes, len, (off_t)offset) == (ssize_t)len;
}

static bool write_content(const struct content *content, const char *path)
{
	static const unsigned char zeros[BLOCK_BYTES];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = fd >= 0 && ftruncate(fd, (off_t)content->len) == 0;
	for (uint64_t at = 0; good && at < content->len; at += BLOCK_BYTES) {
		size_t len = content->len - at < BLOCK_BYTES ? (size_t)(content->len - at) : BLOCK_BYTES;
		if (memcmp(content->bytes + at, zeros, len) != 0)
			good = write_all(fd, content->bytes + at, len, at);
	}
	if (fd >= 0)
		close(fd);
	return good;
}

bool window_is_file(const struct window *window, const char *path)
{
	struct content content = {0};
	unsigned char block[BLOCK_BYTES];
	set_length(&content, window->disk.len);
	memcpy(content.bytes, window->disk.bytes, content.len);
	for (size_t i = 0; i < window->count; i++)
		put(&content, window->pending[i], NULL);
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool same = fd >= 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size == content.len;
	for (uint64_t at = 0; same && at < content.len; at += BLOCK_BYTES) {
		size_t len = content.len - at < BLOCK_BYTES ? (size_t)(content.len - at) : BLOCK_BYTES;
		same = pread(fd, block, len, (off_t)at) == (ssize_t)len &&
		       memcmp(block, content.bytes + at, len) == 0;
	}
	if (fd >= 0)
		close(fd);
	free(content.bytes);
	return same;
}

/* Nobody syncs the file of the locks: after a power loss anything may be in it. */
static bool write_locks(struct sw_rng *rng, const char *path)
{
	unsigned char bytes[8192];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)sw_rng_next(rng);
	bool good = fd >= 0 && write_all(fd, bytes, sizeof(bytes), 0);
	if (fd >= 0)
		close(fd);
	return good;
}

bool window_write(const struct window *window, size_t number, struct sw_rng *rng, const char *directory,
		  char *text, size_t text_bytes)
{
	char path[512];
	struct content content = {0};
	bool good = true;
	bool named = window->named || (window->name_pending && number-- > 0);
	snprintf(text, text_bytes, "no file of that name");
	if (named) {
		set_length(&content, window->disk.len);
		if (content.len)
			memcpy(content.bytes, window->disk.bytes, content.len);
		make(window, number, rng, &content, text, text_bytes);
		snprintf(path, sizeof(path), "%s/data.mdb", directory);
		good = write_content(&content, path);
		free(content.bytes);
	}
	snprintf(path, sizeof(path), "%s/lock.mdb", directory);
	return good && (sw_rng_below(rng, 2) == 0 || write_locks(rng, path));
}
