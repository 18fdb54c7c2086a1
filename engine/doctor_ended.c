/* The table of executions that have ended, both ways, and what is on its way out: see doctor.h. */
#include "engine/doctor.h"

#include <string.h>

/* An id of the settings, in the walk's snapshot. SW_ENOENT: none, or damaged, which is told elsewhere. */
static enum sw_result read_number(struct sw_walk *walk, const char *name, uint64_t *ret_number)
{
	struct sw_slice value;
	enum sw_result r =
		sw_snapshot_get(walk->view.snapshot, SW_TABLE_SETTINGS, sw_slice(name, strlen(name)), &value);
	if (r < 0)
		return r;
	return sw_id_read(value, ret_number) ? SW_OK : SW_ENOENT;
}

enum sw_result sw_doctor_is_removing(struct sw_walk *walk, uint64_t id, bool *ret_is)
{
	uint64_t removing_id = 0;
	enum sw_result r = read_number(walk, "removing", &removing_id);
	*ret_is = r == SW_OK && removing_id == id;
	return r == SW_ENOENT ? SW_OK : r;
}

enum sw_result sw_doctor_ended_head(struct sw_walk *walk, const struct sw_head *head, bool *ret_missing)
{
	uint64_t filled_id = 0;
	struct sw_key key;
	*ret_missing = false;
	if (!sw_status_is_final(head->status) || head->express)
		return SW_OK;
	sw_key_ended(&key, head->stop_ms, head->id);
	enum sw_result r = sw_doctor_seek(walk, SW_TABLE_ENDED, &key);
	if (r != SW_ENOENT)
		return r;
	/* In a store of an older version the table is filled beside the work, in the order of ids. */
	r = read_number(walk, "ended", &filled_id);
	*ret_missing = r == SW_OK && head->id <= filled_id;
	return r == SW_ENOENT ? SW_OK : r;
}

const char *sw_doctor_ended_stale(const struct sw_head *head, int64_t stop_ms)
{
	if (!sw_status_is_final(head->status) || head->express)
		return "its execution has not ended";
	return stop_ms == (head->stop_ms < 0 ? 0 : head->stop_ms) ? NULL
								  : "its execution ended at another time";
}
