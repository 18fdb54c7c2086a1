/* $fromMillis, $now and $millis: points in time by pictures. */
#include "asl/jsonata/builtins.h"
#include "asl/jsonata/datetime.h"

#include "base/timestamp.h"

#include <ctype.h>
#include <math.h>

struct moment {
	double time_ms; /* shifted by the offset; NaN: no Date */
	double offset_hours, offset_minutes;
};

static enum sw_result put_name(struct sw_jn_run *run, const struct sw_jn_date_part *part, double number,
			       struct sw_buf *out)
{
	if (!strchr("MxF", part->component))
		return sw_jn_fail(run, "D3133", sw_jn_string(&part->component, 1));
	const char *name = sw_jn_date_name(part->component, number);
	if (!name)
		return sw_jn_fail(run, "D1001", sw_jn_number(number));
	size_t len = strlen(name);
	if (part->has_max && (double)len > part->max)
		len = part->max > 0 ? (size_t)part->max : 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];
		sw_buf_char(out, (char)(part->letters == SW_JN_UPPER   ? toupper(c)
					: part->letters == SW_JN_LOWER ? tolower(c)
								       : c));
	}
	return SW_OK;
}

/* +01:00, GMT+1, Z */
static enum sw_result put_zone(struct sw_jn_run *run, const struct sw_jn_date_part *part,
			       const struct moment *moment, struct sw_buf *out)
{
	const struct sw_jn_integer_format *format = &part->integer;
	double offset = moment->offset_hours * 100 + moment->offset_minutes, digits = format->mandatory;
	size_t from = out->len;
	struct sw_jn_integer_format minutes;
	if (part->component == 'z')
		sw_buf_text(out, "GMT");
	if (offset >= 0)
		sw_buf_char(out, '+');
	enum sw_result result;
	if (format->regular || digits == 3 || digits == 4) {
		result = sw_jn_integer_put(run, offset, format, out);
	} else if (digits == 1 || digits == 2) {
		result = sw_jn_integer_put(run, moment->offset_hours, format, out);
		if (!result && moment->offset_minutes != 0) {
			sw_buf_char(out, ':');
			result = sw_jn_integer_picture(run, "00", 2, &minutes);
			if (!result)
				result = sw_jn_integer_put(run, moment->offset_minutes, &minutes, out);
		}
	} else {
		return sw_jn_fail(run, "D3134", sw_jn_number(digits));
	}
	if (!result && !out->failed && offset == 0 && part->modifier == 't') {
		out->len = from;
		sw_buf_char(out, 'Z');
	}
	return result;
}

static enum sw_result put_part(struct sw_jn_run *run, const struct sw_jn_date_part *part,
			       const struct moment *moment, struct sw_buf *out)
{
	if (part->literal.kind == SW_JN_STRING) {
		sw_buf_append(out, part->literal.text, part->literal.len);
		return SW_OK;
	}
	double number = sw_jn_date_component(moment->time_ms, part->component);
	switch (part->component) {
	case 'Z':
	case 'z':
		return put_zone(run, part, moment, out);
	case 'C':
	case 'E':
		sw_buf_text(out, "ISO");
		return SW_OK;
	case 'P':
		if (part->names && part->letters == SW_JN_UPPER)
			sw_buf_text(out, number > 0 ? "PM" : "AM");
		else
			sw_buf_text(out, number > 0 ? "pm" : "am");
		return SW_OK;
	default:
		break;
	}
	if (part->names)
		return put_name(run, part, number, out);
	if (part->component == 'Y' && part->year_digits != -1)
		number = fmod(number, pow(10, part->year_digits));
	return sw_jn_integer_put(run, number, &part->integer, out);
}

static enum sw_result format_moment(struct sw_jn_run *run, double millis, struct sw_jn_value picture_text,
				    struct sw_jn_value zone, struct sw_jn_value *ret_value)
{
	static const char iso[] = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";
	struct sw_jn_date_picture picture;
	struct moment moment = {0};
	if (zone.kind == SW_JN_STRING) {
		/* Hours are rounded down and minutes keep their sign, so that -0530 is six and a half hours. */
		double offset = sw_jn_parse_int(run, zone.text, zone.len);
		moment.offset_hours = floor(offset / 100);
		moment.offset_minutes = fmod(offset, 100);
	}
	moment.time_ms = sw_jn_date_clip(millis + (60 * moment.offset_hours + moment.offset_minutes) * 60000);
	if (picture_text.kind != SW_JN_STRING) {
		char text[SW_TIMESTAMP_BYTES];
		/* From the year 0 to 9999. */
		if (zone.kind != SW_JN_STRING && moment.time_ms >= -62167219200000 &&
		    moment.time_ms < 253402300800000) {
			sw_timestamp_print((int64_t)moment.time_ms, text);
			return sw_jn_string_copy(run, text, strlen(text), ret_value);
		}
		picture_text = sw_jn_string(iso, sizeof(iso) - 1);
	}
	enum sw_result result = sw_jn_date_picture(run, picture_text.text, picture_text.len, &picture);
	struct sw_buf out = SW_BUF;
	for (size_t i = 0; !result && i < picture.count; i++) {
		result = put_part(run, &picture.parts[i], &moment, &out);
		if (!result)
			result = sw_jn_check_room(run, &out);
	}
	if (!result)
		result = sw_jn_string_copy(run, out.data ? out.data : "", out.len, ret_value);
	sw_buf_done(&out);
	return result;
}

/* The arguments that say how: a picture and a time zone. */
static enum sw_result check_style(struct sw_jn_call *call, const struct sw_jn_value *args, unsigned picture)
{
	bool given;
	enum sw_result result = sw_jn_optional(call, args, picture, SW_JN_STRING, &given);
	return result ? result : sw_jn_optional(call, args, picture + 1, SW_JN_STRING, &given);
}

enum sw_result sw_jn_fn_from_millis(struct sw_jn_call *call, const struct sw_jn_value *args,
				    struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_NUMBER, ret_value, &result))
		return result;
	result = check_style(call, args, 1);
	return result ? result : format_moment(call->run, args[0].number, args[1], args[2], ret_value);
}

enum sw_result sw_jn_fn_now(struct sw_jn_call *call, const struct sw_jn_value *args,
			    struct sw_jn_value *ret_value)
{
	enum sw_result result = check_style(call, args, 0);
	double now = (double)call->run->env->now_ms;
	return result ? result : format_moment(call->run, now, args[0], args[1], ret_value);
}

enum sw_result sw_jn_fn_millis(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	*ret_value = sw_jn_number((double)call->run->env->now_ms);
	return SW_OK;
}
