/* Built-in functions on strings. Positions and lengths count code points, as the reference implementation does. */
#include "asl/jsonata/builtins.h"

#include <math.h>
#include <unicase.h>

enum sw_result sw_jn_fn_string(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	struct sw_jn_run *run = call->run;
	*ret_value = args[0];
	if (args[0].kind == SW_JN_UNDEFINED || args[0].kind == SW_JN_STRING)
		return SW_OK;
	bool pretty = call->count > 1 && args[1].kind == SW_JN_BOOLEAN && args[1].boolean;
	sw_buf_reset(&run->scratch);
	enum sw_result result = sw_jn_print(run, args[0], pretty, &run->scratch);
	return result ? result : sw_jn_scratch_value(run, ret_value);
}

enum sw_result sw_jn_fn_length(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	*ret_value = sw_jn_number((double)sw_jn_chars(args[0].text, args[0].len));
	return SW_OK;
}

/* JavaScript's reading of an index: towards zero; NaN is 0; a negative one counts from the end. */
static size_t slice_index(double index, size_t length)
{
	if (isnan(index))
		return 0;
	index = trunc(index);
	if (index < 0)
		index += (double)length;
	return index <= 0 ? 0 : index >= (double)length ? length : (size_t)index;
}

enum sw_result sw_jn_fn_substring(struct sw_jn_call *call, const struct sw_jn_value *args,
				  struct sw_jn_value *ret_value)
{
	enum sw_result result;
	bool given, limited;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	result = sw_jn_optional(call, args, 1, SW_JN_NUMBER, &given);
	if (!result)
		result = sw_jn_optional(call, args, 2, SW_JN_NUMBER, &limited);
	if (result)
		return result;
	const char *text = args[0].text;
	size_t chars = sw_jn_chars(text, args[0].len);
	double start = given ? args[1].number : 0;
	if ((double)chars + start < 0)
		start = 0;
	size_t end = chars;
	if (limited) {
		/* Without a start, the end is no number for JavaScript. */
		if (args[2].number <= 0 || !given) {
			*ret_value = sw_jn_string("", 0);
			return SW_OK;
		}
		/* The end is computed before fractions are cut off: from 0.5, 1.5 characters are two. */
		double stop = start + args[2].number;
		end = slice_index(start >= 0 ? stop : (double)chars + stop, chars);
	}
	size_t begin = slice_index(start, chars);
	size_t from = chars == args[0].len ? begin : sw_jn_skip_chars(text, args[0].len, begin);
	size_t count = end > begin ? end - begin : 0;
	*ret_value = sw_jn_string(
		text + from,
		chars == args[0].len ? count : sw_jn_skip_chars(text + from, args[0].len - from, count));
	return SW_OK;
}

/* The place of the second argument in the first; -1: it is not there. False: the function ends with *ret_result. */
static bool find_part(struct sw_jn_call *call, const struct sw_jn_value *args, struct sw_jn_value *ret_value,
		      int64_t *ret_at, enum sw_result *ret_result)
{
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, ret_result))
		return false;
	bool given;
	*ret_result = sw_jn_optional(call, args, 1, SW_JN_STRING, &given);
	if (*ret_result)
		return false;
	/* JavaScript looks for an undefined part as for the word "undefined". */
	struct sw_jn_value part = given ? args[1] : sw_jn_string("undefined", 9);
	*ret_at = sw_jn_text_find(args[0].text, args[0].len, 0, part.text, part.len);
	return true;
}

enum sw_result sw_jn_fn_substring_before(struct sw_jn_call *call, const struct sw_jn_value *args,
					 struct sw_jn_value *ret_value)
{
	enum sw_result result;
	int64_t at;
	if (!find_part(call, args, ret_value, &at, &result))
		return result;
	*ret_value = at < 0 ? args[0] : sw_jn_string(args[0].text, (size_t)at);
	return SW_OK;
}

enum sw_result sw_jn_fn_substring_after(struct sw_jn_call *call, const struct sw_jn_value *args,
					struct sw_jn_value *ret_value)
{
	enum sw_result result;
	int64_t at;
	if (!find_part(call, args, ret_value, &at, &result))
		return result;
	size_t from = at < 0 ? 0 : (size_t)at + (args[1].kind == SW_JN_STRING ? args[1].len : 9);
	*ret_value = sw_jn_string(args[0].text + from, args[0].len - from);
	return SW_OK;
}

static bool is_ascii(const char *text, size_t len)
{
	unsigned char all = 0;
	for (size_t i = 0; i < len; i++)
		all |= (unsigned char)text[i];
	return all < 0x80;
}

