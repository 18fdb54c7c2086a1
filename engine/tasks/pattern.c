/* Patterns over Resource: see tasks.h. */
#include "engine/tasks/tasks.h"

#include <string.h>

/*
 * What stands between two stars is looked for from the left, each piece behind the one before: the leftmost
 * place is always good enough, so nothing is ever tried twice, and memmem is linear. A pattern of the
 * operator meets text of a definition, and neither can make the other slow.
 */
bool sw_pattern_matches(const char *pattern, const char *text)
{
	size_t text_len = strlen(text);
	const char *star = strchr(pattern, '*');
	if (!star)
		return strcmp(pattern, text) == 0;
	size_t head_len = (size_t)(star - pattern);
	const char *tail = strrchr(pattern, '*') + 1;
	size_t tail_len = strlen(tail);
	if (text_len < head_len + tail_len || memcmp(pattern, text, head_len) != 0 ||
	    memcmp(text + text_len - tail_len, tail, tail_len) != 0)
		return false;
	const char *at = text + head_len, *end = text + text_len - tail_len;
	for (const char *piece = star + 1; piece < tail;) {
		size_t len = strcspn(piece, "*");
		if (len) {
			const char *found = memmem(at, (size_t)(end - at), piece, len);
			if (!found)
				return false;
			at = found + len;
		}
		piece += len + 1;
	}
	return true;
}
