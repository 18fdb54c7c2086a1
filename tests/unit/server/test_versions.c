/* Versions, aliases and tags through the API, over the real engine in memory. */
#include "real_engine.h"

#define MACHINE "arn:aws:states:eu-central-1:111122223333:stateMachine:hello"
#define PASS                                                                                                \
	"{\\\"StartAt\\\":\\\"P\\\",\\\"States\\\":{\\\"P\\\":{\\\"Type\\\":\\\"Pass\\\",\\\"Result\\\":1," \
	"\\\"End\\\":true}}}"
#define PASS2                                                                                               \
	"{\\\"StartAt\\\":\\\"P\\\",\\\"States\\\":{\\\"P\\\":{\\\"Type\\\":\\\"Pass\\\",\\\"Result\\\":2," \
	"\\\"End\\\":true}}}"

/* The answer's member, printed. */
static void expect_json(struct fixture *f, const char *member, const char *expected)
{
	char *printed = json_dumps(json_object_get(f->body, member), JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(printed ? printed : "(none)", expected);
	free(printed);
}

static void expect_error(struct fixture *f, const char *type, const char *message)
{
	assert_int_equal(f->status, 400);
	assert_string_equal(text(f, "__type"), type);
	assert_string_equal(text(f, "message"), message);
}

#define CREATE \
	"{\"name\":\"hello\",\"definition\":\"" PASS "\",\"publish\":true,\"versionDescription\":\"one\"}"
#define ROUTE(version, weight) "{\"stateMachineVersionArn\":\"" MACHINE version "\",\"weight\":" weight "}"

/* api_versioning/create_publish_describe_with_version_description.451c */
static void a_version_is_described_as_it_was_published(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(call(f, "CreateStateMachine", CREATE), 200);
	assert_string_equal(text(f, "stateMachineVersionArn"), MACHINE ":1");
	assert_int_equal(call(f, "CreateStateMachine", CREATE), 200);
	assert_string_equal(text(f, "stateMachineVersionArn"), MACHINE ":1");
	assert_int_equal(call(f, "UpdateStateMachine",
			      "{\"stateMachineArn\":\"" MACHINE "\",\"definition\":\"" PASS2 "\"}"),
			 200);
	assert_int_equal(call(f, "DescribeStateMachine", "{\"stateMachineArn\":\"" MACHINE ":1\"}"), 200);
	assert_string_equal(text(f, "stateMachineArn"), MACHINE ":1");
	assert_string_equal(text(f, "description"), "one");
	assert_non_null(strstr(text(f, "definition"), "\"Result\":1"));
	assert_int_equal(call(f, "DescribeStateMachine", "{\"stateMachineArn\":\"" MACHINE ":2\"}"), 400);
	expect_error(f, "StateMachineDoesNotExist", "State Machine Does Not Exist: '" MACHINE ":2'");
	call(f, "PublishStateMachineVersion",
	     "{\"stateMachineArn\":\"" MACHINE "\",\"revisionId\":\"not-this-one\"}");
	assert_string_equal(text(f, "__type"), "ConflictException");
	assert_int_equal(
		call(f, "DeleteStateMachineVersion", "{\"stateMachineVersionArn\":\"" MACHINE ":1\"}"), 200);
	assert_int_equal(call(f, "ListStateMachineVersions", "{\"stateMachineArn\":\"" MACHINE "\"}"), 200);
	expect_json(f, "stateMachineVersions", "[]");
	call(f, "UpdateStateMachine",
	     "{\"stateMachineArn\":\"" MACHINE "\",\"versionDescription\":\"x\",\"definition\":\"" PASS2
	     "\"}");
	expect_error(f, "ValidationException", "Version description can only be set when publish is true");
}

/* api_aliasing/base_lifecycle_create_update_describe.8fee */
static void an_alias_is_created_described_changed_and_deleted(void **state)
{
	struct fixture *f = *state;
	call(f, "CreateStateMachine", CREATE);
	call(f, "UpdateStateMachine",
	     "{\"stateMachineArn\":\"" MACHINE "\",\"publish\":true,\"definition\":\"" PASS2 "\"}");
	assert_int_equal(call(f, "CreateStateMachineAlias",
			      "{\"name\":\"prod\",\"description\":\"d\",\"routingConfiguration\":[" ROUTE(
				      ":1", "100") "]}"),
			 200);
	assert_string_equal(text(f, "stateMachineAliasArn"), MACHINE ":prod");
	assert_int_equal(
		call(f, "UpdateStateMachineAlias",
		     "{\"stateMachineAliasArn\":\"" MACHINE
		     ":prod\",\"routingConfiguration\":[" ROUTE(":1", "40") "," ROUTE(":2", "60") "]}"),
		200);
	assert_int_equal(
		call(f, "DescribeStateMachineAlias", "{\"stateMachineAliasArn\":\"" MACHINE ":prod\"}"), 200);
	assert_string_equal(text(f, "name"), "prod");
	assert_string_equal(text(f, "description"), "d");
	expect_json(f, "routingConfiguration",
		    "[{\"stateMachineVersionArn\":\"" MACHINE ":1\",\"weight\":40},"
		    "{\"stateMachineVersionArn\":\"" MACHINE ":2\",\"weight\":60}]");
	assert_int_equal(call(f, "StartExecution", "{\"stateMachineArn\":\"" MACHINE ":prod\"}"), 200);
	assert_int_equal(call(f, "ListExecutions", "{\"stateMachineArn\":\"" MACHINE ":prod\"}"), 200);
	const json_t *execution = json_array_get(json_object_get(f->body, "executions"), 0);
	assert_string_equal(json_string_value(json_object_get(execution, "stateMachineAliasArn")),
			    MACHINE ":prod");
	assert_int_equal(call(f, "ListExecutions", "{\"stateMachineArn\":\"" MACHINE ":nope\"}"), 400);
	assert_int_equal(
		call(f, "DeleteStateMachineAlias", "{\"stateMachineAliasArn\":\"" MACHINE ":prod\"}"), 200);
	call(f, "DescribeStateMachineAlias", "{\"stateMachineAliasArn\":\"" MACHINE ":prod\"}");
	expect_error(f, "ResourceNotFound", "Request references a resource that does not exist.");
}

/* api_aliasing/error_create_alias_invalid_router_configs.6dfc, error_create_alias_invalid_name.4d93 */
static void what_is_wrong_with_an_alias_is_said(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name, *routes, *message;
	} cases[] = {
		{"a", ROUTE(":1", "101"),
		 "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed "
		 "to "
		 "satisfy constraint: Member must have value less than or equal to 100"},
		{"a", ROUTE(":1", "70") "," ROUTE(":2", "29"),
		 "Sum of routing configuration weights must equal 100. Received: [70, 29]"},
		{"a", ROUTE(":1", "50") "," ROUTE(":1", "50"),
		 "Routing configuration must contain distinct state machine version ARNs. Received: [" MACHINE
		 ":1, " MACHINE ":1]"},
		{"a", ROUTE("", "100"),
		 "Routing configuration must contain state machine version ARNs. Received: [" MACHINE "]"},
		{"a", ROUTE(":1", "1") "," ROUTE(":1", "1") "," ROUTE(":1", "1"),
		 "1 validation error detected: Value "
		 "'[RoutingConfigurationListItem(stateMachineVersionArn=" MACHINE
		 ":1, weight=1), RoutingConfigurationListItem(stateMachineVersionArn=" MACHINE
		 ":1, weight=1), RoutingConfigurationListItem(stateMachineVersionArn=" MACHINE
		 ":1, weight=1)]' at 'routingConfiguration' failed to satisfy constraint: Member must have "
		 "length "
		 "less than or equal to 2"},
		{"123", ROUTE(":1", "100"),
		 "1 validation error detected: Value '123' at 'name' failed to satisfy constraint: Member "
		 "must "
		 "satisfy regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$"},
	};
	call(f, "CreateStateMachine", CREATE);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char body[1024];
		snprintf(body, sizeof(body), "{\"name\":\"%s\",\"routingConfiguration\":[%s]}", cases[i].name,
			 cases[i].routes);
		call(f, "CreateStateMachineAlias", body);
		expect_error(f, "ValidationException", cases[i].message);
	}
	call(f, "CreateStateMachineAlias",
	     "{\"name\":\"a\",\"routingConfiguration\":[" ROUTE(":9", "100") "]}");
	assert_string_equal(text(f, "__type"), "ResourceNotFound");
}

