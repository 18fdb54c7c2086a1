/*
 * Tables and keys of the store. Integers are big-endian, so that keys sort on disk as numbers do in memory;
 * keys rise with time wherever they can. docs/store-format.md describes them for readers.
 */
#ifndef SW_ENGINE_KEYS_H
#define SW_ENGINE_KEYS_H

#include "base/buf.h"
#include "store/store.h"

#define SW_STORE_FORMAT 2

enum sw_table {
	SW_TABLE_SETTINGS,   /* text -> text: region, account, last engine time */
	SW_TABLE_MACHINES,   /* name, 0, revision(4) -> machine record */
	SW_TABLE_NUMBERS,    /* machine number(4) -> name: rises with creation */
	SW_TABLE_EXECUTIONS, /* id(8) -> head */
	SW_TABLE_BRANCHES,   /* id(8), branch(4) -> branch */
	SW_TABLE_HISTORY,    /* id(8), first event id(4) -> chunk of events */
	SW_TABLE_VALUES,     /* id(8), number(4) -> text of a large value */
	SW_TABLE_TIMERS, /* due_ms(8), id(8), branch(4) -> nothing; due 0: in flight or ready, look at it at
			    open */
	SW_TABLE_NAMES,  /* first 16 bytes of SHA-256(machine, 0, name) -> id(8): only names that callers gave
			  */
	SW_TABLE_LISTING,    /* machine number(4), id(8) -> nothing */
	SW_TABLE_VERSIONS,   /* machine number(4) -> its published versions */
	SW_TABLE_ALIASES,    /* machine number(4) -> its aliases */
	SW_TABLE_TAGS,       /* machine number(4) -> its tags */
	SW_TABLE_ACTIVITIES, /* name -> activity record */
	SW_TABLE_ENDED,      /* stop_ms(8), id(8) -> nothing: executions that have ended */
	SW_TABLE_QUEUES, /* activity, 0, entered_ms(8), id(8), branch(4) -> attempt(4): waits for a worker */
	SW_TABLES_COUNT
};
extern const char *const sw_table_names[SW_TABLES_COUNT];

struct sw_digester;
struct sw_key {
	uint8_t bytes[SW_STORE_KEY_BYTES_MAX];
	size_t len;
};
static inline struct sw_slice sw_key_slice(const struct sw_key *key)
{
	return sw_slice(key->bytes, key->len);
}
void sw_key_machine(struct sw_key *key, const char *name, uint32_t revision);
void sw_key_number(struct sw_key *key, uint32_t machine_number);
void sw_key_execution(struct sw_key *key, uint64_t id);             /* executions; prefix of the next three */
void sw_key_pair(struct sw_key *key, uint64_t id, uint32_t number); /* branches, history, values */
void sw_key_timer(struct sw_key *key, int64_t due_ms, uint64_t id, uint32_t branch);
bool sw_key_timer_read(struct sw_slice bytes, int64_t *ret_due_ms, uint64_t *ret_id, uint32_t *ret_branch);
/* digester NULL: one is made for it. */
enum sw_result sw_key_name(struct sw_key *key, struct sw_digester *digester, const char *machine,
			   const char *name);
void sw_key_activity(struct sw_key *key, const char *name); /* of at most 80 characters */
/* Where a task stands in its activity's queue: in the order in which the states were entered. */
struct sw_queue_at {
	int64_t entered_ms;
	uint64_t id;
	uint32_t branch;
};
void sw_key_queue(struct sw_key *key, const char *activity, size_t activity_len,
		  const struct sw_queue_at *at);
bool sw_key_queue_read(struct sw_slice bytes, struct sw_slice *ret_activity, struct sw_queue_at *ret_at);
void sw_key_listing(struct sw_key *key, uint32_t machine_number, uint64_t id);
void sw_key_ended(struct sw_key *key, int64_t stop_ms, uint64_t id);
bool sw_key_ended_read(struct sw_slice bytes, int64_t *ret_stop_ms, uint64_t *ret_id);

/*
 * Ids of executions: partition (8 bits), milliseconds (42 bits), counter (14 bits); always greater than the
 * last.
 */
uint64_t sw_id_next(uint64_t last_id, int64_t now_ms, unsigned partition);
/* Ids in settings: 16 hexadecimal digits. */
void sw_id_print(uint64_t id, char text[17]);
bool sw_id_read(struct sw_slice text, uint64_t *ret_id);
/* A name that the engine makes carries the id: 36 characters in the form of a UUID (version 8), random in the
 * rest. */
void sw_id_name(uint64_t id, const uint8_t random[8], char text[37]);
/* The id that such a name carries; false when it is not of that form. */
bool sw_id_from_name(const char *name, uint64_t *ret_id);

#endif
