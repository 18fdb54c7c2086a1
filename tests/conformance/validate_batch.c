/*
 * Compiles the definitions whose file names come on standard input, one a line, and prints one line of JSON
 * for each:
 * {"file", "result", "ms", "findings": [{"severity", "code", "aws_text", "aws_location", "pointer", "line",
 * "column", "text"}]}.
 */
#include "asl/asl.h"
#include "asl/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILE_BYTES_MAX (4 << 20)

static char *read_file(const char *name, size_t *ret_len)
{
	FILE *file = fopen(name, "rb");
	char *text = file ? malloc(FILE_BYTES_MAX) : NULL;
	if (text)
		*ret_len = fread(text, 1, FILE_BYTES_MAX, file);
	if (file)
		fclose(file);
	return text;
}

static void append_member(struct sw_buf *out, const char *name, const char *value)
{
	sw_buf_printf(out, ", \"%s\": ", name);
	sw_json_quote(out, value, strlen(value));
}

static void append_findings(struct sw_buf *out, const struct sw_findings *findings)
{
	for (size_t i = 0; i < sw_findings_count(findings); i++) {
		const struct sw_finding *f = sw_findings_get(findings, i);
		sw_buf_printf(out, "%s{\"severity\": \"%s\"", i ? ", " : "",
			      f->severity == SW_SEVERITY_ERROR ? "error" : "warning");
		append_member(out, "code", f->code);
		append_member(out, "aws_text", f->aws_text);
		append_member(out, "aws_location", f->aws_location);
		append_member(out, "pointer", f->error.pointer);
		append_member(out, "text", f->error.text);
		sw_buf_printf(out, ", \"line\": %u, \"column\": %u}", f->error.line, f->error.column);
	}
}

static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void validate(const char *name, struct sw_buf *out)
{
	struct sw_machine *machine = NULL;
	struct sw_findings *findings = NULL;
	struct sw_error err = {0};
	size_t len = 0;
	char *text = read_file(name, &len);
	double start_ms = now_ms();
	enum sw_result r = text ? sw_machine_compile(text, len, &machine, &findings, &err) : SW_EIO;

	sw_buf_printf(out, "{\"ms\": %.2f", now_ms() - start_ms);
	append_member(out, "file", name);
	append_member(out, "result", sw_result_text(r));
	append_member(out, "error", err.text);
	sw_buf_text(out, ", \"findings\": [");
	append_findings(out, findings);
	sw_buf_text(out, "]}\n");
	sw_findings_free(findings);
	sw_machine_unref(machine);
	free(text);
}

int main(void)
{
	char name[4096];
	while (fgets(name, sizeof(name), stdin)) {
		struct sw_buf out = SW_BUF;
		name[strcspn(name, "\n")] = '\0';
		validate(name, &out);
		if (out.failed)
			return 1;
		fwrite(out.data, 1, out.len, stdout);
		sw_buf_done(&out);
	}
	return 0;
}
