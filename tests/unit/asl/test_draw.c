#include "asl/asl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static char *draw(const char *text, enum sw_draw_format format)
{
	struct sw_machine *machine = NULL;
	struct sw_error err = {0};
	char *picture = NULL;
	if (sw_machine_compile(text, strlen(text), &machine, NULL, &err) != SW_OK)
		fail_msg("%s: %s", err.pointer, err.text);
	assert_int_equal(sw_machine_draw(machine, format, &picture), SW_OK);
	assert_non_null(picture);
	sw_machine_unref(machine);
	return picture;
}

static void expect(const char *picture, const char *part)
{
	if (picture && !strstr(picture, part))
		fail_msg("\"%s\" is not in:\n%s", part, picture);
}

static const char order[] =
	"{\"StartAt\": \"Check\", \"States\": {"
	"\"Check\": {\"Type\": \"Choice\", \"Choices\": [{\"And\": ["
	"  {\"Variable\": \"$.total\", \"NumericGreaterThan\": 100},"
	"  {\"Not\": {\"Variable\": \"$.vip\", \"IsPresent\": true}}], \"Next\": \"Ship\"}], \"Default\": "
	"\"Each\"},"
	"\"Ship\": {\"Type\": \"Task\", \"Resource\": \"function:ship\", \"Catch\": [{\"ErrorEquals\":"
	"  [\"Broken\", \"States.Timeout\"], \"Next\": \"Stop\"}], \"End\": true},"
	"\"Each\": {\"Type\": \"Map\", \"ItemProcessor\": {\"StartAt\": \"One\", \"States\": {"
	"  \"One\": {\"Type\": \"Pass\", \"End\": true}}}, \"Next\": \"Ship\"},"
	"\"Stop\": {\"Type\": \"Fail\"}}}";

static void dot_has_conditions_clusters_and_dashed_catchers(void **unused)
{
	char *picture = draw(order, SW_DRAW_DOT);
	(void)unused;
	expect(picture, "digraph machine {");
	expect(picture, "start_ -> s0;");
	expect(picture, "s0 -> s1 [label=\" $.total > 100 and not ($.vip\\nis present) \"];");
	expect(picture, "s0 -> s2 [label=\" otherwise \"];");
	expect(picture, "s1 -> s4 [label=\" Broken, States.Timeout \", style=dashed");
	expect(picture, "s1 -> end_;");
	expect(picture, "subgraph cluster_2 {");
	expect(picture, "s2 -> s3;");
	expect(picture, "s3 -> e2;");
	expect(picture, "e2 -> s1;"); /* what follows a Map stands below what is inside */
	sw_text_free(picture);
}

static void mermaid_says_the_same(void **unused)
{
	char *picture = draw(order, SW_DRAW_MERMAID);
	(void)unused;
	expect(picture, "flowchart TD\n");
	expect(picture, "s0{\"Check<br/>Choice\"}");
	expect(picture, "s0 -->|\"$.total #62; 100 and not #40;$.vip<br/>is present#41;\"| s1");
	expect(picture, "s1 -.->|\"Broken, States.Timeout\"| s4");
	expect(picture, "subgraph c2[\" \"]");
	expect(picture, "s2[\"Each<br/>Map\"]");
	expect(picture, "subgraph c2_0[\"for each item\"]");
	sw_text_free(picture);
}

static void names_are_escaped(void **unused)
{
	const char *text = "{\"StartAt\": \"a\\\"b\\\\c\\n]<x>\", \"States\": {\"a\\\"b\\\\c\\n]<x>\": "
			   "{\"Type\": \"Succeed\"}}}";
	char *dot = draw(text, SW_DRAW_DOT), *mermaid = draw(text, SW_DRAW_MERMAID);
	(void)unused;
	expect(dot, "[label=\"a\\\"b\\\\c ]<x>\\nSucceed\"");
	expect(mermaid, "[\"a#34;b#92;c #93;#60;x#62;<br/>Succeed\"]");
	sw_text_free(dot);
	sw_text_free(mermaid);
}

static void long_conditions_are_cut(void **unused)
{
	char *picture =
		draw("{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Choice\", \"Choices\": "
		     "[{\"Variable\": \"$.x\", \"StringEquals\": "
		     "\"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		     "0123456789012345678901234567890123456789012345678901234567890123456789\", "
		     "\"Next\": \"B\"}]}, \"B\": {\"Type\": \"Succeed\"}}}",
		     SW_DRAW_DOT);
	(void)unused;
	expect(picture, "\xc3\xa4"
			"012345678901234567890123456789012345678901... \"];");
	sw_text_free(picture);
}

