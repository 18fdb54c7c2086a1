/* What is run: definitions and inputs. */
#include "base/mem.h"
#include "bench/bench.h"

#include <string.h>

#define CHAIN_STATES 10
#define MAP_ITEMS 1000
#define LOOP_ROUNDS 1000

/* What all executions but those of W3 and W5 get: about as much as an order is. */
char *workload_payload(void)
{
	struct sw_buf text = SW_BUF;
	sw_buf_text(&text, "{\"order\":\"A-1001\",\"text\":\"");
	for (unsigned i = 0; i < 270; i++)
		sw_buf_char(&text, 'x');
	sw_buf_text(&text, "\"}");
	return sw_buf_take(&text, NULL);
}

static char *pass_and_succeed(void)
{
	return sw_strdup("{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Next\":\"S\"},"
			 "\"S\":{\"Type\":\"Succeed\"}}}");
}

/* CHAIN_STATES states, one after the other; fields are those of each. */
static char *chain_of(const char *fields)
{
	struct sw_buf text = SW_BUF;
	sw_buf_text(&text, "{\"StartAt\":\"S0\",\"States\":{");
	for (unsigned i = 0; i < CHAIN_STATES; i++)
		sw_buf_printf(&text, "\"S%u\":{%s,\"Next\":\"S%u\"},", i, fields, i + 1);
	sw_buf_printf(&text, "\"S%u\":{\"Type\":\"Succeed\"}}}", CHAIN_STATES);
	return sw_buf_take(&text, NULL);
}

/* A Map whose iterations are one state with these fields. */
static char *map_of(const char *fields)
{
	return sw_asprintf("{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemsPath\":\"$.items\","
			   "\"End\":true,"
			   "\"ItemProcessor\":{\"StartAt\":\"S\",\"States\":{\"S\":{%s,\"End\":true}}}}}}",
			   fields);
}

static char *items(void)
{
	struct sw_buf text = SW_BUF;
	sw_buf_text(&text, "{\"items\":[");
	for (unsigned i = 0; i < MAP_ITEMS; i++)
		sw_buf_printf(&text, "%s%u", i ? "," : "", i);
	sw_buf_text(&text, "]}");
	return sw_buf_take(&text, NULL);
}

/* Each round enters a Choice, and a Pass that counts. */
static char *choice_loop(void)
{
	return sw_asprintf("{\"StartAt\":\"C\",\"States\":{"
			   "\"C\":{\"Type\":\"Choice\",\"Default\":\"P\",\"Choices\":[{\"Variable\":\"$.n\","
			   "\"NumericGreaterThanEquals\":%u,\"Next\":\"E\"}]},"
			   "\"P\":{\"Type\":\"Pass\",\"Parameters\":{\"n.$\":\"States.MathAdd($.n, "
			   "1)\"},\"Next\":\"C\"},"
			   "\"E\":{\"Type\":\"Succeed\"}}}",
			   LOOP_ROUNDS);
}

bool workloads_init(struct workload workloads[WORKLOADS_COUNT])
{
	static const char task[] = "\"Type\":\"Task\",\"Resource\":\"function:noop\"";
	static const char pass[] = "\"Type\":\"Pass\"";
	workloads[W1] = (struct workload){"W1", 0, false, pass_and_succeed(), workload_payload()};
	workloads[W1_NAMED] = (struct workload){"W1 named", 0, true, pass_and_succeed(), workload_payload()};
	workloads[W2] = (struct workload){"W2", CHAIN_STATES, false, chain_of(task), workload_payload()};
	workloads[W2P] = (struct workload){"W2p", CHAIN_STATES, false, chain_of(pass), workload_payload()};
	workloads[W3_PASS] = (struct workload){"W3 Pass", MAP_ITEMS, false, map_of(pass), items()};
	workloads[W3_TASK] = (struct workload){"W3 task", MAP_ITEMS, false, map_of(task), items()};
	/* entered: a Choice more than rounds, and the end */
	workloads[W5] =
		(struct workload){"W5", 2 * LOOP_ROUNDS + 2, false, choice_loop(), sw_strdup("{\"n\":0}")};
	for (size_t i = 0; i < WORKLOADS_COUNT; i++)
		if (!workloads[i].definition || !workloads[i].input)
			return false;
	return true;
}

void workloads_done(struct workload workloads[WORKLOADS_COUNT])
{
	for (size_t i = 0; i < WORKLOADS_COUNT; i++) {
		sw_free(workloads[i].definition);
		sw_free(workloads[i].input);
	}
}
