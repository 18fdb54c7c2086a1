/*
 * What a power loss may leave of a data file, of a recording: everything before the last sync, and of what came after
 * it whatever the disk had got round to, in any order.
 */
#ifndef SW_TESTS_POWER_IMAGE_H
#define SW_TESTS_POWER_IMAGE_H

#include "base/rng.h"
#include "recorder.h"

/* The bytes of a file. */
struct content {
	unsigned char *bytes;
	uint64_t len, capacity;
};

/* Between two syncs; the power fails before the second one ends. */
struct window {
	struct content disk;       /* what is on it whatever happens */
	const struct op **pending; /* what may be, in the order in which it was asked for */
	size_t count, capacity;
	bool named, name_pending; /* has the file its name? */
	const struct op *mark;    /* the last one; NULL: none */
	size_t at;                /* the operation that ended it */
	size_t number;
	bool last;
};

/* A window, then the next; false after the last. */
bool window_next(struct window *window, const struct recording *recording);
void window_done(struct window *window);
/* Is the file what the window is when all of it has come to the disk? */
bool window_is_file(const struct window *window, const char *path);

/* The images of a window: none of what is pending, each prefix, ... ; each is one number below this one. */
size_t window_images(const struct window *window);
/* Makes image `number` in the directory; what is drawn is drawn by rng. text says which one it is. */
bool window_write(const struct window *window, size_t number, struct sw_rng *rng, const char *directory,
		  char *text, size_t text_bytes);

#endif