static void ends_that_nothing_leads_to_are_not_drawn(void **unused)
{
	static const char text[] =
		"{\"StartAt\": \"Both\", \"States\": {\"Both\": {\"Type\": \"Parallel\", \"Branches\": ["
		"{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Fail\"}}},"
		"{\"StartAt\": \"B\", \"States\": {\"B\": {\"Type\": \"Fail\"}}}], \"Next\": \"C\"},"
		"\"C\": {\"Type\": \"Fail\"}}}";
	char *dot = draw(text, SW_DRAW_DOT), *mermaid = draw(text, SW_DRAW_MERMAID);
	(void)unused;
	expect(dot, "s0 -> s3;");
	expect(mermaid, "s0 --> s3");
	assert_null(strstr(dot, "e0"));
	assert_null(strstr(dot, "end_"));
	assert_null(strstr(mermaid, "((("));
	sw_text_free(dot);
	sw_text_free(mermaid);
}

static void what_leads_to_the_same_state_shares_an_edge(void **unused)
{
	static const char text[] =
		"{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Choice\", \"Default\": \"C\", "
		"\"Choices\": ["
		"{\"Variable\": \"$.x\", \"NumericEquals\": 1, \"Next\": \"B\"},"
		"{\"Variable\": \"$.x\", \"NumericEquals\": 0, \"Next\": \"C\"},"
		"{\"Variable\": \"$.x\", \"NumericEquals\": 2, \"Next\": \"B\"},"
		"{\"Variable\": \"$.x\", \"NumericEquals\": 3, \"Next\": \"B\"},"
		"{\"Variable\": \"$.x\", \"NumericEquals\": 4, \"Next\": \"B\"},"
		"{\"Variable\": \"$.x\", \"NumericEquals\": 5, \"Next\": \"B\"},"
		"{\"Variable\": \"$.x\", \"NumericEquals\": 6, \"Next\": \"B\"}]},"
		"\"B\": {\"Type\": \"Task\", \"Resource\": \"function:b\", \"End\": true, \"Catch\": ["
		"{\"ErrorEquals\": [\"E\"], \"Next\": \"C\"}, {\"ErrorEquals\": [\"States.ALL\"], \"Next\": "
		"\"C\"}]},"
		"\"C\": {\"Type\": \"Succeed\"}}}";
	char *dot = draw(text, SW_DRAW_DOT), *mermaid = draw(text, SW_DRAW_MERMAID);
	(void)unused;
	expect(dot, "  s0 -> s1 [label=\" $.x == 1\\n$.x == 2\\n$.x == 3\\n$.x == 4\\nand 2 more \"];\n"
		    "  s0 -> s2 [label=\" $.x == 0 \"];\n  s0 -> s2 [label=\" otherwise \"];\n");
	expect(dot, "s1 -> s2 [label=\" E\\nStates.ALL \", style=dashed");
	expect(mermaid, "s1 -.->|\"E<br/>States.ALL\"| s2");
	sw_text_free(dot);
	sw_text_free(mermaid);
}

static void long_names_are_broken_at_spaces_and_entities_stay_as_written(void **unused)
{
	static const char text[] =
		"{\"StartAt\": \"Wait for at least \\\"quorum\\\" processes &lt;3&gt;\", \"States\": {"
		"\"Wait for at least \\\"quorum\\\" processes &lt;3&gt;\": {\"Type\": \"Succeed\"}}}";
	char *picture = draw(text, SW_DRAW_DOT);
	(void)unused;
	expect(picture,
	       "[label=\"Wait for at least \\\"quorum\\\"\\nprocesses &amp;lt;3&amp;gt;\\nSucceed\"");
	sw_text_free(picture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dot_has_conditions_clusters_and_dashed_catchers),
		cmocka_unit_test(mermaid_says_the_same),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(long_conditions_are_cut),
		cmocka_unit_test(ends_that_nothing_leads_to_are_not_drawn),
		cmocka_unit_test(what_leads_to_the_same_state_shares_an_edge),
		cmocka_unit_test(long_names_are_broken_at_spaces_and_entities_stay_as_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
