/*
 * Versions, aliases and tags, inside: their records (one for each machine and table, so that a change sees
 * all of them, written or not), and what machines.c and start.c ask of them. Private to engine/.
 */
#ifndef SW_ENGINE_QUALIFIERS_H
#define SW_ENGINE_QUALIFIERS_H

#include "engine/internal.h"
#include "engine/reader.h"
#include "engine/record.h"
#include "engine/versions.h"

/* ---- versions.c ---- */

struct sw_version {
	uint32_t number, revision;
	int64_t creation_ms;
	char *role_arn, *description; /* own; description NULL: none */
};
struct sw_versions {
	struct sw_version *list; /* in order of number */
	uint32_t count;
	uint32_t last; /* the greatest number there ever was */
};
void sw_versions_done(struct sw_versions *versions);
enum sw_result sw_versions_decode(struct sw_slice bytes, struct sw_versions *ret_versions,
				  struct sw_error *err);
const struct sw_version *sw_versions_find(const struct sw_versions *versions, uint32_t number);
/* As the engine sees them, and as committed. A machine that has none: SW_OK. */
enum sw_result sw_versions_load(struct sw_engine *engine, uint32_t machine_number,
				struct sw_versions *ret_versions, bool *depends, struct sw_error *err);
enum sw_result sw_versions_read(struct sw_snapshot *snapshot, uint32_t machine_number,
				struct sw_versions *ret_versions, struct sw_error *err);
/*
 * Publishes record's revision with what batch writes, unless a version of it is there (existed); the answer
 * gets the version's ARN, and its creation time when with_time. SW_ELIMIT, SW_ENOMEM.
 */
enum sw_result sw_versions_publish(struct sw_engine *engine, struct sw_batch *batch,
				   const struct sw_machine_record *record, const char *description,
				   bool with_time, struct sw_answer *answer, struct sw_error *err);
/* The ARN of the version of record's revision with that description (new); SW_ENOENT. */
enum sw_result sw_versions_of_revision(struct sw_engine *engine, const struct sw_machine_record *record,
				       const char *description, char **ret_arn, bool *depends,
				       struct sw_error *err);
/* Is it the number of a version? Names of aliases are never all digits. */
bool sw_qualifier_number(const char *qualifier, uint32_t *ret_number);
/* ARN:QUALIFIER, new; NULL: out of memory. */
char *sw_qualified_arn(const char *region, const char *account, const char *machine, const char *qualifier);
char *sw_version_arn(const char *region, const char *account, const char *machine, uint32_t version);
/* The bytes of a table's record of a machine, as the engine sees it; empty when there is none. New. */
enum sw_result sw_qualifiers_fetch(struct sw_engine *engine, enum sw_table table, uint32_t machine_number,
				   struct sw_buf *out, bool *depends, struct sw_error *err);
/* The machine, if it is active. *ret_answered: it is not, and the call has been answered. */
enum sw_result sw_qualifiers_machine(struct sw_engine *engine, const char *name, sw_reply_fn *reply,
				     void *user, const struct sw_known_machine **ret_known,
				     bool *ret_answered, struct sw_error *err);
/* Adds the removal of all of a machine's to a batch. */
enum sw_result sw_qualifiers_drop(struct sw_batch *batch, uint32_t machine_number);

/* What a start by a version or an alias runs; its texts are its own. */
struct sw_choice {
	uint32_t version, revision;
	char *role_arn, *alias; /* alias NULL: it was a version */
};
void sw_choice_done(struct sw_choice *choice);
/* "chooses one of two versions at random, by the weights of the alias". SW_ENOENT (err is not set). */
enum sw_result sw_choice_make(struct sw_engine *engine, uint32_t machine_number, const char *qualifier,
			      struct sw_choice *ret_choice, bool *depends, struct sw_error *err);

/* ---- aliases.c ---- */

struct sw_alias {
	char *name, *description; /* own; description NULL: none */
	struct sw_alias_route routes[SW_ROUTES_MAX];
	uint32_t routes_count;
	int64_t creation_ms, update_ms;
};
struct sw_aliases {
	struct sw_alias *list; /* in order of creation */
	uint32_t count;
};
void sw_aliases_done(struct sw_aliases *aliases);
enum sw_result sw_aliases_decode(struct sw_slice bytes, struct sw_aliases *ret_aliases, struct sw_error *err);
struct sw_alias *sw_aliases_find(const struct sw_aliases *aliases, const char *name);
enum sw_result sw_aliases_load(struct sw_engine *engine, uint32_t machine_number,
			       struct sw_aliases *ret_aliases, bool *depends, struct sw_error *err);
bool sw_alias_leads_to(const struct sw_alias *alias, uint32_t version);

/* ---- tags.c ---- */

/* Adds tags, or replaces the values of those that are there. SW_ELIMIT, SW_ENOMEM. */
enum sw_result sw_tags_set(struct sw_tags *tags, const struct sw_tag *list, size_t count,
			   struct sw_error *err);
void sw_tags_take_out(struct sw_tags *tags, const char *const *keys, size_t count);
enum sw_result sw_tags_decode(struct sw_slice bytes, struct sw_tags *ret_tags, struct sw_error *err);
/* The tags that a machine is created with. SW_ELIMIT, SW_ENOMEM. */
enum sw_result sw_tags_put(struct sw_batch *batch, uint32_t machine_number, const struct sw_tag *tags,
			   size_t count, struct sw_error *err);

/* ---- reader_list.c: cursors of other lists ---- */

enum { SW_CURSOR_VERSIONS = 16, SW_CURSOR_ALIASES };
char *sw_list_cursor(int kind, uint32_t digest, uint64_t position); /* new; NULL: out of memory */
enum sw_result sw_list_cursor_parse(const char *text, int kind, uint32_t digest, uint64_t start,
				    uint64_t *ret_position, struct sw_error *err);
enum sw_result sw_list_check_limit(uint32_t limit, struct sw_error *err);

#endif
