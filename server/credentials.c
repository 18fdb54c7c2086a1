/* The credentials file: see credentials.h. */
#include "server/credentials.h"

#include "base/mem.h"
#include "server/request_json.h"
#include "server/strict_json.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN "accessKeyId, secretAccessKey, user, actions, stateMachines, activities"
#define ID_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
#define USER_CHARACTERS ID_CHARACTERS "+=,.@-"
#define FIRST_CAPACITY 8

struct sw_credentials {
	struct sw_credential *list; /* by access key id, once all are read */
	size_t count, capacity;
	char *strings; /* what list points to */
	size_t strings_bytes;
};

void sw_credentials_free(struct sw_credentials *credentials)
{
	if (!credentials)
		return;
	for (size_t i = 0; i < credentials->count; i++) {
		sw_free((void *)credentials->list[i].actions.texts);
		sw_free((void *)credentials->list[i].machines.texts);
		sw_free((void *)credentials->list[i].activities.texts);
	}
	if (credentials->strings)
		OPENSSL_cleanse(credentials->strings, credentials->strings_bytes);
	sw_free(credentials->strings);
	sw_free(credentials->list);
	sw_free(credentials);
}

size_t sw_credentials_count(const struct sw_credentials *credentials)
{
	return credentials->count;
}

/* ---- finding ---- */

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct sw_credential *)a)->access_key_id,
		      ((const struct sw_credential *)b)->access_key_id);
}

/* Access key ids are no secret: how long this takes may tell them apart. */
const struct sw_credential *sw_credentials_find(const struct sw_credentials *credentials,
						const char *access_key_id, size_t len)
{
	char text[SW_ACCESS_KEY_ID_BYTES_MAX + 1];
	if (len >= sizeof(text) || memchr(access_key_id, '\0', len))
		return NULL;
	memcpy(text, access_key_id, len);
	text[len] = '\0';
	const struct sw_credential wanted = {.access_key_id = text};
	return bsearch(&wanted, credentials->list, credentials->count, sizeof(*credentials->list), compare);
}

