/*
 * One call of the API: what its handler knows and how it answers. Private to server/, shared by api.c and the
 * files of handlers (api_*.c).
 *
 * A handler ends in exactly one of: sw_call_answer, sw_call_fail..., or a call of the engine that returned
 * SW_OK (the callback given to it then answers). Each of these takes the call: it may be gone afterwards.
 */
#ifndef SW_SERVER_API_H
#define SW_SERVER_API_H

#include "server/api_list.h"
#include "server/arn_text.h"
#include "server/body.h"
#include "server/server.h"
#include "server/shape.h"

#include <jansson.h>

struct sw_api {
	uint32_t refs;                    /* the owner's, and one for each call that waits */
	struct sw_engine *engine;         /* borrowed; NULL: nobody owns the directory */
	struct sw_reader *reader;         /* borrowed */
	char *region, *account;           /* what ARNs are built of */
	struct sw_partitions *partitions; /* borrowed; NULL: one engine */
};

/*
 * sw_api_call_at for a caller that may not do everything; borrowed for the call. NULL: a caller that may. What is
 * not allowed is answered with AccessDeniedException. trace is the header X-Amzn-Trace-Id, which an action with a
 * traceHeader takes in its place; NULL: there is none.
 */
struct sw_credential;
enum sw_result sw_api_call_as(struct sw_api *api, const struct sw_credential *caller, const char *trace,
			      const char *action, const char *body, size_t len, sw_api_reply_fn *reply,
			      void *user, struct sw_call **place);

/* What the scope of a signature must name. Borrowed. */
const char *sw_api_region(const struct sw_api *api);

/* What a call is about, for the texts of errors. */
enum sw_subject { SW_SUBJECT_MACHINE, SW_SUBJECT_EXECUTION, SW_SUBJECT_TASK, SW_SUBJECT_ACTIVITY };

struct sw_action;
struct sw_call {
	struct sw_api *api; /* counted */
	const struct sw_action *action;
	sw_api_reply_fn *reply;
	void *user;
	json_t *request;
	enum sw_subject subject;
	const char *subject_text; /* its ARN as in the request; borrowed from there */
	char *machine;            /* name of the machine; own */
	char *qualifier;          /* number of a version, or name of an alias; own; NULL: none */
	char *test_case;          /* own; NULL: none */
	char *activity;           /* name of the activity; own */
	struct sw_poll *poll;     /* NULL: the call cannot be cancelled */
	bool again;               /* nothing was found, and it is looked for once more: see relaxed_ms */
	struct sw_seek *seek;     /* the same among partitions */
	struct sw_call *
		*place; /* where the caller knows it by, while it can be cancelled; NULL: not wanted */
};

struct sw_action {
	const char *name;
	void (*handle)(struct sw_call *call);
	const struct sw_shape *shape;
	bool needs_owner;
};

/* ---- what the request holds; borrowed while the call lives ---- */

/* NULL when the member is absent or null. ret_len may be NULL. */
const char *sw_call_text(const struct sw_call *call, const char *member, size_t *ret_len);
bool sw_call_boolean(const struct sw_call *call, const char *member, bool otherwise);
/* maxResults: 0 and absent mean otherwise. */
uint32_t sw_call_max_results(const struct sw_call *call, uint32_t otherwise);
/* includedData is METADATA_ONLY: no definition, no payloads. */
bool sw_call_metadata_only(const struct sw_call *call);

/* ---- checks: false when they have answered ---- */

/* The characters of a name; its length is the shape's matter. Absent is fine. */
bool sw_call_check_name(struct sw_call *call, const char *member);
/* Is it an ARN of this region and account? */
bool sw_call_owns(const struct sw_call *call, const struct sw_arn_text *arn);
/* stateMachineArn of this region and account, without a version: sets subject and machine. */
bool sw_call_take_machine(struct sw_call *call);
/*
 * Of stateMachineArn: does it name a Distributed Map state (stateMachine:NAME/LABEL), which the action does not take?
 * Then that has been answered.
 */
bool sw_call_refuse_label(struct sw_call *call);
/* The same of any member, with or without a version or an alias. */
bool sw_call_take_qualified(struct sw_call *call, const char *member);
/* activityArn: sets subject and activity, which stays NULL in other regions and accounts. */
bool sw_call_take_activity(struct sw_call *call);
/* executionArn of this region and account: sets subject. */
bool sw_call_take_execution(struct sw_call *call);
/* mapRunArn, of which there is none: answers what is wrong with it. Takes the call. */
void sw_call_fail_map_run(struct sw_call *call);

/* ---- answers: each takes the call ---- */

/* The answer's object must be closed. Takes its memory. */
void sw_call_answer(struct sw_call *call, struct sw_body *answer);
void sw_call_answer_empty(struct sw_call *call); /* {} */
/* HTTP 400 {"__type": type, "message": ...} */
void sw_call_fail(struct sw_call *call, const char *type, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* ValidationException with a reason, one of the model's ValidationExceptionReason. */
void sw_call_fail_reason(struct sw_call *call, const char *reason, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "text: 'ARN'" of what the call is about, which is told as resourceName, too. */
void sw_call_fail_resource(struct sw_call *call, const char *type, const char *text);
/* sw_call_fail with text of len bytes that may hold U+0000: prefix, text, "'". */
void sw_call_fail_quoting(struct sw_call *call, const char *type, const char *prefix, const char *text,
			  size_t len);
/* What the engine or reader said, in AWS's words. */
void sw_call_fail_result(struct sw_call *call, enum sw_result result, const struct sw_error *err);
/* A call of the engine that returned: goes on to wait for its reply, or answers the error. */
void sw_call_asked(struct sw_call *call, enum sw_result result, const struct sw_error *err);
/* The end of a listing whose array is open in out: its nextToken (NULL: the last page), or the error. Takes both. */
void sw_call_answer_page(struct sw_call *call, enum sw_result result, struct sw_body *out, char *next,
			 const struct sw_error *err);

/* What another partition answered, and 500 when memory is short there. */
void sw_call_pass_on(struct sw_call *call, int status, const char *type, const char *body, size_t len);
/* A task of GetActivityTask; NULL: none came. */
struct sw_activity_task;
void sw_activity_task_write(struct sw_body *out, const struct sw_activity_task *task);
/* What a poll that could not be begun, or ended with an error, is told. Takes the call. */
void sw_call_fail_poll(struct sw_call *call, enum sw_result result, const struct sw_error *err);

/* Tags of a request, checked: an array of *ret_count with texts borrowed from it, free with sw_free. */
struct sw_tag;
bool sw_call_read_tags(struct sw_call *call, struct sw_tag **ret_tags, size_t *ret_count);
extern const struct sw_shape sw_tag_shape;

/*
 * A finding in AWS's words: message, and location (empty: none). A definition that is not JSON gets the words
 * of AWS's parser, with the place in both.
 */
struct sw_finding;
void sw_finding_words(const struct sw_finding *finding, const char *definition, size_t len,
		      struct sw_buf *message, struct sw_buf *location);
/* InvalidDefinition with all findings of the request's definition; without any: err. Takes the call. */
struct sw_findings;
void sw_call_fail_definition(struct sw_call *call, const struct sw_findings *findings,
			     const struct sw_error *err);

#define SW_ACTION_DECLARE(name, id, owner)       \
	void sw_call_##id(struct sw_call *call); \
	extern const struct sw_shape sw_shape_##id;
SW_ACTIONS(SW_ACTION_DECLARE)
#undef SW_ACTION_DECLARE

#endif
