/* A credentials file of anybody: read, or refused with a place. What was read is found, and limits can be asked. */
#include "server/credentials.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char arn[] = "arn:aws:states:us-east-1:123456789012:stateMachine:order";
	struct sw_credentials *credentials = NULL;
	struct sw_error err = {0};
	enum sw_result r = sw_credentials_parse((const char *)data, size, &credentials, &err);
	if (r != err.code || (r == SW_OK) != (credentials != NULL))
		abort();
	if (r < 0)
		return 0;
	const struct sw_credential *found = sw_credentials_find(credentials, "A", 1);
	if (found && (strcmp(found->access_key_id, "A") != 0 || strlen(found->secret) < SW_SECRET_BYTES_MIN))
		abort();
	if (found) {
		(void)sw_patterns_match(&found->actions, "states:StartExecution", 21, true);
		(void)sw_patterns_match(&found->machines, arn, sizeof(arn) - 1, false);
	}
	sw_credentials_free(credentials);
	return 0;
}
