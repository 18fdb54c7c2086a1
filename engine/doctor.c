/*
 * Is a store sound? Every table is walked; each record is decoded and compared with what must agree with it
 * in the same snapshot. Nothing is changed.
 */
#include "engine/doctor.h"

#include "base/timestamp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- problems --------------------------------------------------------------------------------- */

static const struct {
	const char *name, *advice;
	enum sw_badness badness;
} problems[] = {
#define PROBLEM_ROW(NAME, name, badness, advice) [SW_PROBLEM_##NAME] = {name, advice, SW_BAD_##badness},
	SW_PROBLEMS(PROBLEM_ROW)
#undef PROBLEM_ROW
};

static size_t row_of(enum sw_problem problem)
{
	return (size_t)problem < sizeof(problems) / sizeof(problems[0]) ? (size_t)problem : 0;
}

const char *sw_problem_name(enum sw_problem problem)
{
	return problems[row_of(problem)].name;
}

const char *sw_problem_advice(enum sw_problem problem)
{
	return problems[row_of(problem)].advice;
}

enum sw_badness sw_problem_badness(enum sw_problem problem)
{
	return problems[row_of(problem)].badness;
}

/* ---- telling ---------------------------------------------------------------------------------- */

void sw_doctor_tell(struct sw_doctor *doctor, enum sw_problem problem, const char *arn, const char *record,
		    const char *format, ...)
{
	char text[600];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	struct sw_diagnosis diagnosis = {problem, arn && *arn ? arn : NULL, record, text};
	if (sw_problem_badness(problem) == SW_BAD_ERROR)
		doctor->summary.errors++;
	else
		doctor->summary.warnings++;
	doctor->options->diagnosis(doctor->options->user, &diagnosis);
}

enum sw_result sw_doctor_failed(struct sw_doctor *doctor, enum sw_result result, enum sw_problem problem,
				const char *arn, const char *record, const struct sw_error *err)
{
	const char *text = err && err->text[0] ? err->text : sw_result_text(result);
	switch (result) {
	case SW_ENOMEM:
	case SW_EIO:
	case SW_EFULL:
	case SW_EFORKED:
	case SW_EBUSY:
		return result;
	case SW_EVERSION:
		problem = SW_PROBLEM_NEWER_RECORD;
		break;
	default:
		break;
	}
	sw_doctor_tell(doctor, problem, arn, record, "%s", text);
	return SW_OK;
}

enum sw_result sw_doctor_seek(struct sw_walk *walk, enum sw_table table, const struct sw_key *key)
{
	struct sw_slice value;
	return sw_snapshot_get(walk->view.snapshot, table, sw_key_slice(key), &value);
}

void sw_doctor_place(char place[SW_PLACE_BYTES], enum sw_table table, uint64_t id, uint32_t number)
{
	if (table == SW_TABLE_EXECUTIONS)
		snprintf(place, SW_PLACE_BYTES, "%s %016" PRIx64, sw_table_names[table], id);
	else
		snprintf(place, SW_PLACE_BYTES, "%s %016" PRIx64 "/%" PRIu32, sw_table_names[table], id,
			 number);
}

const char *sw_doctor_moment(int64_t time_ms, char text[SW_MOMENT_BYTES])
{
	_Static_assert(SW_TIMESTAMP_BYTES <= SW_MOMENT_BYTES, "a moment holds a timestamp");
	if (time_ms >= 0 && time_ms <= SW_TIMESTAMP_MS_MAX)
		sw_timestamp_print(time_ms, text);
	else
		snprintf(text, SW_MOMENT_BYTES, "%" PRId64 " ms", time_ms);
	return text;
}

/* ---- the walks -------------------------------------------------------------------------------- */

static enum sw_result walk_table(struct sw_doctor *doctor, struct sw_reader *reader, enum sw_table table,
				 enum sw_result (*look)(struct sw_walk *, struct sw_slice, struct sw_slice),
				 struct sw_error *err)
{
	struct sw_walk walk = {
		.reader = reader,
		.table = table,
		.look = look,
		.user = doctor,
		.progress = doctor->options->progress,
		.progress_user = doctor->options->user,
		.what = sw_table_names[table],
	};
	doctor->orphan_id = 0;
	enum sw_result r = sw_walk_run(&walk, err);
	if (doctor->known.views && doctor->known.result == SW_OK)
		sw_head_done(&doctor->known.head);
	doctor->known = (struct sw_known_head){0};
	doctor->summary.records += walk.count;
	return r;
}

enum sw_result sw_reader_check(struct sw_reader *reader, const struct sw_check_options *options,
			       struct sw_check_summary *ret_summary, struct sw_error *err)
{
	static const struct {
		enum sw_table table;
		enum sw_result (*look)(struct sw_walk *, struct sw_slice, struct sw_slice);
	} walks[] = {
		{SW_TABLE_SETTINGS, sw_doctor_setting},    {SW_TABLE_MACHINES, sw_doctor_machine},
		{SW_TABLE_NUMBERS, sw_doctor_number},      {SW_TABLE_EXECUTIONS, sw_doctor_execution},
		{SW_TABLE_BRANCHES, sw_doctor_part},       {SW_TABLE_HISTORY, sw_doctor_part},
		{SW_TABLE_VALUES, sw_doctor_value},        {SW_TABLE_TIMERS, sw_doctor_timer},
		{SW_TABLE_NAMES, sw_doctor_name},          {SW_TABLE_LISTING, sw_doctor_listing},
		{SW_TABLE_VERSIONS, sw_doctor_qualifiers}, {SW_TABLE_ALIASES, sw_doctor_qualifiers},
		{SW_TABLE_TAGS, sw_doctor_qualifiers},     {SW_TABLE_ACTIVITIES, sw_doctor_activity},
		{SW_TABLE_ENDED, sw_doctor_ended},         {SW_TABLE_QUEUES, sw_doctor_queue},
	};
	if (!reader || !options || !options->diagnosis)
		return sw_error_set(err, SW_EINVAL, "a check needs a reader, and somebody to tell");
	struct sw_doctor doctor = {.options = options};
	enum sw_result r = SW_OK;
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]) && r == SW_OK; i++)
		r = walk_table(&doctor, reader, walks[i].table, walks[i].look, err);
	sw_revisions_done(&doctor.revisions);
	if (r == SW_OK && ret_summary)
		*ret_summary = doctor.summary;
	return r;
}
