/*
 * Records what a store does to its data file: every write, change of length, sync and name, in order, with marks in
 * between. The calls are our own versions of those of libc, which this program and LMDB inside of it find first. What
 * a power loss may leave is made of it by image.h.
 */
#ifndef SW_TESTS_POWER_RECORDER_H
#define SW_TESTS_POWER_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op_kind {
	OP_WRITE,  /* begins: from here on any part of it may be on disk */
	OP_LENGTH, /* the file gets this length, or keeps a greater one when `grows` */
	OP_SYNC,   /* has ended: everything before it is on disk */
	OP_SYNCED, /* a write to a descriptor with O_DSYNC has ended: that one is on disk */
	OP_NAMED,  /* the file has its name */
	OP_NAMES,  /* a sync of the directory has ended */
	OP_MARK    /* of the program that records */
};

struct op {
	enum op_kind kind;
	bool grows;
	uint64_t offset,
		len; /* of a write and a mark; offset: the length; of OP_SYNCED: the number of the write */
	unsigned char *bytes; /* own */
};

struct recording {
	struct op *ops;
	size_t count, capacity;
	char unexpected[256]; /* a call that the recorder does not know how to record; "": none */
};

/* Broken on purpose: what the recorder leaves out, as if the store had not asked for it. */
enum recorder_lie { LIE_NONE, LIE_NO_SYNC, LIE_NO_SYNCED_WRITE };

/* Everything that is done to data.mdb in the directory, by any thread, until recorder_end. */
void recorder_begin(struct recording *recording, const char *directory, enum recorder_lie lie);
void recorder_mark(const void *bytes, size_t len);
void recorder_end(void);
void recording_done(struct recording *recording);

#endif
