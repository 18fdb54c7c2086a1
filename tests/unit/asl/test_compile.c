/* Text in, graph out: what the engine finds in a compiled machine. */
#include "asl/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sw_machine *compile(const char *text)
{
	struct sw_machine *machine = NULL;
	struct sw_error err = {0};
	if (sw_machine_compile(text, strlen(text), &machine, NULL, &err) != SW_OK)
		fail_msg("%u:%u %s: %s", err.line, err.column, err.pointer, err.text);
	return machine;
}

static const struct sw_state *state_of(const struct sw_machine *machine, const char *name)
{
	for (uint32_t i = 0; i < machine->states_count; i++) {
		if (strcmp(machine->states[i].name, name) == 0)
			return &machine->states[i];
	}
	fail_msg("no state %s", name);
	return NULL;
}

static void states_stand_in_the_order_of_the_text(void **unused)
{
	struct sw_machine *m =
		compile("{\"StartAt\": \"B\", \"Comment\": \"c\", \"TimeoutSeconds\": 9, \"States\": {"
			"\"A\": {\"Type\": \"Succeed\"},"
			"\"B\": {\"Type\": \"Parallel\", \"Next\": \"A\", \"Branches\": ["
			"  {\"StartAt\": \"C\", \"States\": {\"C\": {\"Type\": \"Pass\", \"End\": true}}},"
			"  {\"StartAt\": \"D\", \"States\": {\"D\": {\"Type\": \"Pass\", \"Next\": \"E\"},"
			"    \"E\": {\"Type\": \"Fail\"}}}]}}}");
	const char *names = "ABCDE";
	(void)unused;

	assert_int_equal(m->states_count, 5);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(m->states[i].index, i);
		assert_int_equal(m->states[i].name[0], names[i]);
		assert_ptr_equal(m->states[i].language, &sw_query_jsonpath);
	}
	assert_string_equal(sw_machine_comment(m), "c");
	assert_int_equal(m->timeout_seconds, 9);
	assert_ptr_equal(m->flow.start, &m->states[1]);
	assert_null(m->flow.owner);
	assert_ptr_equal(m->states[1].next, &m->states[0]);
	assert_ptr_equal(m->states[0].flow, &m->flow);
	assert_int_equal(m->states[1].as.parallel.branches_count, 2);
	const struct sw_flow *second = &m->states[1].as.parallel.branches[1];
	assert_ptr_equal(second->owner, &m->states[1]);
	assert_int_equal(second->index, 1);
	assert_ptr_equal(second->start, &m->states[3]);
	assert_ptr_equal(m->states[4].flow, second);
	assert_string_equal(m->states[4].pointer, "/States/B/Branches/1/States/E");
	assert_null(m->states[4].next);
	sw_machine_unref(m);
}

static void the_text_and_its_hash_are_kept(void **unused)
{
	const char *text = "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Succeed\"}}}";
	struct sw_machine *m = compile(text);
	uint8_t hash[SW_SHA256_BYTES];
	size_t len;
	(void)unused;

	assert_string_equal(sw_machine_text(m, &len), text);
	assert_int_equal(len, strlen(text));
	assert_int_equal(sw_sha256(text, len, hash), SW_OK);
	assert_memory_equal(m->hash, hash, sizeof(hash));
	assert_null(sw_machine_comment(m));
	assert_ptr_equal(sw_machine_ref(m), m);
	sw_machine_unref(m);
	assert_null(sw_machine_resource(m, 0));
	sw_machine_unref(m);
	sw_machine_unref(NULL);
}

static void absent_null_and_written_paths_differ(void **unused)
{
	struct sw_machine *m =
		compile("{\"StartAt\": \"A\", \"States\": {"
			"\"A\": {\"Type\": \"Pass\", \"Next\": \"B\"},"
			"\"B\": {\"Type\": \"Pass\", \"InputPath\": null, \"ResultPath\": null, "
			"\"OutputPath\": \"$.x\","
			"  \"Result\": {\"a.$\": 1}, \"Parameters\": {\"p.$\": \"$.q\"}, \"Next\": \"C\"},"
			"\"C\": {\"Type\": \"Pass\", \"InputPath\": \"$\", \"ResultPath\": \"$.r\", \"End\": "
			"true}}}");
	const struct sw_state *a = state_of(m, "A"), *b = state_of(m, "B"), *c = state_of(m, "C");
	(void)unused;

	assert_int_equal(a->input_path.mode, SW_PATH_DEFAULT);
	assert_null(a->result_path);
	assert_false(a->result_path_null);
	assert_null(a->arguments);
	assert_null(a->as.pass.result);
	assert_int_equal(b->input_path.mode, SW_PATH_NULL);
	assert_int_equal(b->output_path.mode, SW_PATH_EXPR);
	assert_string_equal(b->output_path.expr->text, "$.x");
	assert_true(b->result_path_null);
	assert_non_null(b->arguments);
	assert_non_null(json_object_get(b->as.pass.result, "a.$"));
	assert_int_equal(c->input_path.mode, SW_PATH_DEFAULT);
	assert_non_null(c->result_path);
	sw_machine_unref(m);
}

