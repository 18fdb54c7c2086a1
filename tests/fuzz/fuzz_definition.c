/* libFuzzer: any bytes through the compiler; what compiles is drawn, and the findings must have places. */
#include "asl/asl.h"
#include "base/assert.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_findings(const struct sw_findings *findings)
{
	for (size_t i = 0; i < sw_findings_count(findings); i++) {
		const struct sw_finding *finding = sw_findings_get(findings, i);
		SW_ASSERT(finding->code && finding->error.text[0] && finding->aws_text[0]);
		SW_ASSERT(finding->error.line > 0 && finding->error.column > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sw_machine *machine = NULL;
	struct sw_findings *findings = NULL;
	static const struct sw_substitution value = {"A", "\"x\""};
	char *text = NULL;
	size_t text_len;

	enum sw_result r = sw_machine_compile((const char *)data, len, &machine, &findings, NULL);
	check_findings(findings);
	sw_findings_free(findings);
	for (int format = SW_DRAW_DOT; r == SW_OK && format <= SW_DRAW_MERMAID; format++) {
		if (sw_machine_draw(machine, format, &text) == SW_OK)
			sw_text_free(text);
	}
	if (r == SW_OK)
		sw_machine_unref(machine);
	if (sw_definition_substitute((const char *)data, len, &value, 1, true, &text, &text_len, NULL) ==
	    SW_OK)
		sw_text_free(text);
	return 0;
}
