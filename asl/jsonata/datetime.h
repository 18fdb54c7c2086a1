/* Dates by pictures ("[Y]-[M01]-[D01]"): shared by their formatting and reading. Private. */
#ifndef SW_ASL_JSONATA_DATETIME_H
#define SW_ASL_JSONATA_DATETIME_H

#include "asl/jsonata/format_integer.h"

#define SW_JN_DAY_MS 86400000.0

/* ---- pictures (datetime_picture.c) ---------------------------------------------------------------- */

/* A literal, or a marker in brackets: component, first and second modifier, width. */
struct sw_jn_date_part {
	struct sw_jn_value literal; /* undefined: a marker */
	char component;             /* Y, M, D, d, F, W, w, X, x, H, h, P, m, s, f, Z, z, C, E */
	char modifier;              /* the second one: a, t, c, o; 0: none */
	bool names;                 /* in letters: January */
	enum sw_jn_letter_case letters;
	bool has_min, has_max;
	double min, max; /* width; may be NaN */
	bool has_integer;
	struct sw_jn_integer_format integer;
	double year_digits; /* of Y: so many from the right; -1: all */
};
struct sw_jn_date_picture {
	struct sw_jn_date_part *parts;
	size_t count, capacity;
};

/* D3132: unknown component; D3135: no closing bracket; D3131. */
enum sw_result sw_jn_date_picture(struct sw_jn_run *run, const char *text, size_t len,
				  struct sw_jn_date_picture *ret_picture);
/* The English name of a month (component M, x: 1 to 12) or a day (F: 1, Monday, to 7); NULL: there is none. */
const char *sw_jn_date_name(char component, double number);

/* ---- the calendar (calendar.c): numbers are doubles, NaN where JavaScript's Date is invalid --------- */

/* Date.UTC: years 0 to 99 are those of the 20th century; month from 0. */
double sw_jn_date_utc(double year, double month, double day, double hour, double minute, double second,
		      double ms);
/* What new Date(ms).getTime() is: NaN out of range, no fraction. */
double sw_jn_date_clip(double ms);
/* The number that a component of a point in time has; for P 0 (am) or 1 (pm). NaN for components without one. */
double sw_jn_date_component(double time_ms, char component);

#endif
