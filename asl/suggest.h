/* "Did you mean": the nearest of many candidates by edit distance. Knows only words. */
#ifndef SW_ASL_SUGGEST_H
#define SW_ASL_SUGGEST_H

#include <stdint.h>

struct sw_suggestion {
	const char *word;
	const char *best; /* NULL: none is near */
	unsigned distance;
	uint32_t *budget; /* candidates that may still be looked at, shared by many suggestions; NULL: any
			     number */
};
struct sw_suggestion sw_suggestion(const char *word, uint32_t *budget);
/* Keeps candidate (borrowed) when it is nearer than what was offered before. */
void sw_suggestion_offer(struct sw_suggestion *suggestion, const char *candidate);
/* Each word of "FULL, NONE"; the best is copied into text. NULL when none is near. */
const char *sw_suggestion_of_list(const char *word, const char *list, char *text, unsigned bytes);

#endif
