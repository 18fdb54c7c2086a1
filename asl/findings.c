#include "asl/findings.h"
#include "asl/json_scan.h"
#include "asl/scan.h"
#include "asl/value.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct sw_finding finding;
	struct sw_spot *spot; /* NULL: the offset is known */
	bool key;
	bool last; /* behind those that have a place */
	uint32_t inner_column;
	size_t offset;
	uint32_t ordinal; /* keeps the order of findings at one place */
};

struct sw_findings {
	struct entry *list;
	size_t count, capacity, errors;
	struct sw_arena arena; /* spots */
	struct sw_spot root;
};

struct sw_findings *sw_findings_new(void)
{
	struct sw_findings *findings = sw_zalloc(sizeof(*findings));
	if (findings)
		sw_arena_init(&findings->arena, 0);
	return findings;
}

void sw_findings_free(struct sw_findings *findings)
{
	if (!findings)
		return;
	sw_arena_done(&findings->arena);
	sw_free(findings->list);
	sw_free(findings);
}

size_t sw_findings_count(const struct sw_findings *findings)
{
	return findings ? findings->count : 0;
}

size_t sw_findings_errors(const struct sw_findings *findings)
{
	return findings ? findings->errors : 0;
}

const struct sw_finding *sw_findings_get(const struct sw_findings *findings, size_t index)
{
	return findings && index < findings->count ? &findings->list[index].finding : NULL;
}

/* How many bytes the character that begins with this one has; 0 for one that is none's beginning. */
static size_t character_bytes(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xC0)
		return 0;
	return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* Names of any length are quoted in texts and cut; of the characters that were cut in two nothing is left. */
static void mend(char *text)
{
	char *out = text;
	while (*text) {
		size_t bytes = character_bytes((unsigned char)*text), there = 1;
		while (there < bytes && ((unsigned char)text[there] & 0xC0) == 0x80)
			there++;
		if (there == bytes) {
			memmove(out, text, bytes);
			out += bytes;
		}
		text += there;
	}
	*out = '\0';
}

/* ---- places ------------------------------------------------------------------------------------------ */

void sw_place_print(const struct sw_place *place, char *text, size_t bytes)
{
	if (!place) {
		text[0] = '\0';
		return;
	}
	sw_place_print(place->up, text, bytes);
	if (place->key)
		sw_pointer_push(text, bytes, place->key);
	else
		sw_pointer_push_index(text, bytes, place->index);
}

static void print_aws(const struct sw_place *place, char *text, size_t bytes, size_t *used)
{
	if (!place)
		return;
	print_aws(place->up, text, bytes, used);
	if (*used >= bytes)
		return;
	int more = place->key ? snprintf(text + *used, bytes - *used, "/%s", place->key)
			      : snprintf(text + *used, bytes - *used, "[%zu]", place->index);
	*used += more > 0 ? (size_t)more : 0;
}

/* As AWS prints places: names are not escaped, indexes stand in brackets. */
void sw_place_print_aws(const struct sw_place *place, char *text, size_t bytes)
{
	size_t used = 0;
	snprintf(text, bytes, "%s", place ? "" : "/");
	print_aws(place, text, bytes, &used);
	if (used >= bytes)
		mend(text);
}

/* The node for a place, made when it is not there yet; NULL when out of memory. */
static struct sw_spot *spot_of(struct sw_findings *findings, const struct sw_place *place)
{
	if (!place)
		return &findings->root;
	struct sw_spot *up = spot_of(findings, place->up);
	if (!up)
		return NULL;
	for (struct sw_spot *child = up->children; child; child = child->next) {
		if (place->key ? child->key && strcmp(child->key, place->key) == 0
			       : !child->key && child->index == place->index)
			return child;
	}
	struct sw_spot *child = sw_arena_alloc(&findings->arena, sizeof(*child));
	if (!child)
		return NULL;
	*child = (struct sw_spot){.key = place->key, .index = place->index, .next = up->children};
	up->children = child;
	return child;
}

/* ---- adding -------------------------------------------------------------------------------------------- */

