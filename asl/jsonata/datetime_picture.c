/* Pictures of dates and times: XPath's fn:format-dateTime, as far as the reference implementation goes. */
#include "asl/jsonata/datetime.h"

#include "asl/jsonata/builtins.h"

#include <math.h>

/* The first modifier of a marker that has none; NULL: there is no such component. */
static const char *default_modifier(char component)
{
	switch (component) {
	case 'Y':
	case 'M':
	case 'D':
	case 'd':
	case 'W':
	case 'w':
	case 'X':
	case 'x':
	case 'H':
	case 'h':
	case 'f':
		return "1";
	case 'F':
	case 'P':
	case 'C':
	case 'E':
		return "n";
	case 'm':
	case 's':
		return "01";
	case 'Z':
	case 'z':
		return "01:01";
	default:
		return NULL;
	}
}

static bool is_integer_component(char component)
{
	return component && strchr("YMDdFWwXxHhmsf", component);
}

const char *sw_jn_date_name(char component, double number)
{
	static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
					   "Friday", "Saturday", "Sunday"};
	static const char *const months[] = {"January",   "February", "March",    "April",
					     "May",       "June",     "July",     "August",
					     "September", "October",  "November", "December"};
	if (component == 'F')
		return number >= 1 && number <= 7 ? days[(int)number - 1] : NULL;
	return number >= 1 && number <= 12 ? months[(int)number - 1] : NULL;
}

static enum sw_result add_part(struct sw_jn_run *run, struct sw_jn_date_picture *picture,
			       const struct sw_jn_date_part *part)
{
	if (picture->count == picture->capacity) {
		size_t capacity = picture->capacity ? 2 * picture->capacity : 16;
		struct sw_jn_date_part *parts = sw_jn_alloc(run, capacity * sizeof(*parts));
		if (!parts)
			return run->failed;
		if (picture->count)
			memcpy(parts, picture->parts, picture->count * sizeof(*parts));
		picture->parts = parts;
		picture->capacity = capacity;
	}
	picture->parts[picture->count++] = *part;
	return SW_OK;
}

/* Adds what stands between markers; ]] stands for ]. */
static enum sw_result add_literal(struct sw_jn_run *run, struct sw_jn_date_picture *picture, const char *text,
				  size_t len)
{
	struct sw_jn_date_part part = {0};
	if (len == 0)
		return SW_OK;
	sw_buf_reset(&run->scratch);
	for (size_t i = 0; i < len; i++) {
		sw_buf_char(&run->scratch, text[i]);
		i += text[i] == ']' && i + 1 < len && text[i + 1] == ']';
	}
	enum sw_result result = sw_jn_scratch_value(run, &part.literal);
	return result ? result : add_part(run, picture, &part);
}

/* One side of the width modifier; "*" and nothing are no bound. */
static bool read_width(struct sw_jn_run *run, const char *text, size_t len, double *ret_width)
{
	if (len == 1 && text[0] == '*')
		return false;
	*ret_width = sw_jn_parse_int(run, text, len);
	return true;
}

/* Reads ",min-max" behind the modifiers. */
static void read_widths(struct sw_jn_run *run, const char *text, size_t len, struct sw_jn_date_part *part)
{
	const char *dash = len ? memchr(text, '-', len) : NULL;
	size_t min_len = dash ? (size_t)(dash - text) : len;
	part->has_min = read_width(run, text, min_len, &part->min);
	if (dash)
		part->has_max = read_width(run, dash + 1, len - min_len - 1, &part->max);
}

/* How the number of a component is written. */
static enum sw_result read_integer(struct sw_jn_run *run, const char *text, size_t len,
				   struct sw_jn_date_part *part)
{
	struct sw_jn_value pattern;
	sw_buf_reset(&run->scratch);
	sw_buf_append(&run->scratch, text, len);
	if (part->modifier) {
		sw_buf_char(&run->scratch, ';');
		sw_buf_char(&run->scratch, part->modifier);
	}
	enum sw_result result = sw_jn_scratch_value(run, &pattern);
	if (!result)
		result = sw_jn_integer_picture(run, pattern.text, pattern.len, &part->integer);
	if (result)
		return result;
	struct sw_jn_integer_format *format = &part->integer;
	part->has_integer = true;
	if (part->has_min && format->mandatory < part->min)
		format->mandatory = part->min;
	part->year_digits = -1;
	if (part->component == 'Y' && part->has_max)
		part->year_digits = format->mandatory = part->max;
	else if (part->component == 'Y' && format->mandatory + format->optional >= 2)
		part->year_digits = format->mandatory + format->optional;
	return SW_OK;
}

