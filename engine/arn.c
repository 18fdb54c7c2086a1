/* ARNs of machines, executions and activities: see arn.h. */
#include "engine/arn.h"

#include <stdbool.h>
#include <string.h>

#define ARN_PREFIX "arn:aws:states"

enum { ACCOUNT_DIGITS = 12 };

enum sw_result sw_arn_check_owner(const char *region, const char *account, struct sw_error *err)
{
	static const char region_characters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	size_t region_max = sizeof(((struct sw_arn *)NULL)->region) - 1;
	size_t len = region ? strspn(region, region_characters) : 1;
	if (region && (len == 0 || len > region_max || region[len]))
		return sw_error_set(err, SW_EINVAL, "a region is a name such as us-east-1, not \"%.100s\"",
				    region);
	if (account && (strspn(account, "0123456789") != ACCOUNT_DIGITS || account[ACCOUNT_DIGITS]))
		return sw_error_set(err, SW_EINVAL, "an account is %d digits, not \"%.100s\"", ACCOUNT_DIGITS,
				    account);
	return SW_OK;
}

/* The kinds of resource that Step Functions has ARNs for. */
static const char *const kinds[] = {"stateMachine", "execution", "express", "activity", "mapRun"};

/* Parts joined by ':', up to a NULL. Each execution that is started has two of them made: no printf. */
static enum sw_result join(char *text, size_t bytes, const char *const *parts)
{
	size_t at = 0;
	for (; *parts; parts++) {
		size_t len = strlen(*parts);
		if (len >= bytes - at)
			return SW_ELIMIT;
		memcpy(text + at, *parts, len);
		at += len;
		text[at++] = parts[1] ? ':' : '\0';
	}
	return SW_OK;
}

enum sw_result sw_arn_machine(char *text, size_t bytes, const char *region, const char *account,
			      const char *name)
{
	const char *const parts[] = {ARN_PREFIX, region, account, "stateMachine", name, NULL};
	return join(text, bytes, parts);
}

enum sw_result sw_arn_execution(char *text, size_t bytes, const char *region, const char *account,
				const char *machine, const char *name)
{
	const char *const parts[] = {ARN_PREFIX, region, account, "execution", machine, name, NULL};
	return join(text, bytes, parts);
}

enum sw_result sw_arn_express(char *text, size_t bytes, const char *region, const char *account,
			      const char *machine, const char *name, const char *uuid)
{
	const char *const parts[] = {ARN_PREFIX, region, account, "express", machine, name, uuid, NULL};
	return join(text, bytes, parts);
}

enum sw_result sw_arn_activity(char *text, size_t bytes, const char *region, const char *account,
			       const char *name)
{
	const char *const parts[] = {ARN_PREFIX, region, account, "activity", name, NULL};
	return join(text, bytes, parts);
}

/*
 * Takes the text up to the next ':' (to the end when there is none) into a buffer, and steps over the ':'.
 * False when it is empty or does not fit.
 */
static bool take(const char **at, char *buffer, size_t bytes)
{
	size_t len = strcspn(*at, ":");
	if (len == 0 || len >= bytes)
		return false;
	memcpy(buffer, *at, len);
	buffer[len] = '\0';
	*at += len;
	if (**at == ':')
		++*at;
	return true;
}

static bool kind_known(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i], kind) == 0)
			return true;
	}
	return false;
}

/* NAME[:QUALIFIER][#CASE] */
static bool parse_machine(const char *at, struct sw_arn *arn)
{
	char resource[sizeof(arn->name) + sizeof(arn->qualifier)];
	size_t len = strcspn(at, "#");
	if (at[len] == '#') {
		const char *test_case = at + len + 1;
		size_t case_len = strlen(test_case);
		if (case_len == 0 || case_len >= sizeof(arn->test_case))
			return false;
		memcpy(arn->test_case, test_case, case_len + 1);
	}
	if (len >= sizeof(resource))
		return false;
	memcpy(resource, at, len);
	resource[len] = '\0';
	at = resource;
	if (!take(&at, arn->name, sizeof(arn->name)))
		return false;
	if (resource[strlen(arn->name)] == ':' && !take(&at, arn->qualifier, sizeof(arn->qualifier)))
		return false;
	return *at == '\0' && (len == 0 || resource[len - 1] != ':');
}

/* What stands behind KIND: of an ARN. */
static bool parse_resource(const char *at, struct sw_arn *arn)
{
	if (strcmp(arn->kind, "stateMachine") == 0)
		return parse_machine(at, arn);
	if (strlen(at) == 0 || at[strlen(at) - 1] == ':' || !take(&at, arn->name, sizeof(arn->name)))
		return false;
	if (strcmp(arn->kind, "activity") == 0)
		return *at == '\0';
	/* execution:MACHINE:NAME, express:MACHINE:NAME:UUID, mapRun:MACHINE/LABEL:UUID */
	if (!take(&at, arn->execution, sizeof(arn->execution)))
		return false;
	if (strcmp(arn->kind, "express") == 0 && *at)
		return take(&at, arn->qualifier, sizeof(arn->qualifier)) && *at == '\0';
	return *at == '\0';
}

/*
 * AWS's text of a wrong prefix is recorded: "Invalid Arn: 'Invalid ARN prefix: invalid_state_machine_arn'".
 * Other mistakes are told in the same form.
 */
enum sw_result sw_arn_parse(const char *text, struct sw_arn *ret_arn, struct sw_error *err)
{
	struct sw_arn arn = {0};
	char partition[32], service[32];
	const char *at = text;
	bool prefix = strncmp(text, "arn:", 4) == 0;
	if (prefix) {
		at += 4;
		prefix = take(&at, partition, sizeof(partition)) && strncmp(partition, "aws", 3) == 0 &&
			 take(&at, service, sizeof(service)) && strcmp(service, "states") == 0;
	}
	if (!prefix)
		return sw_error_set(err, SW_EARN, "Invalid Arn: 'Invalid ARN prefix: %s'", text);
	if (!take(&at, arn.region, sizeof(arn.region)) || !take(&at, arn.account, sizeof(arn.account)) ||
	    !take(&at, arn.kind, sizeof(arn.kind)))
		return sw_error_set(err, SW_EARN, "Invalid Arn: 'Invalid ARN: %s'", text);
	if (!kind_known(arn.kind))
		return sw_error_set(err, SW_EARN,
				    "Invalid Arn: 'Resource type not valid in this context: %s'", arn.kind);
	if (!parse_resource(at, &arn))
		return sw_error_set(err, SW_EARN, "Invalid Arn: 'Invalid ARN: %s'", text);
	*ret_arn = arn;
	return SW_OK;
}
