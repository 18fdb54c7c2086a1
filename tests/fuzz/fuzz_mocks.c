/* A mock configuration of anybody: read, or refused with a place; what was read can be looked up. */
#include "engine/tasks/tasks.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_mocks *mocks = NULL;
	struct sw_error err = {0};
	struct sw_mock mock;
	enum sw_result r = sw_mocks_new((const char *)data, size, &mocks, &err);
	if (r != err.code)
		abort();
	if (r < 0)
		return 0;
	for (uint32_t invocation = 0; invocation < 4; invocation++)
		if (sw_mocks_find(mocks, "m", "c", "S", invocation, &mock) == SW_OK && !mock.output &&
		    !mock.error)
			abort();
	sw_mocks_check(mocks, "m", "c");
	sw_mocks_free(mocks);
	return 0;
}
