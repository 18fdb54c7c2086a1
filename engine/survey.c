/* Walks over tables, and machines for those who walk: see survey.h. */
#include "engine/survey.h"

#include "base/mem.h"

#include <string.h>

/* ---- walks ------------------------------------------------------------------------------------ */

#define WORK_OF_A_VIEW 2000
#define WORK_BYTES 4096 /* so many bytes of a record are as much work as another record */

/* Where the next view goes on: behind this key. */
struct bookmark {
	uint8_t key[SW_STORE_KEY_BYTES_MAX];
	size_t len;
};

static void bookmark_set(struct bookmark *bookmark, struct sw_slice key)
{
	bookmark->len = key.len < sizeof(bookmark->key) ? key.len : sizeof(bookmark->key);
	if (bookmark->len > 0)
		memcpy(bookmark->key, key.data, bookmark->len);
}

/* One view. SW_ENOENT: the table has ended. */
static enum sw_result walk_view(struct sw_walk *walk, struct bookmark *bookmark)
{
	struct sw_slice last = sw_slice(bookmark->key, bookmark->len), key, value;
	struct sw_scan *scan = NULL;
	enum sw_result r = sw_scan_new(walk->view.snapshot, walk->table, last, false, &scan);
	walk->work = 0;
	while (r == SW_OK && walk->work < WORK_OF_A_VIEW && (r = sw_scan_next(scan, &key, &value)) == SW_OK) {
		if (walk->count > 0 && last.len > 0 && sw_slice_compare(key, last) == 0)
			continue;
		if (key.len < walk->prefix.len ||
		    (walk->prefix.len > 0 && memcmp(key.data, walk->prefix.data, walk->prefix.len) != 0))
			r = SW_ENOENT;
		if (r < 0)
			break;
		bookmark_set(bookmark, key);
		last = sw_slice(NULL, 0); /* its bytes are those of the bookmark, which has moved on */
		walk->count++;
		walk->work += 1 + value.len / WORK_BYTES;
		r = walk->look(walk, key, value);
		/* a record that is missed is not the end of the table */
		if (r == SW_ENOENT)
			r = SW_ECORRUPT;
	}
	sw_scan_free(scan);
	return r;
}

enum sw_result sw_walk_run(struct sw_walk *walk, struct sw_error *err)
{
	struct bookmark bookmark = {.len = 0};
	enum sw_result r = SW_OK;
	bookmark_set(&bookmark, walk->prefix);
	walk->views = walk->count = 0;
	while (r == SW_OK) {
		r = sw_view_begin(walk->reader, &walk->view, err);
		if (r < 0)
			return r;
		walk->views++;
		r = walk_view(walk, &bookmark);
		sw_view_end(&walk->view);
		if (walk->progress)
			walk->progress(walk->progress_user, walk->what, walk->count);
	}
	return r == SW_ENOENT || r == SW_ECLOSED ? SW_OK : sw_reader_fail(err, r);
}

/* ---- machines --------------------------------------------------------------------------------- */

static void forget(struct sw_revision *revision)
{
	sw_free(revision->name);
	sw_machine_unref(revision->machine);
	*revision = (struct sw_revision){0};
}

void sw_revisions_done(struct sw_revisions *revisions)
{
	for (size_t i = 0; i < SW_REVISIONS_KEPT; i++)
		forget(&revisions->kept[i]);
}

enum sw_result sw_revisions_get(struct sw_revisions *revisions, struct sw_view *view, const char *name,
				uint32_t revision, const struct sw_revision **ret_revision,
				struct sw_error *err)
{
	for (size_t i = 0; i < SW_REVISIONS_KEPT; i++) {
		const struct sw_revision *kept = &revisions->kept[i];
		if (kept->name && kept->revision == revision && strcmp(kept->name, name) == 0) {
			*ret_revision = kept;
			return SW_OK;
		}
	}
	struct sw_machine_record record = {0};
	struct sw_revision made = {.revision = revision};
	enum sw_result r = sw_view_revision(view, name, revision, &record, err);
	if (r < 0)
		return r;
	made.number = record.number;
	r = sw_machine_compile(record.definition, record.definition_len, &made.machine, NULL, err);
	if (r == SW_OK && !(made.name = sw_strdup(name)))
		r = SW_ENOMEM;
	sw_machine_record_done(&record);
	if (r < 0) {
		forget(&made);
		return r;
	}
	struct sw_revision *place = &revisions->kept[revisions->next++ % SW_REVISIONS_KEPT];
	forget(place);
	*place = made;
	*ret_revision = place;
	return SW_OK;
}