static void tags_come_with_the_machine_and_later(void **state)
{
	struct fixture *f = *state;
	call(f, "CreateStateMachine",
	     "{\"name\":\"hello\",\"definition\":\"" PASS "\",\"tags\":[{\"key\":\"a\",\"value\":\"1\"}]}");
	assert_int_equal(call(f, "TagResource",
			      "{\"resourceArn\":\"" MACHINE "\",\"tags\":[{\"key\":\"b\",\"value\":\"2\"}]}"),
			 200);
	assert_int_equal(
		call(f, "UntagResource", "{\"resourceArn\":\"" MACHINE "\",\"tagKeys\":[\"a\",\"x\"]}"), 200);
	call(f, "UntagResource", "{\"resourceArn\":\"" MACHINE "\",\"tagKeys\":[\"a\",1]}");
	expect_error(f, "SerializationException", "NUMBER_VALUE can not be converted to a String");
	call(f, "UntagResource", "{\"resourceArn\":\"" MACHINE "\",\"tagKeys\":[\"a\",\"\"]}");
	expect_error(f, "ValidationException",
		     "1 validation error detected: Value '[a, ]' at 'tagKeys' failed to satisfy constraint: "
		     "Member "
		     "must satisfy constraint: [Member must have length less than or equal to 128, Member "
		     "must have "
		     "length greater than or equal to 1]");
	assert_int_equal(call(f, "ListTagsForResource", "{\"resourceArn\":\"" MACHINE "\"}"), 200);
	expect_json(f, "tags", "[{\"key\":\"b\",\"value\":\"2\"}]");
	call(f, "TagResource", "{\"resourceArn\":\"" MACHINE ":1\",\"tags\":[]}");
	expect_error(f, "ResourceNotFound", "Resource not found: '" MACHINE ":1'");
}