static void resources_are_told_apart(void **unused)
{
	static const struct {
		const char *resource, *type, *name;
		enum sw_resource_kind kind;
		enum sw_resource_pattern pattern;
	} cases[] = {
		{"arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST", "lambda", "f:$LATEST",
		 SW_RESOURCE_LAMBDA, SW_CALL_RESPONSE},
		{"arn:aws:states:us-east-1:123456789012:activity:work", "activity", "work",
		 SW_RESOURCE_ACTIVITY, SW_CALL_RESPONSE},
		{"arn:aws:states:::lambda:invoke", "lambda", "invoke", SW_RESOURCE_SERVICE, SW_CALL_RESPONSE},
		{"arn:aws-cn:states:::states:startExecution.sync:2", "states", "startExecution.sync:2",
		 SW_RESOURCE_SERVICE, SW_CALL_SYNC},
		{"arn:aws:states:::ecs:runTask.sync", "ecs", "runTask.sync", SW_RESOURCE_SERVICE,
		 SW_CALL_SYNC},
		{"arn:aws:states:::sqs:sendMessage.waitForTaskToken", "sqs", "sendMessage.waitForTaskToken",
		 SW_RESOURCE_SERVICE, SW_CALL_TOKEN},
		{"arn:aws:states:::aws-sdk:dynamodb:putItem", "aws-sdk:dynamodb", "putItem",
		 SW_RESOURCE_SERVICE, SW_CALL_RESPONSE},
		{"arn:aws:swf:us-east-1:123456789012:task:x", "swf", "task:x", SW_RESOURCE_SERVICE,
		 SW_CALL_RESPONSE},
		{"function:ship", "function", "ship", SW_RESOURCE_LOCAL, SW_CALL_RESPONSE},
		{"command:ship.it", "command", "ship.it", SW_RESOURCE_LOCAL, SW_CALL_RESPONSE},
	};
	(void)unused;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[300];
		snprintf(
			text, sizeof(text),
			"{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Task\", \"Resource\": \"%s\", "
			"\"End\": true}}}",
			cases[i].resource);
		struct sw_machine *m = compile(text);
		const struct sw_task_fields *task = &m->states[0].as.task;
		assert_string_equal(task->resource, cases[i].resource);
		assert_string_equal(task->resource_type, cases[i].type);
		assert_string_equal(task->resource_name, cases[i].name);
		assert_int_equal(task->kind, cases[i].kind);
		assert_int_equal(task->pattern, cases[i].pattern);
		assert_string_equal(sw_machine_resource(m, 0), cases[i].resource);
		assert_null(sw_machine_resource(m, 1));
		sw_machine_unref(m);
	}
}