/* Unicode's full mapping, as JavaScript's toUpperCase() and toLowerCase(): "ß" becomes "SS", a final sigma is one. */
static enum sw_result map_case(struct sw_jn_run *run, struct sw_jn_value text, bool upper,
			       struct sw_jn_value *ret_value)
{
	if (is_ascii(text.text, text.len)) {
		char *copy = sw_jn_alloc(run, text.len);
		if (!copy)
			return run->failed;
		char first = upper ? 'a' : 'A';
		for (size_t i = 0; i < text.len; i++)
			copy[i] = (char)(text.text[i] ^
					 ((unsigned char)(text.text[i] - first) < 26 ? 0x20 : 0));
		*ret_value = sw_jn_string(copy, text.len);
		return SW_OK;
	}
	/* No character grows to more than three times its bytes. */
	size_t room = (size_t)text.len * 3, len = room;
	uint8_t *mapped = sw_jn_alloc(run, room);
	if (!mapped)
		return run->failed;
	const uint8_t *from = (const uint8_t *)text.text;
	uint8_t *done = upper ? u8_toupper(from, text.len, NULL, NULL, mapped, &len)
			      : u8_tolower(from, text.len, NULL, NULL, mapped, &len);
	if (done == mapped) {
		*ret_value = sw_jn_string((const char *)mapped, len);
		return SW_OK;
	}
	/* It would not fit, or there was no memory for it. */
	sw_free(done);
	return run->failed = SW_ENOMEM;
}

enum sw_result sw_jn_fn_lowercase(struct sw_jn_call *call, const struct sw_jn_value *args,
				  struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	return map_case(call->run, args[0], false, ret_value);
}

enum sw_result sw_jn_fn_uppercase(struct sw_jn_call *call, const struct sw_jn_value *args,
				  struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	return map_case(call->run, args[0], true, ret_value);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

enum sw_result sw_jn_fn_trim(struct sw_jn_call *call, const struct sw_jn_value *args,
			     struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	char *copy = sw_jn_alloc(call->run, args[0].len);
	if (!copy)
		return call->run->failed;
	size_t len = 0;
	for (size_t i = 0; i < args[0].len; i++) {
		char c = args[0].text[i];
		if (!is_blank(c))
			copy[len++] = c;
		else if (len > 0 && copy[len - 1] != ' ')
			copy[len++] = ' ';
	}
	len -= len > 0 && copy[len - 1] == ' ';
	*ret_value = sw_jn_string(copy, len);
	return SW_OK;
}

/* Appends characters of fill, again and again, until there are count. */
static enum sw_result fill_up(struct sw_jn_run *run, struct sw_jn_value fill, size_t count,
			      struct sw_buf *out)
{
	size_t chars = sw_jn_chars(fill.text, fill.len);
	for (; chars > 0 && count >= chars && out->len <= run->bytes_max; count -= chars)
		sw_buf_append(out, fill.text, fill.len);
	sw_buf_append(out, fill.text, sw_jn_skip_chars(fill.text, fill.len, count));
	return sw_jn_check_room(run, out);
}

enum sw_result sw_jn_fn_pad(struct sw_jn_call *call, const struct sw_jn_value *args,
			    struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_run *run = call->run;
	bool given, width_given;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	result = sw_jn_optional(call, args, 1, SW_JN_NUMBER, &width_given);
	if (!result)
		result = sw_jn_optional(call, args, 2, SW_JN_STRING, &given);
	if (result)
		return result;
	struct sw_jn_value fill = given && args[2].len > 0 ? args[2] : sw_jn_string(" ", 1);
	double width = width_given ? trunc(args[1].number) : NAN;
	double missing = fabs(width) - (double)sw_jn_chars(args[0].text, args[0].len);
	*ret_value = args[0];
	if (!(missing > 0))
		return SW_OK;
	/* More characters than the run may use bytes: fails as any other allocation of that size. */
	if (missing > (double)run->bytes_max)
		return sw_jn_alloc(run, SIZE_MAX / 2) ? SW_ENOMEM : run->failed;
	sw_buf_reset(&run->scratch);
	if (width > 0)
		sw_buf_append(&run->scratch, args[0].text, args[0].len);
	result = fill_up(run, fill, (size_t)missing, &run->scratch);
	if (width < 0)
		sw_buf_append(&run->scratch, args[0].text, args[0].len);
	return result ? result : sw_jn_scratch_value(run, ret_value);
}

enum sw_result sw_jn_fn_join(struct sw_jn_call *call, const struct sw_jn_value *args,
			     struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_run *run = call->run;
	bool given;
	if (!sw_jn_given(call, args, 0, SW_JN_ARRAY, ret_value, &result))
		return result;
	result = sw_jn_optional(call, args, 1, SW_JN_STRING, &given);
	if (!result)
		result = sw_jn_steps(run, args[0].len);
	sw_buf_reset(&run->scratch);
	for (uint32_t i = 0; !result && i < args[0].len; i++) {
		struct sw_jn_value item = sw_jn_array_at(args[0], i);
		if (item.kind != SW_JN_STRING)
			return sw_jn_fail_index(run, "T0412", args[0], 1);
		if (i > 0 && given)
			sw_buf_append(&run->scratch, args[1].text, args[1].len);
		sw_buf_append(&run->scratch, item.text, item.len);
		result = sw_jn_check_room(run, &run->scratch);
	}
	return result ? result : sw_jn_scratch_value(run, ret_value);
}
