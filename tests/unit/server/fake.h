/*
 * An engine, a reader and a compiler for the tests of server/: they remember what was asked of them and
 * answer what the test wants, at once or later.
 */
#ifndef SW_TEST_SERVER_FAKE_H
#define SW_TEST_SERVER_FAKE_H

#include "asl/asl.h"
#include "base/buf.h"
#include "engine/activity.h"
#include "engine/engine.h"

#define FAKE_PENDING_MAX 512
#define FAKE_MACHINE "arn:aws:states:us-east-1:123456789012:stateMachine:hello"
#define FAKE_EXECUTION "arn:aws:states:us-east-1:123456789012:execution:hello:run1"

struct sw_reader {
	enum sw_result result;          /* of the next reads */
	const char *text;               /* of its error */
	struct sw_machine_info machine; /* borrowed texts; copied when it is asked for */
	struct sw_execution_info execution;
	uint32_t events;     /* of the execution */
	size_t event_bytes;  /* of each: padded with spaces */
	const char *next;    /* cursor that listings give */
	struct sw_buf asked; /* what was asked, as text */
};

struct sw_engine {
	struct sw_reader reader;
	enum sw_result result; /* of the call itself */
	const char *text;
	bool with_findings;
	enum sw_result reply_result;
	const char *reply_text;
	struct sw_reply reply;
	struct sw_outcome outcome;
	enum sw_result ready;
	bool later; /* replies wait for fake_answer */
	struct {
		sw_reply_fn *reply;
		void *user;
	} pending[FAKE_PENDING_MAX];
	unsigned pending_count;
	unsigned polls, polls_cancelled;
	bool poll_too_late;
	sw_activity_task_fn *poll_reply;
	void *poll_user;
	struct sw_buf asked;
};

void fake_init(struct sw_engine *engine);
void fake_done(struct sw_engine *engine);
/* Gives all pending replies. */
void fake_answer(struct sw_engine *engine);

#endif
