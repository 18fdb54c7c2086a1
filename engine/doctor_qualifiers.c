/* What the doctor looks at in the tables of versions, aliases and tags. */
#include "engine/doctor.h"

#include "base/mem.h"
#include "engine/qualifiers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The revisions that versions name must be there. */
static enum sw_result look_at_versions(struct sw_walk *walk, const char *machine, const char *place,
				       const struct sw_versions *versions)
{
	for (uint32_t i = 0; i < versions->count; i++) {
		struct sw_key key;
		if (strlen(machine) > 4 * SW_NAME_CHARACTERS_MAX)
			return SW_OK;
		sw_key_machine(&key, machine, versions->list[i].revision);
		enum sw_result r = sw_doctor_seek(walk, SW_TABLE_MACHINES, &key);
		if (r == SW_ENOENT)
			sw_doctor_tell(walk->user, SW_PROBLEM_MISSING_MACHINE, NULL, place,
				       "version %" PRIu32 " names revision %" PRIu32 ", which is not there",
				       versions->list[i].number, versions->list[i].revision);
		else if (r < 0)
			return r;
	}
	return SW_OK;
}

static enum sw_result decode(struct sw_walk *walk, struct sw_slice value, const char *machine,
			     const char *place, struct sw_error *err)
{
	struct sw_versions versions = {0};
	struct sw_aliases aliases = {0};
	struct sw_tags tags = {0};
	enum sw_result r;
	if (walk->table == SW_TABLE_VERSIONS) {
		r = sw_versions_decode(value, &versions, err);
		if (r == SW_OK)
			r = look_at_versions(walk, machine, place, &versions);
	} else if (walk->table == SW_TABLE_ALIASES) {
		r = sw_aliases_decode(value, &aliases, err);
	} else {
		r = sw_tags_decode(value, &tags, err);
	}
	sw_versions_done(&versions);
	sw_aliases_done(&aliases);
	sw_tags_done(&tags);
	return r;
}

enum sw_result sw_doctor_qualifiers(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	struct sw_cursor cursor = sw_cursor(key);
	uint32_t number = sw_cursor_be32(&cursor);
	struct sw_slice name;
	struct sw_error err = {0};
	char place[SW_PLACE_BYTES];
	snprintf(place, sizeof(place), "%s %" PRIu32, sw_table_names[walk->table], number);
	if (cursor.failed || cursor.at != cursor.end) {
		sw_doctor_tell(walk->user, SW_PROBLEM_DAMAGED_RECORD, NULL, sw_table_names[walk->table],
			       "a key is not one of this table");
		return SW_OK;
	}
	enum sw_result r = sw_snapshot_get(walk->view.snapshot, SW_TABLE_NUMBERS, key, &name);
	if (r == SW_ENOENT) {
		sw_doctor_tell(walk->user, SW_PROBLEM_ORPHAN, NULL, place,
			       "no state machine has the number %" PRIu32, number);
		return SW_OK;
	}
	char *machine = r == SW_OK ? sw_memdup(name.data, name.len) : NULL;
	if (!machine)
		return r < 0 ? r : SW_ENOMEM;
	r = decode(walk, value, machine, place, &err);
	sw_free(machine);
	return r < 0 ? sw_doctor_failed(walk->user, r, SW_PROBLEM_DAMAGED_RECORD, NULL, place, &err) : SW_OK;
}
