/*
 * ARNs in requests, taken apart. The engine's door takes names of machines and ARNs of executions as text;
 * what AWS answers to a malformed one is decided here. Private to server/.
 */
#ifndef SW_SERVER_ARN_TEXT_H
#define SW_SERVER_ARN_TEXT_H

#include "base/buf.h"

/* Slices of the text that was parsed; empty where there is nothing. */
struct sw_arn_text {
	struct sw_slice region, account;
	struct sw_slice name;      /* of the machine */
	struct sw_slice execution; /* of an execution, or of a map run */
	struct sw_slice qualifier; /* stateMachine:NAME:VERSION-OR-ALIAS */
	struct sw_slice test_case; /* stateMachine:NAME#CASE, as Step Functions Local has it */
};
/*
 * type is "stateMachine", "execution", "mapRun" or "activity". False: message got AWS's text (the part within the quotes of
 * "Invalid Arn: '...'").
 */
bool sw_arn_text_parse(const char *text, const char *type, struct sw_arn_text *ret_arn,
		       struct sw_buf *message);

/* The number of a version, as AWS writes it: no zeros in front. 0: the text is none. */
uint32_t sw_arn_text_version(const char *text, size_t len);

/* arn:PARTITION:iam::ACCOUNT:role/PATH */
bool sw_arn_text_is_role(const char *text);

#endif