static void retriers_and_catchers_get_their_defaults(void **unused)
{
	struct sw_machine *m =
		compile("{\"StartAt\": \"A\", \"States\": {"
			"\"A\": {\"Type\": \"Task\", \"Resource\": \"function:f\", \"TimeoutSeconds\": 5,"
			"  \"HeartbeatSecondsPath\": \"$.h\", \"Retry\": [{\"ErrorEquals\": [\"X\", \"Y\"]},"
			"  {\"ErrorEquals\": [\"States.ALL\"], \"IntervalSeconds\": 7, \"MaxAttempts\": 0, "
			"\"BackoffRate\": 1,"
			"   \"MaxDelaySeconds\": 60, \"JitterStrategy\": \"FULL\"}],"
			"  \"Catch\": [{\"ErrorEquals\": [\"X\"], \"Next\": \"B\", \"ResultPath\": \"$.e\"},"
			"  {\"ErrorEquals\": [\"States.ALL\"], \"Next\": \"A\", \"ResultPath\": null}], "
			"\"End\": true},"
			"\"B\": {\"Type\": \"Fail\", \"Error\": \"E\", \"CausePath\": \"$.c\"}}}");
	const struct sw_state *a = state_of(m, "A"), *b = state_of(m, "B");
	(void)unused;

	assert_int_equal(a->retriers_count, 2);
	assert_int_equal(a->retriers[0].errors_count, 2);
	assert_string_equal(a->retriers[0].errors[1], "Y");
	assert_int_equal(a->retriers[0].interval_seconds, 1);
	assert_int_equal(a->retriers[0].attempts_max, 3);
	assert_true(a->retriers[0].backoff_rate == 2.0);
	assert_int_equal(a->retriers[0].delay_seconds_max, 0);
	assert_false(a->retriers[0].full_jitter);
	assert_int_equal(a->retriers[1].interval_seconds, 7);
	assert_int_equal(a->retriers[1].attempts_max, 0);
	assert_int_equal(a->retriers[1].delay_seconds_max, 60);
	assert_true(a->retriers[1].full_jitter);
	assert_int_equal(a->catchers_count, 2);
	assert_ptr_equal(a->catchers[0].next, b);
	assert_non_null(a->catchers[0].result_path);
	assert_true(a->catchers[1].result_path_null);
	assert_true(a->as.task.timeout_seconds.present);
	assert_true(a->as.task.timeout_seconds.literal == 5);
	assert_string_equal(a->as.task.heartbeat_seconds.name, "HeartbeatSecondsPath");
	assert_non_null(a->as.task.heartbeat_seconds.expr);
	assert_string_equal(b->as.fail.error.literal, "E");
	assert_null(b->as.fail.cause.literal);
	assert_non_null(b->as.fail.cause.expr);
	sw_machine_unref(m);
}

static void choice_rules_become_trees(void **unused)
{
	struct sw_machine *m =
		compile("{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Choice\", \"Choices\": ["
			"{\"And\": [{\"Variable\": \"$.a\", \"NumericGreaterThanEqualsPath\": \"$.b\"},"
			"  {\"Not\": {\"Variable\": \"$.c\", \"IsTimestamp\": false}}], \"Next\": \"B\"},"
			"{\"Variable\": \"$.d\", \"StringMatches\": \"a*\", \"Next\": \"B\"},"
			"{\"Variable\": \"$.e\", \"BooleanEquals\": true, \"Next\": \"B\","
			" \"Assign\": {\"x\": 1, \"y.$\": \"$.z\"}}], \"Default\": \"B\"},"
			"\"B\": {\"Type\": \"Succeed\"}}}");
	const struct sw_state *a = state_of(m, "A");
	const struct sw_rule *rules = a->as.choice.rules;
	(void)unused;

	assert_int_equal(a->as.choice.rules_count, 3);
	assert_ptr_equal(a->as.choice.fallback, state_of(m, "B"));
	assert_int_equal(rules[0].kind, SW_RULE_AND);
	assert_int_equal(rules[0].children_count, 2);
	const struct sw_rule *compare = &rules[0].children[0], *negation = &rules[0].children[1];
	assert_int_equal(compare->kind, SW_RULE_COMPARE);
	assert_int_equal(compare->operand, SW_OPERAND_NUMERIC);
	assert_int_equal(compare->comparison, SW_COMPARE_GREATER_EQUALS);
	assert_string_equal(compare->path->text, "$.b");
	assert_string_equal(compare->operator_name, "NumericGreaterThanEqualsPath");
	assert_null(compare->literal);
	assert_int_equal(negation->kind, SW_RULE_NOT);
	assert_int_equal(negation->children[0].kind, SW_RULE_IS);
	assert_int_equal(negation->children[0].is, SW_IS_TIMESTAMP);
	assert_false(negation->children[0].is_expected);
	assert_int_equal(rules[1].kind, SW_RULE_MATCHES);
	assert_string_equal(json_string_value(rules[1].literal), "a*");
	assert_int_equal(rules[2].operand, SW_OPERAND_BOOLEAN);
	assert_int_equal(rules[2].assign.count, 2);
	assert_string_equal(rules[2].assign.list[1].name, "y");
	assert_ptr_equal(rules[2].next, state_of(m, "B"));
	sw_machine_unref(m);
}

