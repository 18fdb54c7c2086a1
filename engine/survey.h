/*
 * What those share who look at a whole store: walks over a table in many short snapshots, and the machines of
 * the executions they meet. Private to engine/ (doctor*.c, status.c).
 */
#ifndef SW_ENGINE_SURVEY_H
#define SW_ENGINE_SURVEY_H

#include "engine/maintenance.h"
#include "engine/reader.h"

/* ---- walks ------------------------------------------------------------------------------------ */

struct sw_walk {
	struct sw_reader *reader;
	enum sw_table table;
	/*
	 * Called with every record. SW_OK: go on; SW_ECLOSED: enough, the walk ends well; else it fails. What
	 * it reads beside the record is seen in the same snapshot, walk->view. Large work is added to
	 * walk->work.
	 */
	enum sw_result (*look)(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
	void *user;
	sw_progress_fn *progress; /* NULL: none */
	void *progress_user;
	const char *what;
	struct sw_slice prefix; /* only keys that begin with it; empty: all. Borrowed */

	struct sw_view view; /* of now */
	uint64_t views;      /* how many there were: what was read in an older one may be old */
	uint64_t count;      /* records so far */
	size_t work;         /* in this view, about one for a record */
};
/* Set what stands above the gap; the rest is the walk's own. */
enum sw_result sw_walk_run(struct sw_walk *walk, struct sw_error *err);

/* ---- machines --------------------------------------------------------------------------------- */

#define SW_REVISIONS_KEPT 64

/* Compiled revisions, the last ones that were asked for. Start from {0}. */
struct sw_revisions {
	struct sw_revision {
		char *name;
		uint32_t revision, number;
		struct sw_machine *machine;
	} kept[SW_REVISIONS_KEPT];
	unsigned next;
};
/* *ret_revision is borrowed until the next call. SW_ENOENT; SW_ECORRUPT, SW_EDEFINITION: it cannot be read.
 */
enum sw_result sw_revisions_get(struct sw_revisions *revisions, struct sw_view *view, const char *name,
				uint32_t revision, const struct sw_revision **ret_revision,
				struct sw_error *err);
void sw_revisions_done(struct sw_revisions *revisions);

#endif
