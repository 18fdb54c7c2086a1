/* History events as GetExecutionHistory shows them, and what an event owns. */
#include "base/assert.h"
#include "engine/step/history.h"

#include "base/mem.h"

#include <inttypes.h>
#include <string.h>

enum field_kind { KIND_DATA, KIND_JSON, KIND_TEXT, KIND_INTEGER, KIND_STRINGS };

struct field {
	const char *name;
	enum field_kind kind;
};
static const struct field fields[SW_HISTORY_FIELD_NUMBERS] = {
#define FIELD(NAME, number, text, kind) [number] = {text, KIND_##kind},
	SW_HISTORY_FIELDS(FIELD)
#undef FIELD
};

const char *sw_history_type_text(enum sw_history_type type)
{
	switch (type) {
#define TYPE_TEXT(NAME, number, text, details) \
	case SW_HISTORY_##NAME:                \
		return text;
		SW_HISTORY_TYPES(TYPE_TEXT)
#undef TYPE_TEXT
	}
	return NULL;
}

const char *sw_history_details_name(enum sw_history_type type)
{
	switch (type) {
#define TYPE_DETAILS(NAME, number, text, details) \
	case SW_HISTORY_##NAME:                   \
		return details;
		SW_HISTORY_TYPES(TYPE_DETAILS)
#undef TYPE_DETAILS
	}
	return NULL;
}

void sw_history_event_done(struct sw_history_event *event)
{
	for (uint32_t i = 0; i < event->details_count; i++) {
		if (!event->details[i].borrowed)
			sw_free((char *)event->details[i].text);
		sw_value_unref(event->details[i].value);
	}
	event->details_count = 0;
}

/* The text of a value, as a JSON string or as it is. */
static enum sw_result print_value(struct sw_value *value, bool quoted, struct sw_buf *out)
{
	struct sw_slice text;
	enum sw_result r = value ? sw_value_text(value, &text) : SW_EINVAL;
	if (r < 0)
		return r;
	if (quoted)
		sw_json_quote(out, text.data, text.len);
	else
		sw_buf_append(out, text.data, text.len);
	return SW_OK;
}

static enum sw_result print_detail(const struct sw_history_detail *detail, struct sw_buf *out)
{
	const struct field *field = &fields[detail->field];
	enum sw_result r = SW_OK;
	sw_buf_char(out, '"');
	sw_buf_text(out, field->name);
	sw_buf_text(out, "\":");
	switch (field->kind) {
	case KIND_TEXT: {
		const char *text = detail->text ? detail->text : "";
		sw_json_quote(out, text, strlen(text));
		break;
	}
	case KIND_INTEGER:
		sw_buf_printf(out, "%" PRId64, detail->integer);
		break;
	case KIND_DATA:
	case KIND_JSON:
		r = print_value(detail->value, true, out);
		break;
	case KIND_STRINGS:
		r = print_value(detail->value, false, out);
		break;
	}
	if (field->kind == KIND_DATA || detail->field == SW_FIELD_ASSIGNED_VARIABLES) {
		sw_buf_text(out, ",\"");
		sw_buf_text(out, field->name);
		sw_buf_text(out, "Details\":{\"truncated\":false}");
	}
	return r;
}

enum sw_result sw_history_details_print(const struct sw_history_event *event, bool with_data,
					struct sw_buf *out)
{
	bool first = true;
	sw_buf_char(out, '{');
	for (uint32_t i = 0; i < event->details_count; i++) {
		enum field_kind kind = fields[event->details[i].field].kind;
		if (!with_data && (kind == KIND_DATA || kind == KIND_JSON || kind == KIND_STRINGS))
			continue;
		if (!first)
			sw_buf_char(out, ',');
		first = false;
		enum sw_result r = print_detail(&event->details[i], out);
		if (r < 0)
			return r;
	}
	sw_buf_char(out, '}');
	return SW_OK;
}

enum sw_result sw_history_event_print(const struct sw_history_event *event, bool with_data,
				      struct sw_buf *out)
{
	enum sw_result r = SW_OK;
	SW_ASSERT(sw_history_type_text(event->type) && event->time_ms >= 0);
	sw_buf_printf(out, "{\"timestamp\":%" PRId64 ".%03d,\"type\":\"%s\",\"id\":%" PRIu32,
		      event->time_ms / 1000, (int)(event->time_ms % 1000), sw_history_type_text(event->type),
		      event->id);
	sw_buf_printf(out, ",\"previousEventId\":%" PRIu32, event->previous_id);
	if (sw_history_details_name(event->type)) {
		sw_buf_printf(out, ",\"%s\":", sw_history_details_name(event->type));
		r = sw_history_details_print(event, with_data, out);
	}
	sw_buf_char(out, '}');
	return r < 0 ? r : sw_buf_result(out);
}
