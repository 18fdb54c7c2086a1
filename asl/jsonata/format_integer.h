/* Integers by pictures ("#,##0", "A", "Ww;o"...): for $formatInteger, $parseInteger and parts of dates. */
#ifndef SW_ASL_JSONATA_FORMAT_INTEGER_H
#define SW_ASL_JSONATA_FORMAT_INTEGER_H

#include "asl/jsonata/internal.h"

enum sw_jn_integer_primary {
	SW_JN_DECIMAL,
	SW_JN_LETTERS,  /* a, b, ... z, aa */
	SW_JN_ROMAN,    /* i, ii, iii */
	SW_JN_WORDS,    /* one, two */
	SW_JN_NUMBERING /* some other first token: not supported, D3130 when used */
};
enum sw_jn_letter_case { SW_JN_LOWER, SW_JN_UPPER, SW_JN_TITLE };

struct sw_jn_separator {
	uint32_t position, character; /* digits to the right of it; code point */
};

/* A picture, analysed. The numbers are doubles because widths of date pictures may be NaN, as in JavaScript. */
struct sw_jn_integer_format {
	enum sw_jn_integer_primary primary;
	enum sw_jn_letter_case letters;
	bool ordinal;
	/* SW_JN_DECIMAL: */
	uint32_t zero; /* the digit 0 of the family */
	double mandatory, optional;
	double parse_width; /* exactly so many digits; 0: as many as there are */
	uint32_t regular;   /* distance of separators that repeat; 0: each is in separators */
	uint32_t regular_character;
	struct sw_jn_separator *separators; /* from the right to the left */
	uint32_t separators_count;
	struct sw_jn_value token; /* SW_JN_NUMBERING: the picture */
};

/* D3131: digits of different families. */
enum sw_result sw_jn_integer_picture(struct sw_jn_run *run, const char *text, size_t len,
				     struct sw_jn_integer_format *ret_format);
/* Appends value, an integer or NaN. */
enum sw_result sw_jn_integer_put(struct sw_jn_run *run, double value,
				 const struct sw_jn_integer_format *format, struct sw_buf *out);
/* The value of a text that was put by the format; NaN where it was not. */
enum sw_result sw_jn_integer_read(struct sw_jn_run *run, const char *text, size_t len,
				  const struct sw_jn_integer_format *format, double *ret_value);
/* How far the words of numbers ("twenty-one", "and", ", ") go from at, ignoring case. */
size_t sw_jn_words_span(const char *text, size_t len, size_t at);

#endif
