/*
 * The credentials file: who may call the server, with which secret, and what each of them may do. Parsed into one
 * block of memory that is wiped when it is freed; nothing here prints or logs a secret. docs/access.md is its page.
 * Private to server/: knows neither HTTP nor signatures.
 */
#ifndef SW_SERVER_CREDENTIALS_H
#define SW_SERVER_CREDENTIALS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define SW_CREDENTIALS_FILE_BYTES_MAX (1u << 20)
#define SW_CREDENTIALS_MAX 10000
#define SW_ACCESS_KEY_ID_BYTES_MAX 128
#define SW_SECRET_BYTES_MIN 20 /* shorter ones can be guessed from a signature that was overheard */
#define SW_SECRET_BYTES_MAX 256
#define SW_USER_BYTES_MAX 64
#define SW_PATTERN_BYTES_MAX 256
#define SW_PATTERNS_MAX 1000 /* of one list */

/* Patterns with '*', in which "*" stands for any text. */
struct sw_patterns {
	const char *const *texts; /* NULL: there is no such list */
	size_t count;
};

struct sw_credential {
	const char *access_key_id, *secret, *user;
	struct sw_patterns actions;    /* "states:Describe*"; none: all */
	struct sw_patterns machines;   /* names, or ARNs that begin with "arn:" */
	struct sw_patterns activities; /* the same; without both lists: all machines and activities */
	size_t offset;                 /* where it stood in the file */
};

struct sw_credentials;
/*
 * Reads the text of a credentials file. SW_EDEFINITION with line, column, JSON pointer and a text that quotes
 * nothing of the file; SW_ENOMEM. *ret_credentials is new.
 */
enum sw_result sw_credentials_parse(const char *text, size_t len, struct sw_credentials **ret_credentials,
				    struct sw_error *err);
/* Wipes and frees. NULL allowed. */
void sw_credentials_free(struct sw_credentials *credentials);
size_t sw_credentials_count(const struct sw_credentials *credentials);
/* NULL: there is none. Borrowed while the credentials live. */
const struct sw_credential *sw_credentials_find(const struct sw_credentials *credentials,
						const char *access_key_id, size_t len);

/* Does text match one of the patterns? Letters of actions are the same in both cases. */
bool sw_patterns_match(const struct sw_patterns *patterns, const char *text, size_t len, bool ignore_case);

#endif
