/* Names of machines, executions and activities; names of statuses. */
#include "engine/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

const char *sw_status_name(enum sw_status status)
{
	switch (status) {
	case SW_STATUS_RUNNING:
		return "RUNNING";
	case SW_STATUS_SUCCEEDED:
		return "SUCCEEDED";
	case SW_STATUS_FAILED:
		return "FAILED";
	case SW_STATUS_TIMED_OUT:
		return "TIMED_OUT";
	case SW_STATUS_ABORTED:
		return "ABORTED";
	case SW_STATUS_PENDING_REDRIVE:
		return "PENDING_REDRIVE";
	}
	return "UNKNOWN";
}

/*
 * The next character of UTF-8 text, and its length; false when the bytes are none (overlong forms and
 * surrogates are none).
 */
static bool next_character(const char *text, uint32_t *ret_character, size_t *ret_len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char lead = (unsigned char)*text;
	size_t len = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
	uint32_t character = len == 1 ? lead : lead & (0x7Fu >> len);
	if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4)
		return false;
	for (size_t i = 1; i < len; i++) {
		/* A NUL is no continuation byte: this stops at the end of the text. */
		if (((unsigned char)text[i] & 0xC0) != 0x80)
			return false;
		character = character << 6 | ((unsigned char)text[i] & 0x3F);
	}
	if (character < least[len] || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
		return false;
	*ret_character = character;
	*ret_len = len;
	return true;
}

static bool is_space(uint32_t c)
{
	return c == 0x20 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
	       c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/*
 * "A name must not contain: white space; brackets < > { } [ ]; wildcard characters ? *; special characters
 * " # % \ ^ | ~ ` $ & , ; : /; control characters (U+0000-001F, U+007F-009F, U+FFFE-FFFF); surrogates
 * (U+D800-DFFF); invalid characters (U+10FFFF)".
 */
static bool is_allowed(uint32_t c)
{
	if (c < 0x80)
		return c > 0x20 && c != 0x7F && !strchr("<>{}[]?*\"#%\\^|~`$&,;:/", (int)c);
	return c > 0x9F && c != 0xFFFE && c != 0xFFFF && c != 0x10FFFF && !is_space(c);
}

enum sw_result sw_name_check(const char *name, struct sw_error *err)
{
	size_t characters = 0;
	if (!name)
		return sw_error_set(err, SW_ENAME, "Invalid Name: ''");
	const char *at = name;
	while (*at && characters <= SW_NAME_CHARACTERS_MAX) {
		uint32_t c;
		size_t len;
		if (!next_character(at, &c, &len))
			return sw_error_set(err, SW_ENAME, "Invalid Name: it is not UTF-8");
		if (!is_allowed(c))
			return sw_error_set(err, SW_ENAME, "Invalid Name: '%s'", name);
		at += len;
		characters++;
	}
	if (characters == 0 || characters > SW_NAME_CHARACTERS_MAX)
		return sw_error_set(err, SW_ENAME, "Invalid Name: '%s'", name);
	return SW_OK;
}
