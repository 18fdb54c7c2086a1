/* ARNs of machines, executions and activities: making them and taking them apart. */
#ifndef SW_ENGINE_ARN_H
#define SW_ENGINE_ARN_H

#include "base/error.h"

#include <stddef.h>

#define SW_ARN_TEXT_BYTES 768 /* longest that names of 80 four-byte characters can make */

/* arn:aws:states:REGION:ACCOUNT:stateMachine:NAME. SW_ELIMIT when it does not fit. */
enum sw_result sw_arn_machine(char *text, size_t bytes, const char *region, const char *account,
			      const char *name);
/* arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME */
enum sw_result sw_arn_execution(char *text, size_t bytes, const char *region, const char *account,
				const char *machine, const char *name);

/* arn:aws:states:REGION:ACCOUNT:express:MACHINE:NAME:UUID */
enum sw_result sw_arn_express(char *text, size_t bytes, const char *region, const char *account,
			      const char *machine, const char *name, const char *uuid);
/* arn:aws:states:REGION:ACCOUNT:activity:NAME */
enum sw_result sw_arn_activity(char *text, size_t bytes, const char *region, const char *account,
			       const char *name);

/* What ARNs may be built of: a region has letters, digits and '-', an account twelve digits. NULL is good. */
enum sw_result sw_arn_check_owner(const char *region, const char *account, struct sw_error *err);

struct sw_arn {
	char region[64], account[32];
	char kind[32];              /* "stateMachine", "execution", "activity", "express", "mapRun" */
	char name[4 * 80 + 1];      /* of the machine or activity */
	char execution[4 * 80 + 1]; /* of an execution; "" otherwise */
	char qualifier[4 * 80 + 1]; /* stateMachine:NAME:VERSION-OR-ALIAS; "" otherwise */
	char test_case[256];        /* stateMachine:NAME#CASE; "" otherwise */
};
/* Takes an arn:aws...:states ARN apart. SW_EARN with AWS's text "Invalid Arn: 'Resource type not valid in
 * this context: x'" style message otherwise (see arn.c). */
enum sw_result sw_arn_parse(const char *text, struct sw_arn *ret_arn, struct sw_error *err);

#endif
