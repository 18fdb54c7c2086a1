#include "asl/suggest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BYTES_MAX 80

struct sw_suggestion sw_suggestion(const char *word, uint32_t *budget)
{
	/* A third of the letters may be wrong, three at most. */
	size_t len = strlen(word);
	unsigned allowed = len < 3 ? 0 : len < 6 ? 1 : len < 9 ? 2 : 3;
	return (struct sw_suggestion){word, NULL, allowed + 1, budget};
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Insertions, deletions, replacements and swaps of neighbours that make b from a, capitals not distinguished;
 * limit when there are as many or more.
 */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len, unsigned limit)
{
	unsigned rows[3][WORD_BYTES_MAX + 1];
	for (size_t k = 0; k <= b_len; k++)
		rows[0][k] = (unsigned)k;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
		unsigned nearest = row[0] = (unsigned)i;
		for (size_t k = 1; k <= b_len; k++) {
			int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[k - 1]);
			row[k] = least(least(above[k], row[k - 1]) + 1, above[k - 1] + (x != y));
			if (i > 1 && k > 1 && x == tolower((unsigned char)b[k - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				row[k] = least(row[k], above2[k - 2] + 1);
			nearest = least(nearest, row[k]);
		}
		if (nearest >= limit)
			return limit;
	}
	return least(rows[a_len % 3][b_len], limit);
}

void sw_suggestion_offer(struct sw_suggestion *suggestion, const char *candidate)
{
	size_t a = strlen(suggestion->word), b = strlen(candidate);
	if (suggestion->budget) {
		if (*suggestion->budget == 0)
			return;
		--*suggestion->budget;
	}
	if (a > WORD_BYTES_MAX || b > WORD_BYTES_MAX || (a > b ? a - b : b - a) >= suggestion->distance)
		return;
	if (strcmp(suggestion->word, candidate) == 0)
		return;
	unsigned steps = distance(suggestion->word, a, candidate, b, suggestion->distance);
	if (steps < suggestion->distance) {
		suggestion->distance = steps;
		suggestion->best = candidate;
	}
}

const char *sw_suggestion_of_list(const char *word, const char *list, char *text, unsigned bytes)
{
	struct sw_suggestion suggestion = sw_suggestion(word, NULL);
	char candidate[WORD_BYTES_MAX + 1];
	const char *found = NULL;

	for (const char *at = list; *at;) {
		size_t len = strcspn(at, ",");
		if (len < sizeof(candidate)) {
			memcpy(candidate, at, len);
			candidate[len] = '\0';
			suggestion.best = NULL;
			sw_suggestion_offer(&suggestion, candidate);
			if (suggestion.best && len < bytes) {
				memcpy(text, candidate, len + 1);
				found = text;
			}
		}
		at += len;
		at += strspn(at, ", ");
	}
	return found;
}
