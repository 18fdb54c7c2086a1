/* What the files of the doctor share: doctor.c (the walks, telling), doctor_execution.c (one execution with
 * its branches), doctor_history.c (its events), doctor_ended.c (what has ended), doctor_index.c (everything that points at executions and
 * machines). */
#ifndef SW_ENGINE_DOCTOR_H
#define SW_ENGINE_DOCTOR_H

#include "engine/survey.h"

#define SW_PLACE_BYTES 400 /* a table, and the longest name of a machine with its revision */

/* A head that was read for something that points at it, without values. */
struct sw_known_head {
	uint64_t views; /* of the walk that read it; 0: none */
	enum sw_result result;
	struct sw_head head;
};

struct sw_doctor {
	const struct sw_check_options *options;
	struct sw_check_summary summary;
	struct sw_revisions revisions;
	struct sw_known_head known;
	uint64_t orphan_id; /* of the walk: the execution whose orphans were told last */
};

/* Tells a problem. arn may be NULL. */
void sw_doctor_tell(struct sw_doctor *doctor, enum sw_problem problem, const char *arn, const char *record,
		    const char *format, ...) __attribute__((format(printf, 5, 6)));
/*
 * What a failure to read means. A damaged record is told as problem, a newer one as that: SW_OK, the walk
 * goes on. What is no fault of the record is returned.
 */
enum sw_result sw_doctor_failed(struct sw_doctor *doctor, enum sw_result result, enum sw_problem problem,
				const char *arn, const char *record, const struct sw_error *err);
/* Does the key exist? SW_OK, SW_ENOENT, or a failure. */
enum sw_result sw_doctor_seek(struct sw_walk *walk, enum sw_table table, const struct sw_key *key);
/* "branches 018bcfe568004000/3" */
void sw_doctor_place(char place[SW_PLACE_BYTES], enum sw_table table, uint64_t id, uint32_t number);
/* Moments for people: UTC. */
#define SW_MOMENT_BYTES 40
const char *sw_doctor_moment(int64_t time_ms, char text[SW_MOMENT_BYTES]);

/* What is looked at in each table; walk->user is the doctor. */
enum sw_result sw_doctor_setting(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
enum sw_result sw_doctor_machine(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
enum sw_result sw_doctor_number(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
enum sw_result sw_doctor_execution(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
enum sw_result sw_doctor_part(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
enum sw_result sw_doctor_value(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
enum sw_result sw_doctor_timer(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
enum sw_result sw_doctor_queue(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
enum sw_result sw_doctor_name(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
enum sw_result sw_doctor_listing(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
/* Versions, aliases, tags. */
enum sw_result sw_doctor_qualifiers(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
enum sw_result sw_doctor_activity(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);
enum sw_result sw_doctor_ended(struct sw_walk *walk, struct sw_slice key, struct sw_slice value);

/* doctor_ended.c */
/* Is it the execution whose parts are removed in steps? */
enum sw_result sw_doctor_is_removing(struct sw_walk *walk, uint64_t id, bool *ret_is);
/* Has it ended, and no key in the table though there should be one? */
enum sw_result sw_doctor_ended_head(struct sw_walk *walk, const struct sw_head *head, bool *ret_missing);
/* Why a key with this time is not the execution's; NULL: it is. Static. */
const char *sw_doctor_ended_stale(const struct sw_head *head, int64_t stop_ms);

/* doctor_execution.c: one execution whose head could be read. */
struct sw_patient {
	struct sw_doctor *doctor;
	struct sw_walk *walk;
	const struct sw_head *head;
	const char *arn;
};
/* doctor_history.c */
enum sw_result sw_doctor_history(const struct sw_patient *patient);

#endif
