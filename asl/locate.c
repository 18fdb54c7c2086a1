/*
 * JSON pointers (RFC 6901), and where in the text a pointer's value stands. Checks know the pointer only; the
 * text is read again when there is something to report.
 */
#include "asl/json_scan.h"

#include <stdio.h>
#include <string.h>

struct token {
	const char *at, *end;
};

void sw_pointer_push(char *pointer, size_t bytes, const char *token)
{
	size_t len = strnlen(pointer, bytes);
	if (len + 1 >= bytes)
		return;
	pointer[len++] = '/';
	for (; *token; token++) {
		const char *part = *token == '~' ? "~0" : *token == '/' ? "~1" : NULL;
		size_t need = part ? 2 : 1;
		if (len + need >= bytes)
			break;
		memcpy(pointer + len, part ? part : token, need);
		len += need;
	}
	/* A cut must not leave half a character. */
	if (*token) {
		while (len > 0 && ((unsigned char)*token & 0xC0) == 0x80) {
			token--;
			len--;
		}
	}
	pointer[len] = '\0';
}

void sw_pointer_push_index(char *pointer, size_t bytes, size_t index)
{
	char text[24];
	snprintf(text, sizeof(text), "%zu", index);
	sw_pointer_push(pointer, bytes, text);
}

static bool next_token(const char **pointer, struct token *token)
{
	if (**pointer != '/')
		return false;
	token->at = *pointer + 1;
	token->end = token->at + strcspn(token->at, "/");
	*pointer = token->end;
	return true;
}

/* Goes over one value; the text was parsed before, so it is enough to count brackets. */
static bool skip_value(struct sw_json_scan *scan)
{
	size_t depth = 0;
	for (;;) {
		bool escaped;
		sw_json_scan_space(scan);
		if (scan->at >= scan->end)
			return false;
		uint8_t c = *scan->at;
		if (c == '"') {
			scan->at++;
			if (sw_json_scan_string(scan, &escaped) < 0)
				return false;
		} else if (c == '{' || c == '[') {
			depth++;
			scan->at++;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return false;
			depth--;
			scan->at++;
		} else if (c == ',' || c == ':') {
			if (depth == 0)
				return false;
			scan->at++;
			continue;
		} else {
			const uint8_t *word = scan->at;
			while (scan->at < scan->end && !strchr(" \n\r\t,:{}[]\"", *scan->at))
				scan->at++;
			if (scan->at == word)
				return false;
		}
		if (depth == 0)
			return true;
	}
}

/* Is the content of a key what the token (with ~0 and ~1) says? */
static bool same_key(const uint8_t *key, const uint8_t *end, bool escaped, struct token token)
{
	struct sw_buf plain = SW_BUF;
	size_t i = 0;
	if (escaped) {
		sw_json_unescape(key, end, &plain);
		if (sw_buf_result(&plain) < 0) {
			sw_buf_done(&plain);
			return false;
		}
		key = (const uint8_t *)(plain.data ? plain.data : "");
		end = key + plain.len;
	}
	size_t len = (size_t)(end - key);
	for (; token.at < token.end && i < len; token.at++, i++) {
		char c = *token.at;
		if (c == '~' && token.at + 1 < token.end)
			c = *++token.at == '0' ? '~' : '/';
		if ((uint8_t)c != key[i])
			break;
	}
	bool same = token.at == token.end && i == len;
	sw_buf_done(&plain);
	return same;
}

/* scan is behind {. Leaves it at the value of the member, which starts at *ret_key. */
static bool find_member(struct sw_json_scan *scan, struct token token, const uint8_t **ret_key)
{
	const uint8_t *value = NULL;
	for (;;) {
		bool escaped;
		sw_json_scan_space(scan);
		if (scan->at < scan->end && *scan->at == ',') {
			scan->at++;
			continue;
		}
		if (scan->at >= scan->end || *scan->at != '"')
			break;
		const uint8_t *quote = scan->at++;
		if (sw_json_scan_string(scan, &escaped) < 0)
			return false;
		const uint8_t *key_end = scan->at - 1;
		sw_json_scan_space(scan);
		if (scan->at >= scan->end || *scan->at != ':')
			return false;
		scan->at++;
		sw_json_scan_space(scan);
		/* Of duplicate keys the last one counts. */
		if (same_key(quote + 1, key_end, escaped, token)) {
			value = scan->at;
			*ret_key = quote;
		}
		if (!skip_value(scan))
			return false;
	}
	scan->at = value;
	return value != NULL;
}

/* scan is behind [. */
static bool find_item(struct sw_json_scan *scan, struct token token)
{
	size_t index = 0;
	if (token.at == token.end || token.end - token.at > 9)
		return false;
	for (; token.at < token.end; token.at++) {
		if (*token.at < '0' || *token.at > '9')
			return false;
		index = index * 10 + (size_t)(*token.at - '0');
	}
	for (; index > 0; index--) {
		if (!skip_value(scan))
			return false;
		sw_json_scan_space(scan);
		if (scan->at >= scan->end || *scan->at != ',')
			return false;
		scan->at++;
	}
	sw_json_scan_space(scan);
	return scan->at < scan->end && *scan->at != ']';
}

bool sw_json_locate(const char *text, size_t len, const char *pointer, bool key, uint32_t *ret_line,
		    uint32_t *ret_column)
{
	const uint8_t *bytes = (const uint8_t *)(text ? text : "");
	struct sw_json_scan scan = {bytes, bytes, bytes + len, NULL};
	struct token token;
	const uint8_t *at_key = NULL;
	*ret_line = *ret_column = 0;
	sw_json_scan_space(&scan);
	while (next_token(&pointer, &token)) {
		uint8_t c = scan.at < scan.end ? *scan.at : 0;
		at_key = NULL;
		if (c != '{' && c != '[')
			return false;
		scan.at++;
		if (c == '{' ? !find_member(&scan, token, &at_key) : !find_item(&scan, token))
			return false;
	}
	if (*pointer || scan.at >= scan.end)
		return false;
	sw_json_place(bytes, key && at_key ? at_key : scan.at, ret_line, ret_column);
	return true;
}
