/* ARNs in requests: see arn_text.h. */
#include "server/arn_text.h"

#include <string.h>

static bool is_slice(struct sw_slice slice, const char *text)
{
	return slice.len == strlen(text) && memcmp(slice.data, text, slice.len) == 0;
}

/* What stands before the next ':' (or the end); *at moves behind the ':'. */
static struct sw_slice take(const char **at)
{
	size_t len = strcspn(*at, ":");
	struct sw_slice slice = sw_slice(*at, len);
	*at += len + ((*at)[len] == ':');
	return slice;
}

/* arn:aws, arn:aws-cn, arn:aws-us-gov ... */
static bool is_partition(struct sw_slice slice)
{
	return slice.len >= 3 && memcmp(slice.data, "aws", 3) == 0;
}

static bool is_account(struct sw_slice slice)
{
	const char *digits = slice.data;
	if (slice.len != 12)
		return false;
	for (size_t i = 0; i < slice.len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
	}
	return true;
}

bool sw_arn_text_parse(const char *text, const char *type, struct sw_arn_text *ret_arn,
		       struct sw_buf *message)
{
	struct sw_arn_text arn = {0};
	const char *at = text;

	if (!is_slice(take(&at), "arn") || !is_partition(take(&at)) || !is_slice(take(&at), "states")) {
		/* "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'": recorded */
		sw_buf_printf(message, "Invalid ARN prefix: %s", text);
		return false;
	}
	arn.region = take(&at);
	arn.account = take(&at);
	struct sw_slice given = take(&at);
	if (!arn.region.len || !arn.account.len || !given.len) {
		sw_buf_printf(message, "Invalid ARN: %s", text);
		return false;
	}
	if (!is_slice(given, type)) {
		sw_buf_text(message, "Resource type not valid in this context: ");
		sw_buf_append(message, given.data, given.len);
		return false;
	}
	size_t len = strcspn(at, "#");
	if (at[len] == '#')
		arn.test_case = sw_slice(at + len + 1, strlen(at + len + 1));
	const char *end = at + len, *colon = memchr(at, ':', len);
	arn.name = sw_slice(at, (size_t)((colon ? colon : end) - at));
	struct sw_slice second = colon ? sw_slice(colon + 1, (size_t)(end - colon - 1)) : sw_slice(end, 0);
	bool execution = strcmp(type, "execution") == 0 || strcmp(type, "mapRun") == 0;
	if (execution)
		arn.execution = second;
	else
		arn.qualifier = second;
	if (!arn.name.len || (execution ? !second.len : colon && !second.len)) {
		sw_buf_printf(message, "Invalid ARN: %s", text);
		return false;
	}
	*ret_arn = arn;
	return true;
}

uint32_t sw_arn_text_version(const char *text, size_t len)
{
	uint64_t number = 0;
	if (len == 0 || len > 10 || text[0] == '0')
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		number = number * 10 + (uint64_t)(text[i] - '0');
	}
	return number <= UINT32_MAX ? (uint32_t)number : 0;
}

bool sw_arn_text_is_role(const char *text)
{
	const char *at = text;
	return is_slice(take(&at), "arn") && is_partition(take(&at)) && is_slice(take(&at), "iam") &&
	       take(&at).len == 0 && is_account(take(&at)) && strncmp(at, "role/", 5) == 0 && at[5];
}