#define ACTIVITY "arn:aws:states:eu-central-1:111122223333:activity:lift"
#define TAGS_OF(arn) "{\"resourceArn\":\"" arn "\"}"

static void tags_come_with_an_activity_and_go_with_it(void **state)
{
	struct fixture *f = *state;
	const char *create = "{\"name\":\"lift\",\"tags\":[{\"key\":\"a\",\"value\":\"1\"}]}";
	assert_int_equal(call(f, "CreateActivity", create), 200);
	/* "tags will not be updated, even if they are different" */
	assert_int_equal(call(f, "CreateActivity", "{\"name\":\"lift\",\"tags\":[{\"key\":\"z\"}]}"), 200);
	assert_int_equal(call(f, "TagResource",
			      "{\"resourceArn\":\"" ACTIVITY
			      "\",\"tags\":[{\"key\":\"b\",\"value\":\"2\"}]}"),
			 200);
	assert_int_equal(call(f, "ListTagsForResource", TAGS_OF(ACTIVITY)), 200);
	expect_json(f, "tags", "[{\"key\":\"a\",\"value\":\"1\"},{\"key\":\"b\",\"value\":\"2\"}]");
	assert_int_equal(
		call(f, "UntagResource", "{\"resourceArn\":\"" ACTIVITY "\",\"tagKeys\":[\"a\",\"x\"]}"),
		200);
	assert_int_equal(call(f, "ListTagsForResource", TAGS_OF(ACTIVITY)), 200);
	expect_json(f, "tags", "[{\"key\":\"b\",\"value\":\"2\"}]");
	assert_int_equal(call(f, "DeleteActivity", "{\"activityArn\":\"" ACTIVITY "\"}"), 200);
	call(f, "ListTagsForResource", TAGS_OF(ACTIVITY));
	expect_error(f, "ResourceNotFound", "Resource not found: '" ACTIVITY "'");
	assert_int_equal(call(f, "CreateActivity", "{\"name\":\"lift\"}"), 200);
	assert_int_equal(call(f, "ListTagsForResource", TAGS_OF(ACTIVITY)), 200);
	expect_json(f, "tags", "[]");
}

static void what_has_no_tags_is_not_tagged(void **state)
{
	struct fixture *f = *state;
	call(f, "TagResource", "{\"resourceArn\":\"" ACTIVITY "\",\"tags\":[]}");
	expect_error(f, "ResourceNotFound", "Resource not found: '" ACTIVITY "'");
	call(f, "UntagResource", "{\"resourceArn\":\"" ACTIVITY "\",\"tagKeys\":[]}");
	expect_error(f, "ResourceNotFound", "Resource not found: '" ACTIVITY "'");
	call(f, "ListTagsForResource", TAGS_OF("arn:aws:states:eu-central-1:111122223333:execution:m:e"));
	expect_error(f, "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: execution'");
	call(f, "ListTagsForResource", TAGS_OF("arn:aws:states:us-west-2:111122223333:activity:lift"));
	expect_error(f, "ResourceNotFound",
		     "Resource not found: 'arn:aws:states:us-west-2:111122223333:activity:lift'");
}

/* api_variable_references/base_reference_in_outputpath.9997 */
static void describing_tells_which_variables_states_refer_to(void **state)
{
	struct fixture *f = *state;
	call(f, "CreateStateMachine",
	     "{\"name\":\"hello\",\"definition\":\"{\\\"StartAt\\\":\\\"P\\\",\\\"States\\\":{\\\"P\\\":{"
	     "\\\"Type\\\":\\\"Pass\\\",\\\"Assign\\\":{\\\"x\\\":1},\\\"Next\\\":\\\"Q\\\"},\\\"Q\\\":{"
	     "\\\"Type\\\":\\\"Pass\\\",\\\"OutputPath\\\":\\\"$x\\\",\\\"End\\\":true}}}\"}");
	assert_int_equal(f->status, 200);
	assert_int_equal(call(f, "DescribeStateMachine", "{\"stateMachineArn\":\"" MACHINE "\"}"), 200);
	expect_json(f, "variableReferences", "{\"Q\":[\"x\"]}");
	call(f, "DescribeStateMachine",
	     "{\"stateMachineArn\":\"" MACHINE "\",\"includedData\":\"METADATA_ONLY\"}");
	assert_null(json_object_get(f->body, "variableReferences"));
}

#define WITH_API(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_API(a_version_is_described_as_it_was_published),
		WITH_API(an_alias_is_created_described_changed_and_deleted),
		WITH_API(what_is_wrong_with_an_alias_is_said),
		WITH_API(tags_come_with_the_machine_and_later),
		WITH_API(tags_come_with_an_activity_and_go_with_it),
		WITH_API(what_has_no_tags_is_not_tagged),
		WITH_API(describing_tells_which_variables_states_refer_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