/* A new entry at the end; NULL with SW_OK when there are too many already. */
static enum sw_result append(struct sw_findings *findings, enum sw_severity severity,
			     struct entry **ret_entry)
{
	size_t warnings = findings->count - findings->errors;
	*ret_entry = NULL;
	if (severity == SW_SEVERITY_ERROR ? findings->errors >= SW_FINDINGS_MAX : warnings >= SW_FINDINGS_MAX)
		return SW_OK;
	if (findings->count == findings->capacity) {
		size_t capacity = findings->capacity ? findings->capacity * 2 : 8;
		struct entry *grown = sw_realloc_array(findings->list, capacity, sizeof(*grown));
		if (!grown)
			return SW_ENOMEM;
		findings->list = grown;
		findings->capacity = capacity;
	}
	struct entry *entry = &findings->list[findings->count];
	memset(entry, 0, sizeof(*entry));
	entry->ordinal = (uint32_t)findings->count++;
	entry->finding.severity = severity;
	if (severity == SW_SEVERITY_ERROR)
		findings->errors++;
	*ret_entry = entry;
	return SW_OK;
}

static void set_aws_text(struct sw_finding *finding, const char *aws_text)
{
	snprintf(finding->aws_text, sizeof(finding->aws_text), "%s",
		 aws_text ? aws_text : finding->error.text);
	for (char *p = finding->aws_text; *p; p++)
		*p = (unsigned char)*p < 0x20 || *p == 0x7F ? ' ' : *p;
	mend(finding->aws_text); /* takes away what of a character was cut */
}

enum sw_result sw_findings_add(struct sw_findings *findings, const struct sw_mistake *mistake,
			       const char *format, va_list args)
{
	struct entry *entry;
	enum sw_result r = append(findings, mistake->severity, &entry);
	if (r != SW_OK || !entry)
		return r;
	entry->spot = spot_of(findings, mistake->at);
	if (!entry->spot) {
		findings->count--;
		findings->errors -= mistake->severity == SW_SEVERITY_ERROR;
		return SW_ENOMEM;
	}
	entry->key = mistake->key;
	entry->last = mistake->aws_nowhere;
	entry->inner_column = mistake->inner_column;

	struct sw_finding *finding = &entry->finding;
	const struct sw_place *aws = mistake->aws_elsewhere ? mistake->aws : mistake->at;
	char text[sizeof(finding->error.text) + 4];
	vsnprintf(text, sizeof(text), format, args);
	finding->code = mistake->code;
	mend(text);
	sw_error_set(&finding->error, SW_EDEFINITION, "%s", text);
	sw_place_print(mistake->at, finding->error.pointer, sizeof(finding->error.pointer));
	if (!mistake->aws_nowhere)
		sw_place_print_aws(aws, finding->aws_location, sizeof(finding->aws_location));
	set_aws_text(finding, mistake->aws_text);
	return SW_OK;
}

enum sw_result sw_findings_add_error(struct sw_findings *findings, const char *code, const char *aws_text,
				     const struct sw_error *err)
{
	struct entry *entry;
	enum sw_result r = append(findings, SW_SEVERITY_ERROR, &entry);
	if (r != SW_OK || !entry)
		return r;
	entry->finding.code = code;
	entry->finding.error = *err;
	entry->finding.error.code = SW_EDEFINITION;
	mend(entry->finding.error.text);
	set_aws_text(&entry->finding, aws_text);
	return SW_OK;
}

/* ---- finding the places in the text ------------------------------------------------------------------- */

static void push_frames(const struct sw_scan_frame *frame, char *pointer, size_t bytes, struct sw_buf *key)
{
	if (!frame)
		return;
	push_frames(frame->up, pointer, bytes, key);
	if (!frame->raw) {
		sw_pointer_push_index(pointer, bytes, frame->index);
		return;
	}
	const uint8_t *raw = (const uint8_t *)frame->raw;
	sw_buf_reset(key);
	sw_json_unescape(raw, raw + frame->raw_len, key);
	sw_pointer_push(pointer, bytes, key->data ? key->data : "");
}

/* "Duplicate field 'x'": of keys given twice AWS's parser takes the last one; in a definition it is a
 * mistake. */