static void every_comparison_has_a_name(void **unused)
{
	static const char *const types[] = {"String", "Numeric", "Timestamp"};
	static const char *const literals[] = {"\"a\"", "1", "\"2024-01-01T00:00:00Z\""};
	size_t count = 0;
	(void)unused;

	for (size_t t = 0; t < 3; t++) {
#define TRY(NAME, name)                                                                                  \
	for (int path = 0; path < 2; path++, count++) {                                                  \
		char text[400];                                                                          \
		snprintf(text, sizeof(text),                                                             \
			 "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Choice\", \"Choices\": " \
			 "[{\"Variable\": \"$.a\", \"%s%s%s\": %s, \"Next\": \"B\"}]}, "                 \
			 "\"B\": {\"Type\": \"Succeed\"}}}",                                             \
			 types[t], name, path ? "Path" : "", path ? "\"$.b\"" : literals[t]);            \
		struct sw_machine *m = compile(text);                                                    \
		assert_int_equal(m->states[0].as.choice.rules[0].comparison, SW_COMPARE_##NAME);         \
		sw_machine_unref(m);                                                                     \
	}
		SW_COMPARISONS(TRY)
#undef TRY
	}
	assert_int_equal(count + 2 + 1 + 6, 39); /* BooleanEquals and its twin, StringMatches, Is... */
}

static void maps_take_old_and_new_names(void **unused)
{
	struct sw_machine *m = compile(
		"{\"StartAt\": \"A\", \"States\": {"
		"\"A\": {\"Type\": \"Map\", \"ItemsPath\": \"$.items\", \"MaxConcurrencyPath\": \"$.n\","
		"  \"Parameters\": {\"v.$\": \"$$.Map.Item.Value\"},"
		"  \"Iterator\": {\"StartAt\": \"X\", \"States\": {\"X\": {\"Type\": \"Pass\", \"End\": "
		"true}}},"
		"  \"Next\": \"B\"},"
		"\"B\": {\"Type\": \"Map\", \"ItemSelector\": {\"v\": 1}, \"ToleratedFailurePercentage\": "
		"12.5,"
		"  \"Label\": \"each\", \"ItemProcessor\": {\"ProcessorConfig\": {\"Mode\": \"DISTRIBUTED\","
		"  \"ExecutionType\": \"EXPRESS\"}, \"StartAt\": \"Y\", \"States\": {\"Y\": {\"Type\": "
		"\"Pass\","
		"  \"End\": true}}}, \"ItemReader\": {\"Resource\": \"arn:aws:states:::s3:listObjectsV2\","
		"  \"Parameters\": {\"Bucket\": \"b\"}}, \"End\": true}}}");
	const struct sw_map_fields *a = &state_of(m, "A")->as.map, *b = &state_of(m, "B")->as.map;
	(void)unused;

	assert_false(a->distributed);
	assert_true(a->item_selector_is_parameters);
	assert_non_null(a->item_selector);
	assert_null(state_of(m, "A")->arguments);
	assert_int_equal(a->items_path.mode, SW_PATH_EXPR);
	assert_non_null(a->concurrency_max.expr);
	assert_ptr_equal(a->processor.start, state_of(m, "X"));
	assert_ptr_equal(a->processor.owner, state_of(m, "A"));
	assert_true(b->distributed && b->express);
	assert_false(b->item_selector_is_parameters);
	assert_true(b->tolerated_percentage.literal == 12.5);
	assert_false(b->tolerated_count.present);
	assert_string_equal(b->label, "each");
	assert_non_null(b->item_reader);
	sw_machine_unref(m);
}

static void waits_are_written_or_found(void **unused)
{
	struct sw_machine *m = compile(
		"{\"StartAt\": \"A\", \"States\": {"
		"\"A\": {\"Type\": \"Wait\", \"Seconds\": 0, \"Next\": \"B\"},"
		"\"B\": {\"Type\": \"Wait\", \"SecondsPath\": \"$.s\", \"Next\": \"C\"},"
		"\"C\": {\"Type\": \"Wait\", \"Timestamp\": \"1970-01-01T00:00:01.5Z\", \"Next\": \"D\"},"
		"\"D\": {\"Type\": \"Wait\", \"TimestampPath\": \"$.t\", \"End\": true}}}");
	(void)unused;

	assert_true(state_of(m, "A")->as.wait.seconds.present);
	assert_true(state_of(m, "A")->as.wait.seconds.literal == 0);
	assert_false(state_of(m, "A")->as.wait.timestamp.present);
	assert_non_null(state_of(m, "B")->as.wait.seconds.expr);
	assert_true(state_of(m, "C")->as.wait.timestamp_ms == 1500);
	assert_false(state_of(m, "C")->as.wait.seconds.present);
	assert_string_equal(state_of(m, "D")->as.wait.timestamp.name, "TimestampPath");
	sw_machine_unref(m);
}

/* A definition of `count` Pass states; new. */
static char *many_states(size_t count, size_t *ret_len)
{
	struct sw_buf text = SW_BUF;
	sw_buf_text(&text, "{\"StartAt\": \"S0\", \"States\": {");
	for (size_t i = 0; i < count; i++)
		sw_buf_printf(&text, "\"S%zu\": {\"Type\": \"Pass\", \"Next\": \"S%zu\"},", i, i + 1);
	sw_buf_printf(&text, "\"S%zu\": {\"Type\": \"Succeed\"}}}", count);
	assert_int_equal(sw_buf_result(&text), SW_OK);
	return sw_buf_take(&text, ret_len);
}

static void ten_thousand_states_are_the_most(void **unused)
{
	struct sw_machine *machine = NULL;
	struct sw_error err = {0};
	size_t len;
	char *text = many_states(SW_STATES_MAX - 1, &len);
	(void)unused;

	assert_int_equal(sw_machine_compile(text, len, &machine, NULL, &err), SW_OK);
	assert_int_equal(machine->states_count, SW_STATES_MAX);
	sw_machine_unref(machine);
	sw_free(text);
	text = many_states(SW_STATES_MAX, &len);
	assert_int_equal(sw_machine_compile(text, len, &machine, NULL, &err), SW_ELIMIT);
	sw_free(text);
}

static void a_mebibyte_of_text_is_the_most(void **unused)
{
	static const char body[] = "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Succeed\"}}}";
	char *text = malloc(SW_DEFINITION_BYTES_MAX + 1);
	struct sw_machine *machine = NULL;
	struct sw_error err = {0};
	(void)unused;

	assert_non_null(text);
	memset(text, ' ', SW_DEFINITION_BYTES_MAX + 1);
	memcpy(text, body, sizeof(body) - 1);
	assert_int_equal(sw_machine_compile(text, SW_DEFINITION_BYTES_MAX, &machine, NULL, &err), SW_OK);
	sw_machine_unref(machine);
	assert_int_equal(sw_machine_compile(text, SW_DEFINITION_BYTES_MAX + 1, &machine, NULL, &err),
			 SW_ELIMIT);
	free(text);
}

static void deep_nesting_is_bounded(void **unused)
{
	struct sw_buf text = SW_BUF;
	struct sw_machine *machine = NULL;
	(void)unused;

	for (int i = 0; i < 240; i++)
		sw_buf_printf(&text,
			      "{\"StartAt\": \"S%d\", \"States\": {\"S%d\": {\"Type\": \"Parallel\", "
			      "\"End\": true, "
			      "\"Branches\": [",
			      i, i);
	sw_buf_text(&text, "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Succeed\"}}}");
	for (int i = 0; i < 240; i++)
		sw_buf_text(&text, "]}}}");
	assert_int_equal(sw_machine_compile(text.data, text.len, &machine, NULL, NULL), SW_OK);
	assert_int_equal(machine->states_count, 241);
	sw_machine_unref(machine);
	sw_buf_reset(&text);
	for (int i = 0; i < SW_JSON_DEPTH_MAX + 1; i++)
		sw_buf_char(&text, '[');
	assert_int_not_equal(sw_machine_compile(text.data, text.len, &machine, NULL, NULL), SW_OK);
	sw_buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_stand_in_the_order_of_the_text),
		cmocka_unit_test(the_text_and_its_hash_are_kept),
		cmocka_unit_test(absent_null_and_written_paths_differ),
		cmocka_unit_test(resources_are_told_apart),
		cmocka_unit_test(retriers_and_catchers_get_their_defaults),
		cmocka_unit_test(choice_rules_become_trees),
		cmocka_unit_test(every_comparison_has_a_name),
		cmocka_unit_test(maps_take_old_and_new_names),
		cmocka_unit_test(waits_are_written_or_found),
		cmocka_unit_test(ten_thousand_states_are_the_most),
		cmocka_unit_test(a_mebibyte_of_text_is_the_most),
		cmocka_unit_test(deep_nesting_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
