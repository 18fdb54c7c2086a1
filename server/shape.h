/*
 * What a request may hold: tables of members with types and constraints, from AWS's model of the API, and the
 * check of a request against them, with AWS's texts. Private to server/.
 */
#ifndef SW_SERVER_SHAPE_H
#define SW_SERVER_SHAPE_H

#include "base/buf.h"

#include <jansson.h>

enum sw_member_kind {
	SW_MEMBER_TEXT,
	SW_MEMBER_INTEGER,
	SW_MEMBER_LONG,
	SW_MEMBER_FLOAT,
	SW_MEMBER_BOOLEAN,
	SW_MEMBER_OBJECT,
	SW_MEMBER_LIST
};

enum sw_member_flags {
	SW_REQUIRED = 1,
	SW_SENSITIVE = 2, /* its value is not repeated in messages */
	SW_ANY_BYTES = 4, /* may hold U+0000; the handler looks at the length, or refuses it itself */
	SW_ASCII = 8,
	SW_VISIBLE = 32,    /* printable ASCII without spaces */
	SW_TEXTS = 64,      /* of a list: its items are texts; min and max are of their lengths */
	SW_ALIAS_NAME = 16, /* letters, digits, '_', '-', '.', not digits alone */
};

/*
 * The values of an enumeration stand in AWS's order: by the lower five bits of Java's String.hashCode(). So they do in the
 * message recorded of Step Functions (api/state_machine_status_filter.9a40), and in those of DynamoDB and Kinesis that the
 * tests of dynalite and kinesalite know.
 */
struct sw_shape;
struct sw_member {
	const char *name;
	enum sw_member_kind kind;
	unsigned flags;
	uint32_t min, max;            /* length of a text or list, value of an integer; max 0: no limit */
	const char *values;           /* "[EXPRESS, STANDARD]": what a text may be; NULL: anything. Of a list:
					 the name of its items' type in messages */
	const struct sw_shape *shape; /* of an object, or of the items of a list; NULL: not looked into */
};
struct sw_shape {
	const struct sw_member *members;
	size_t count;
};
#define SW_SHAPE(list)                                   \
	{                                                \
		(list), sizeof(list) / sizeof((list)[0]) \
	}

enum sw_shape_verdict {
	SW_SHAPE_FITS,
	SW_SHAPE_WRONG_TYPE,   /* SerializationException */
	SW_SHAPE_OUT_OF_RANGE, /* ValidationException */
};
/*
 * Checks request (an object). When it does not fit, message gets AWS's text: of the first wrong type, or of
 * all broken constraints. Members that are null count as absent; unknown members are passed over, as AWS
 * does. Several broken constraints come in the order of java.util.HashMap over the names of the members: so they do in
 * all messages of current AWS services that are known (Amazon Cognito's SignUp: password before username; Amazon
 * Kinesis Data Analytics: outputs before inputs, roleARN before resourceARN; Amazon SES, Data Firehose). None of Step
 * Functions is recorded.
 */
enum sw_shape_verdict sw_shape_check(const struct sw_shape *shape, const json_t *request,
				     struct sw_buf *message);

/* "Value 'x' at 'member' failed to satisfy constraint: Member must ..." joined as AWS does, count first. */
void sw_shape_too_long(struct sw_buf *message, const char *member, uint32_t max);

#endif