static char fold(char c, bool ignore_case)
{
	return ignore_case && c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

/* Going back to the last '*' only: no more steps than the lengths multiplied. */
static bool matches(const char *pattern, const char *text, size_t len, bool ignore_case)
{
	const char *end = text + len, *star = NULL, *resume = text;
	while (text < end) {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern && fold(*pattern, ignore_case) == fold(*text, ignore_case)) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool sw_patterns_match(const struct sw_patterns *patterns, const char *text, size_t len, bool ignore_case)
{
	for (size_t i = 0; i < patterns->count; i++) {
		if (matches(patterns->texts[i], text, len, ignore_case))
			return true;
	}
	return false;
}

/* ---- reading ---- */

static bool out_of_memory(struct sw_strict *in)
{
	in->failed = true;
	sw_error_set(in->err, SW_ENOMEM, "out of memory");
	return false;
}

static bool read_id(struct sw_strict *in, const char **ret_id)
{
	const char *place = sw_strict_place(in);
	size_t len = 0;
	if (!sw_strict_string(in, "accessKeyId must be a string", ret_id, &len))
		return false;
	if (len == 0 || len > SW_ACCESS_KEY_ID_BYTES_MAX || strspn(*ret_id, ID_CHARACTERS) != len)
		return sw_strict_mistake(
			in, place,
			"accessKeyId must be 1 to %d letters, digits and underscores (AWS's tools take "
			"16 or more)",
			SW_ACCESS_KEY_ID_BYTES_MAX);
	return true;
}

static bool read_secret(struct sw_strict *in, const char **ret_secret)
{
	const char *place = sw_strict_place(in);
	size_t len = 0;
	if (!sw_strict_string(in, "secretAccessKey must be a string", ret_secret, &len))
		return false;
	bool plain = true;
	for (size_t i = 0; i < len; i++)
		plain = plain && (*ret_secret)[i] > ' ' && (*ret_secret)[i] < 0x7F;
	if (!plain || len < SW_SECRET_BYTES_MIN || len > SW_SECRET_BYTES_MAX)
		return sw_strict_mistake(
			in, place,
			"secretAccessKey must be %d to %d visible ASCII characters without spaces; "
			"`openssl rand -base64 30` makes one",
			SW_SECRET_BYTES_MIN, SW_SECRET_BYTES_MAX);
	return true;
}

static bool read_user(struct sw_strict *in, const char **ret_user)
{
	const char *place = sw_strict_place(in);
	size_t len = 0;
	if (!sw_strict_string(in, "user must be a string", ret_user, &len))
		return false;
	if (len == 0 || len > SW_USER_BYTES_MAX || strspn(*ret_user, USER_CHARACTERS) != len)
		return sw_strict_mistake(in, place,
					 "user must be 1 to %d letters, digits and characters of _+=,.@-",
					 SW_USER_BYTES_MAX);
	return true;
}

/* One pattern is acceptable for its list. */
static bool check_pattern(struct sw_strict *in, const char *place, const char *pattern, size_t len,
			  bool actions)
{
	if (len == 0 || len > SW_PATTERN_BYTES_MAX)
		return sw_strict_mistake(in, place, "a pattern must be 1 to %d bytes long",
					 SW_PATTERN_BYTES_MAX);
	if (actions && strcmp(pattern, "*") != 0 && strncmp(pattern, "states:", 7) != 0)
		return sw_strict_mistake(in, place,
					 "an action must begin with \"states:\", as states:StartExecution, "
					 "or be \"*\"");
	return true;
}

static bool read_patterns(struct sw_strict *in, struct sw_patterns *patterns, bool actions)
{
	size_t capacity = FIRST_CAPACITY;
	bool first = true;
	const char **texts;
	if (!sw_strict_open(in, '[', "expected an array of patterns"))
		return false;
	texts = sw_zalloc_array(capacity, sizeof(*texts));
	patterns->texts = texts;
	if (!texts)
		return out_of_memory(in);
	while (sw_strict_more(in, '[', &first)) {
		size_t mark = sw_strict_enter_index(in, patterns->count), len = 0;
		const char *place = sw_strict_place(in), *text = NULL;
		if (!sw_strict_string(in, "a pattern must be a string", &text, &len) ||
		    !check_pattern(in, place, text, len, actions))
			return false;
		if (patterns->count == SW_PATTERNS_MAX)
			return sw_strict_mistake(in, place, "more than %d patterns", SW_PATTERNS_MAX);
		if (patterns->count == capacity) {
			texts = sw_realloc_array((void *)patterns->texts, capacity *= 2, sizeof(*texts));
			if (!texts)
				return out_of_memory(in);
			patterns->texts = texts;
		}
		texts[patterns->count++] = text;
		sw_strict_leave(in, mark);
	}
	return !in->failed;
}

static bool twice(struct sw_strict *in, const char *place)
{
	return sw_strict_mistake(in, place, "this member is there twice");
}

/* The value of a member of a credential. */
static bool read_member(struct sw_strict *in, const char *place, const char *key,
			struct sw_credential *credential)
{
	if (strcmp(key, "accessKeyId") == 0)
		return credential->access_key_id ? twice(in, place) : read_id(in, &credential->access_key_id);
	if (strcmp(key, "secretAccessKey") == 0)
		return credential->secret ? twice(in, place) : read_secret(in, &credential->secret);
	if (strcmp(key, "user") == 0)
		return credential->user ? twice(in, place) : read_user(in, &credential->user);
	if (strcmp(key, "actions") == 0)
		return credential->actions.texts ? twice(in, place)
						 : read_patterns(in, &credential->actions, true);
	if (strcmp(key, "stateMachines") == 0)
		return credential->machines.texts ? twice(in, place)
						  : read_patterns(in, &credential->machines, false);
	return credential->activities.texts ? twice(in, place)
					    : read_patterns(in, &credential->activities, false);
}

static bool is_known(const char *key)
{
	static const char *const known[] = {"accessKeyId", "secretAccessKey", "user",
					    "actions",     "stateMachines",   "activities"};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(key, known[i]) == 0)
			return true;
	}
	return false;
}

static bool read_credential(struct sw_strict *in, struct sw_credential *credential)
{
	const char *start = sw_strict_place(in);
	bool first = true;
	if (!sw_strict_open(in, '{', "a credential must be an object"))
		return false;
	credential->offset = (size_t)(start - in->text);
	while (sw_strict_more(in, '{', &first)) {
		const char *place = sw_strict_place(in), *key = NULL;
		if (!sw_strict_key(in, &key))
			return false;
		if (!is_known(key)) /* it is not quoted: it may be a secret in the wrong place */
			return sw_strict_mistake(in, place, "this member is not known; known are " KNOWN);
		size_t mark = sw_strict_enter(in, key);
		if (!read_member(in, place, key, credential))
			return false;
		sw_strict_leave(in, mark);
	}
	if (in->failed)
		return false;
	if (!credential->access_key_id || !credential->secret)
		return sw_strict_mistake(in, start, "a credential needs accessKeyId and secretAccessKey");
	if (!credential->user)
		credential->user = credential->access_key_id;
	return true;
}