static enum sw_result add_duplicate(void *user, const struct sw_scan_frame *at, size_t key_offset)
{
	struct sw_findings *findings = user;
	struct entry *entry;
	enum sw_result r = append(findings, SW_SEVERITY_ERROR, &entry);
	if (r != SW_OK || !entry)
		return r;
	struct sw_finding *finding = &entry->finding;
	struct sw_buf key = SW_BUF;
	entry->offset = key_offset;
	push_frames(at, finding->error.pointer, sizeof(finding->error.pointer), &key);
	snprintf(finding->aws_location, sizeof(finding->aws_location), "%s", finding->error.pointer);
	r = sw_buf_result(&key);
	finding->code = SW_CODE_JSON;
	sw_error_set(&finding->error, SW_EDEFINITION, "the key \"%s\" is given twice in this object",
		     key.data ? key.data : "");
	sw_buf_reset(&key);
	sw_buf_printf(&key, "Duplicate field '%.*s'", (int)(at->raw_len < 200 ? at->raw_len : 200), at->raw);
	set_aws_text(finding, key.data);
	sw_buf_done(&key);
	return r;
}

/* A place inside the string whose opening quote is at offset: column counts characters of the value. */
static size_t inside_string(const char *text, size_t len, size_t offset, uint32_t column)
{
	size_t at = offset + 1;
	if (offset >= len || text[offset] != '"')
		return offset;
	for (uint32_t i = 1; i < column && at < len && text[at] != '"'; i++) {
		if (text[at] == '\\')
			at += at + 1 < len && text[at + 1] == 'u' ? 6 : 2;
		else
			at++;
		while (at < len && ((unsigned char)text[at] & 0xC0) == 0x80)
			at++;
	}
	return at < len ? at : offset;
}

static void find_offset(struct entry *entry, const char *text, size_t len)
{
	const struct sw_spot *spot = entry->spot;
	if (!spot)
		return;
	entry->offset = entry->key && spot->has_key ? spot->key_offset : spot->value_offset;
	if (entry->inner_column > 1 && !entry->key)
		entry->offset = inside_string(text, len, entry->offset, entry->inner_column);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

/* "MISSING_TRANSITION_TARGET, then MISSING_END_STATE": measured by others on AWS, floci-io/floci#2786. */
static int compare_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	return x->last != y->last ? (x->last ? 1 : -1) : compare_entries(a, b);
}

/* Lines and columns of all entries, which are sorted, in one pass. Columns count characters. */
static void number_lines(struct sw_findings *findings, const char *text, size_t len)
{
	uint32_t line = 1, column = 1;
	size_t at = 0;
	for (size_t i = 0; i < findings->count; i++) {
		struct entry *entry = &findings->list[i];
		for (; at < entry->offset && at < len; at++) {
			if (text[at] == '\n') {
				line++;
				column = 1;
			} else if (((unsigned char)text[at] & 0xC0) != 0x80) {
				column++;
			}
		}
		entry->finding.error.line = line;
		entry->finding.error.column = column;
	}
}

static void drop_repetitions(struct sw_findings *findings)
{
	size_t kept = 0;
	for (size_t i = 0; i < findings->count; i++) {
		const struct sw_finding *finding = &findings->list[i].finding;
		bool repeated = false;
		for (size_t k = kept; k-- > 0 && findings->list[k].offset == findings->list[i].offset;) {
			const struct sw_finding *other = &findings->list[k].finding;
			repeated = repeated || (strcmp(other->code, finding->code) == 0 &&
						strcmp(other->error.text, finding->error.text) == 0);
		}
		if (repeated)
			findings->errors -= finding->severity == SW_SEVERITY_ERROR;
		else if (kept++ != i)
			findings->list[kept - 1] = findings->list[i];
	}
	findings->count = kept;
}

enum sw_result sw_findings_settle(struct sw_findings *findings, const char *text, size_t len)
{
	enum sw_result r = sw_scan(text, len, &findings->root, add_duplicate, findings);
	if (r != SW_OK || findings->count == 0)
		return r;
	for (size_t i = 0; i < findings->count; i++)
		find_offset(&findings->list[i], text, len);
	qsort(findings->list, findings->count, sizeof(*findings->list), compare_entries);
	number_lines(findings, text, len);
	drop_repetitions(findings);
	qsort(findings->list, findings->count, sizeof(*findings->list), compare_order);
	return SW_OK;
}

void sw_findings_lift(struct sw_findings *findings, uint32_t lines)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct sw_error *error = &findings->list[i].finding.error;
		error->line = error->line > lines ? error->line - lines : 0;
	}
}
