/* Numbers in English words. Private to the pictures of integers and dates. */
#ifndef SW_ASL_JSONATA_NUMBER_WORDS_H
#define SW_ASL_JSONATA_NUMBER_WORDS_H

#include "asl/jsonata/internal.h"

/* Appends an integer that is not negative: "One Hundred and Twenty-Third". */
void sw_jn_words_put(double number, bool ordinal, struct sw_buf *out);
/* The value of such words in any case; NaN when one is unknown. */
enum sw_result sw_jn_words_read(struct sw_jn_run *run, const char *text, size_t len, double *ret_number);

#endif