/* Applies the modifiers of a marker, text without its component and width. */
static enum sw_result read_modifiers(struct sw_jn_run *run, const char *text, size_t len,
				     struct sw_jn_date_part *part)
{
	if (len > 1 && strchr("atco", text[len - 1]) && text[len - 1])
		part->modifier = text[--len];
	if (len == 0) {
		text = default_modifier(part->component);
		len = text ? strlen(text) : 0;
	}
	if (!default_modifier(part->component))
		return sw_jn_fail(run, "D3132", sw_jn_string(&part->component, part->component != '\0'));
	part->names = text[0] == 'n' || text[0] == 'N';
	if (text[0] == 'N')
		part->letters = len > 1 && text[1] == 'n' ? SW_JN_TITLE : SW_JN_UPPER;
	if (!part->names && is_integer_component(part->component))
		return read_integer(run, text, len, part);
	if (part->component == 'Z' || part->component == 'z')
		return sw_jn_integer_picture(run, text, len, &part->integer);
	return SW_OK;
}

/* Adds the marker between two brackets; white space in it does not count. */
static enum sw_result add_marker(struct sw_jn_run *run, struct sw_jn_date_picture *picture, const char *text,
				 size_t len)
{
	struct sw_jn_date_part part = {0};
	struct sw_jn_value marker;
	unsigned bytes;
	sw_buf_reset(&run->scratch);
	for (size_t at = 0; at < len; at += bytes) {
		if (!sw_jn_is_space(sw_jn_char_at(text, len, at, &bytes)))
			sw_buf_append(&run->scratch, text + at, bytes);
	}
	enum sw_result result = sw_jn_scratch_value(run, &marker);
	if (result)
		return result;
	if (marker.len == 0 || (unsigned char)marker.text[0] >= 0x80)
		return sw_jn_fail(run, "D3132",
				  sw_jn_string(marker.text, sw_jn_skip_chars(marker.text, marker.len, 1)));
	part.component = marker.text[0];
	const char *comma = memrchr(marker.text, ',', marker.len);
	size_t end = comma ? (size_t)(comma - marker.text) : marker.len;
	if (comma)
		read_widths(run, comma + 1, marker.len - end - 1, &part);
	result = read_modifiers(run, marker.text + 1, end > 0 ? end - 1 : 0, &part);
	if (result)
		return result;
	/* Two numbers without anything in between: the first one has a fixed width when it is read. */
	struct sw_jn_date_part *before = picture->count ? &picture->parts[picture->count - 1] : NULL;
	if (part.has_integer && before && before->has_integer)
		before->integer.parse_width = before->integer.mandatory;
	return add_part(run, picture, &part);
}

enum sw_result sw_jn_date_picture(struct sw_jn_run *run, const char *text, size_t len,
				  struct sw_jn_date_picture *ret_picture)
{
	size_t start = 0, at = 0;
	enum sw_result result = sw_jn_steps(run, len);
	*ret_picture = (struct sw_jn_date_picture){0};
	while (!result && at < len) {
		if (text[at] != '[') {
			at++;
			continue;
		}
		result = add_literal(run, ret_picture, text + start, at - start);
		if (!result && at + 1 < len && text[at + 1] == '[') {
			result = add_literal(run, ret_picture, "[", 1);
			at += 2;
		} else if (!result) {
			const char *end = memchr(text + at, ']', len - at);
			if (!end)
				return sw_jn_fail(run, "D3135", SW_JN_UNDEFINED_VALUE);
			result = add_marker(run, ret_picture, text + at + 1, (size_t)(end - text) - at - 1);
			at = (size_t)(end - text) + 1;
		}
		start = at;
	}
	return result ? result : add_literal(run, ret_picture, text + start, at - start);
}
