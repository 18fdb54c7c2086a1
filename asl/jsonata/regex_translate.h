/* JavaScript's regular expressions in the words of PCRE2. Private to regex.c. */
#ifndef SW_ASL_JSONATA_REGEX_TRANSLATE_H
#define SW_ASL_JSONATA_REGEX_TRANSLATE_H

#include "base/buf.h"

#include <stdbool.h>

/* Appends the translation to out. NULL, or what is wrong with the pattern. */
const char *sw_jn_regex_translate(const char *pattern, size_t len, bool multiline, struct sw_buf *out);

#endif