static bool read_list(struct sw_strict *in, struct sw_credentials *credentials)
{
	const char *start = sw_strict_place(in);
	bool first = true;
	if (!sw_strict_open(in, '[', "credentials must be an array"))
		return false;
	while (sw_strict_more(in, '[', &first)) {
		size_t mark = sw_strict_enter_index(in, credentials->count);
		if (credentials->count == SW_CREDENTIALS_MAX)
			return sw_strict_mistake(in, in->at, "more than %d credentials", SW_CREDENTIALS_MAX);
		if (credentials->count == credentials->capacity) {
			size_t capacity = credentials->capacity ? credentials->capacity * 2 : FIRST_CAPACITY;
			struct sw_credential *list =
				sw_realloc_array(credentials->list, capacity, sizeof(*credentials->list));
			if (!list)
				return out_of_memory(in);
			credentials->list = list;
			credentials->capacity = capacity;
		}
		struct sw_credential *credential = &credentials->list[credentials->count++];
		*credential = (struct sw_credential){0};
		if (!read_credential(in, credential))
			return false;
		sw_strict_leave(in, mark);
	}
	if (!in->failed && credentials->count == 0)
		return sw_strict_mistake(in, start, "there is no credential: nobody could call");
	return !in->failed;
}

static bool read_file(struct sw_strict *in, struct sw_credentials *credentials)
{
	bool first = true, seen = false;
	const char *start = sw_strict_place(in);
	if (!sw_strict_open(in, '{', "the file must be a JSON object with the member \"credentials\""))
		return false;
	while (sw_strict_more(in, '{', &first)) {
		const char *place = sw_strict_place(in), *key = NULL;
		if (!sw_strict_key(in, &key))
			return false;
		if (strcmp(key, "credentials") != 0)
			return sw_strict_mistake(in, place, "this member is not known; known is credentials");
		if (seen)
			return twice(in, place);
		seen = true;
		size_t mark = sw_strict_enter(in, key);
		if (!read_list(in, credentials))
			return false;
		sw_strict_leave(in, mark);
	}
	if (!in->failed && !seen)
		return sw_strict_mistake(in, start, "the member \"credentials\" is missing");
	return sw_strict_end(in);
}

/* The list is sorted: the same ids stand beside each other. Told is the place of the later one in the file. */
static bool check_ids(struct sw_strict *in, const struct sw_credentials *credentials)
{
	const struct sw_credential *list = credentials->list, *later = NULL;
	size_t index = 0;
	for (size_t i = 1; i < credentials->count && !later; i++) {
		if (strcmp(list[i - 1].access_key_id, list[i].access_key_id) == 0)
			later = &list[list[i - 1].offset > list[i].offset ? i - 1 : i];
	}
	if (!later)
		return true;
	for (size_t i = 0; i < credentials->count; i++)
		index += list[i].offset < later->offset;
	sw_strict_leave(in, 0);
	sw_strict_enter(in, "credentials");
	sw_strict_enter_index(in, index);
	return sw_strict_mistake(in, in->text + later->offset, "this accessKeyId is there twice");
}

enum sw_result sw_credentials_parse(const char *text, size_t len, struct sw_credentials **ret_credentials,
				    struct sw_error *err)
{
	struct sw_error own = {0};
	struct sw_strict in;
	if (len > SW_CREDENTIALS_FILE_BYTES_MAX)
		return sw_error_set(err, SW_EDEFINITION, "the credentials file is longer than %u bytes",
				    SW_CREDENTIALS_FILE_BYTES_MAX);
	if (!sw_request_is_utf8(text, len))
		return sw_error_set(err, SW_EDEFINITION, "the credentials file is not UTF-8");
	struct sw_credentials *credentials = sw_zalloc(sizeof(*credentials));
	if (credentials)
		credentials->strings = sw_alloc(len + 1);
	if (!credentials || !credentials->strings) {
		sw_credentials_free(credentials);
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	}
	credentials->strings_bytes = len + 1;
	sw_strict_init(&in, text, len, credentials->strings, &own);
	if (read_file(&in, credentials)) {
		qsort(credentials->list, credentials->count, sizeof(*credentials->list), compare);
		(void)check_ids(&in, credentials); /* own tells */
	}
	if (own.code != SW_OK) {
		sw_credentials_free(credentials);
		if (err && err->code == SW_OK)
			*err = own;
		return own.code;
	}
	*ret_credentials = credentials;
	return SW_OK;
}
