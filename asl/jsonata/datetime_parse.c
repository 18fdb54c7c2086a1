/* $toMillis: texts of points in time, in ISO 8601 or by a picture. */
#include "asl/jsonata/builtins.h"
#include "asl/jsonata/datetime.h"

#include <math.h>
#include <strings.h>
#include <unicase.h>

/* ---- ISO 8601 ------------------------------------------------------------------------------------- */

struct scanner {
	const char *text;
	size_t len, at;
	bool valid; /* numbers are in their ranges */
};

/* Two to four digits, the first one at most first_max ('2' of [0-2]\d). False: they are not there. */
static bool scan_digits(struct scanner *scanner, unsigned count, char first_max, double *ret_number)
{
	double number = 0;
	if (scanner->len - scanner->at < count || scanner->text[scanner->at] > first_max)
		return false;
	for (unsigned i = 0; i < count; i++) {
		char c = scanner->text[scanner->at + i];
		if (c < '0' || c > '9')
			return false;
		number = number * 10 + (c - '0');
	}
	scanner->at += count;
	*ret_number = number;
	return true;
}

static bool scan_char(struct scanner *scanner, char c)
{
	bool there = scanner->at < scanner->len && scanner->text[scanner->at] == c;
	scanner->at += there;
	return there;
}

/* -MM or -DD; back to where it began when it is not there. */
static bool scan_dash_number(struct scanner *scanner, char first_max, double *ret_number)
{
	size_t from = scanner->at;
	if (scan_char(scanner, '-') && scan_digits(scanner, 2, first_max, ret_number))
		return true;
	scanner->at = from;
	return false;
}

/* T09:42:13 */
static bool scan_time(struct scanner *scanner, double time[3])
{
	size_t from = scanner->at;
	if (scan_char(scanner, 'T') && scan_digits(scanner, 2, '2', &time[0]) && scan_char(scanner, ':') &&
	    scan_digits(scanner, 2, '5', &time[1]) && scan_char(scanner, ':') &&
	    scan_digits(scanner, 2, '5', &time[2]))
		return true;
	scanner->at = from;
	return false;
}

/* A fraction of a second, of which milliseconds count. */
static bool scan_fraction(struct scanner *scanner, double *ret_ms)
{
	size_t from = scanner->at, first = from + 1;
	*ret_ms = 0;
	if (!scan_char(scanner, '.'))
		return false;
	for (double unit = 100; scanner->at < scanner->len; unit = floor(unit / 10), scanner->at++) {
		char c = scanner->text[scanner->at];
		if (c < '0' || c > '9')
			break;
		*ret_ms += unit * (c - '0');
	}
	if (scanner->at == first)
		scanner->at = from;
	return scanner->at > first;
}

/* +05:30 or +0530, in minutes. */
static bool scan_offset(struct scanner *scanner, double *ret_minutes)
{
	size_t from = scanner->at;
	double hours, minutes, sign = 1;
	if (scan_char(scanner, '-'))
		sign = -1;
	else if (!scan_char(scanner, '+'))
		return false;
	if (!scan_digits(scanner, 2, '2', &hours)) {
		scanner->at = from;
		return false;
	}
	scan_char(scanner, ':');
	if (!scan_digits(scanner, 2, '5', &minutes)) {
		scanner->at = from;
		return false;
	}
	*ret_minutes = sign * (hours * 60 + minutes);
	scanner->valid &= hours < 24;
	return true;
}

/* The parts of a text as the reference implementation's regular expression takes it apart. */
struct iso {
	double year, month, day, time[3], ms, offset;
	bool has_time, has_fraction, has_offset, valid;
};

/* With or without a month and a day. False: the text is not of that form. */
static bool scan_iso(const char *text, size_t len, bool with_month, bool with_day, struct iso *ret_iso)
{
	struct scanner scanner = {text, len, 0, true};
	struct iso iso = {.month = 1, .day = 1};
	if (!scan_digits(&scanner, 4, '9', &iso.year))
		return false;
	if ((with_month && !scan_dash_number(&scanner, '1', &iso.month)) ||
	    (with_day && !scan_dash_number(&scanner, '3', &iso.day)))
		return false;
	iso.has_time = scan_time(&scanner, iso.time);
	iso.has_fraction = scan_fraction(&scanner, &iso.ms);
	iso.has_offset = scan_offset(&scanner, &iso.offset);
	if (!iso.has_offset)
		scan_char(&scanner, 'Z');
	iso.valid = scanner.valid && (with_month || !with_day);
	*ret_iso = iso;
	return scanner.at == len;
}

/*
 * What the reference implementation lets through to Date.parse(), and what that makes of it: without a zone it is UTC,
 * a day 31 of a shorter month is one of the next, other numbers out of range are NaN. False: not ISO 8601.
 */
static bool parse_iso(const char *text, size_t len, double *ret_ms)
{
	struct iso iso;
	if (!scan_iso(text, len, true, true, &iso) && !scan_iso(text, len, true, false, &iso) &&
	    !scan_iso(text, len, false, true, &iso) && !scan_iso(text, len, false, false, &iso))
		return false;
	bool midnight = iso.time[0] == 24 && iso.time[1] == 0 && iso.time[2] == 0 && iso.ms == 0;
	*ret_ms = NAN;
	if (!iso.valid || iso.month < 1 || iso.month > 12 || iso.day < 1 || iso.day > 31 ||
	    (iso.time[0] > 23 && !midnight) || (!iso.has_time && (iso.has_fraction || iso.has_offset)))
		return true;
	/* Four hundred years later, where Date.UTC takes years as they are. */
	double later = sw_jn_date_utc(iso.year + 400, iso.month - 1, iso.day, iso.time[0], iso.time[1],
				      iso.time[2], iso.ms);
	*ret_ms = later - 146097 * SW_JN_DAY_MS - iso.offset * 60000;
	return true;
}

/* ---- by a picture: finding the parts -------------------------------------------------------------- */

/*
 * The reference implementation makes a regular expression of the picture, ^(part)(part)...$ that ignores case. Here
 * the parts are matched with the same freedom: each has a range of possible ends, the longest is tried first.
 */
struct reading {
	struct sw_jn_run *run;
	const char *text;
	size_t len;
	const struct sw_jn_date_picture *picture;
	struct span {
		size_t start, end, shortest;
	} * spans;
	unsigned char *failed; /* a bit for each part and place that led nowhere */
	uint64_t looked_at; /* bytes that were searched for words of numbers since steps were counted last */
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_roman(char c)
{
	return c && strchr("mdclxviMDCLXVI", c);
}

/* The end of the characters of a kind from at. */
static size_t run_of(const struct reading *reading, size_t at, bool (*is_kind)(char))
{
	while (at < reading->len && is_kind(reading->text[at]))
		at++;
	return at;
}

/* As JavaScript compares without regard to case: by single characters, ASCII never equal to others. */
static uint32_t fold(uint32_t code)
{
	uint32_t upper = code < 0x80 && is_letter((char)code) ? code & ~0x20u
			 : code < 0x80                        ? code
							      : uc_toupper(code);
	return upper < 0x80 && code >= 0x80 ? code : upper;
}

static bool match_literal(const struct reading *reading, struct sw_jn_value literal, struct span *span)
{
	size_t at = span->start;
	unsigned bytes, literal_bytes;
	for (size_t i = 0; i < literal.len; i += literal_bytes, at += bytes) {
		if (at >= reading->len)
			return false;
		uint32_t want = sw_jn_char_at(literal.text, literal.len, i, &literal_bytes);
		if (fold(want) != fold(sw_jn_char_at(reading->text, reading->len, at, &bytes)))
			return false;
	}
	span->end = span->shortest = at;
	return true;
}

/* (GMT)[-+]digits, and a separator with more digits when the picture has one. */
static bool match_zone(const struct reading *reading, const struct sw_jn_date_part *part, struct span *span)
{
	size_t at = span->start;
	if (part->component == 'z') {
		if (reading->len - at < 3 || strncasecmp(reading->text + at, "GMT", 3) != 0)
			return false;
		at += 3;
	}
	if (at >= reading->len || (reading->text[at] != '+' && reading->text[at] != '-'))
		return false;
	size_t end = run_of(reading, ++at, is_digit);
	if (end == at)
		return false;
	if (part->integer.regular) {
		unsigned bytes;
		if (end >= reading->len || fold(sw_jn_char_at(reading->text, reading->len, end, &bytes)) !=
						   fold(part->integer.regular_character))
			return false;
		at = end + bytes;
		end = run_of(reading, at, is_digit);
	}
	span->end = end;
	span->shortest = at + 1;
	return end > at;
}

static bool match_decimal(const struct reading *reading, const struct sw_jn_integer_format *format,
			  struct span *span)
{
	size_t end = run_of(reading, span->start, is_digit);
	span->shortest = span->start + 1;
	if (format->parse_width > 0) {
		if ((double)(end - span->start) < format->parse_width)
			return false;
		end = span->shortest = span->start + (size_t)format->parse_width;
	}
	if (end == span->start)
		return false;
	if (format->ordinal) {
		static const char *const suffixes[] = {"th", "st", "nd", "rd"};
		bool found = false;
		for (unsigned i = 0; i < 4 && reading->len - end >= 2; i++)
			found |= !strncasecmp(reading->text + end, suffixes[i], 2);
		if (!found)
			return false;
		span->shortest = end += 2;
	}
	span->end = end;
	return true;
}

/* Bytes of words of numbers from start on, not beyond end. */
static size_t words_span(struct reading *reading, size_t start, size_t end)
{
	size_t bytes = sw_jn_words_span(reading->text, end, start);
	reading->looked_at += 8 * (bytes + 1);
	return bytes;
}

/* Whether the part can begin at span->start, and between which ends. */
static bool match_part(struct reading *reading, const struct sw_jn_date_part *part, struct span *span)
{
	if (part->literal.kind == SW_JN_STRING)
		return match_literal(reading, part->literal, span);
	if (part->component == 'Z' || part->component == 'z')
		return match_zone(reading, part, span);
	span->shortest = span->start + 1;
	if (part->component == 'f')
		span->end = run_of(reading, span->start, is_digit);
	else if (!part->has_integer)
		span->end = run_of(reading, span->start, is_letter);
	else if (part->integer.primary == SW_JN_LETTERS)
		span->end = run_of(reading, span->start, is_letter);
	else if (part->integer.primary == SW_JN_ROMAN)
		span->end = run_of(reading, span->start, is_roman);
	else if (part->integer.primary == SW_JN_WORDS)
		span->end = span->start + words_span(reading, span->start, reading->len);
	else
		return match_decimal(reading, &part->integer, span);
	return span->end > span->start;
}

/* Ends of words are where words end. */
static bool may_end(struct reading *reading, const struct sw_jn_date_part *part, const struct span *span)
{
	if (!part->has_integer || part->integer.primary != SW_JN_WORDS)
		return true;
	return words_span(reading, span->start, span->end) == span->end - span->start;
}

/* Takes back the last decision that leaves another choice. False: there is none. */
static bool back_up(struct reading *reading, size_t *index)
{
	size_t states = reading->len + 1;
	while (*index > 0 && reading->looked_at <= reading->run->steps_left) {
		size_t state = *index * states + reading->spans[*index - 1].end;
		reading->failed[state / 8] |= (unsigned char)(1u << state % 8);
		--*index;
		struct span *span = &reading->spans[*index];
		while (span->end > span->shortest && reading->looked_at <= reading->run->steps_left) {
			span->end--;
			if (may_end(reading, &reading->picture->parts[*index], span)) {
				++*index;
				return true;
			}
		}
	}
	return false;
}

/* Matches all parts with the whole text. */
static enum sw_result match_parts(struct reading *reading, bool *ret_matched)
{
	struct sw_jn_run *run = reading->run;
	size_t count = reading->picture->count, states = reading->len + 1, index = 0;
	enum sw_result result = SW_OK;
	*ret_matched = false;
	reading->spans = sw_jn_alloc(run, (count + 1) * sizeof(*reading->spans));
	reading->failed = reading->spans ? sw_jn_alloc(run, (count + 1) * states / 8 + 1) : NULL;
	if (!reading->failed)
		return run->failed;
	while (!result) {
		size_t start = index ? reading->spans[index - 1].end : 0, state = index * states + start;
		if (index == count && start == reading->len) {
			*ret_matched = true;
			return SW_OK;
		}
		result = sw_jn_steps(run, 1 + reading->looked_at);
		reading->looked_at = 0;
		bool tried = reading->failed[state / 8] >> state % 8 & 1;
		struct span *span = &reading->spans[index];
		*span = (struct span){.start = start};
		if (!tried && index < count && match_part(reading, &reading->picture->parts[index], span))
			index++;
		else if (!back_up(reading, &index))
			return result ? result : sw_jn_steps(run, reading->looked_at);
	}
	return result;
}

/* ---- by a picture: what the parts say ------------------------------------------------------------- */

/* Components by their letters. */
struct components {
	struct {
		bool given;
		double value;
	} of[128];
};

static double value_of(const struct components *components, char component)
{
	return components->of[(unsigned char)component].value;
}

static void set(struct components *components, char component, double value)
{
	components->of[(unsigned char)component].given = true;
	components->of[(unsigned char)component].value = value;
}

/* The number of a name: of a month, a day, or half a day. False: there is no such name in this case of letters. */
static bool read_name(const struct sw_jn_date_part *part, const char *text, size_t len, double *ret_value)
{
	bool found = false;
	if (part->component == 'P') {
		*ret_value = len > 0 && (text[0] | 0x20) == 'p';
		return len == 2 && (!memcmp(text, "am", 2) || !memcmp(text, "AM", 2) ||
				    !memcmp(text, "pm", 2) || !memcmp(text, "PM", 2));
	}
	for (int number = 1; number <= (part->component == 'F' ? 7 : 12); number++) {
		const char *name = sw_jn_date_name(part->component, number);
		size_t name_len = strlen(name);
		if (part->has_max && part->max != 0 && !isnan(part->max) && part->max < (double)name_len)
			name_len = part->max > 0 ? (size_t)part->max : 0;
		if (len == name_len && !memcmp(text, name, len)) {
			*ret_value = number;
			found = true;
		}
	}
	return found;
}

/* Minutes of +01:00, -0530, GMT+1. The sign is the hours' alone, as in the reference implementation. */
static double read_zone(struct sw_jn_run *run, const struct sw_jn_date_part *part, const char *text,
			size_t len)
{
	if (part->component == 'z') {
		text += 3;
		len -= 3;
	}
	size_t hours = len - 1 <= 2 ? len : 3, minutes = hours;
	if (part->integer.regular) {
		unsigned bytes;
		for (hours = 1; hours < len && is_digit(text[hours]);)
			hours++;
		sw_jn_char_at(text, len, hours, &bytes);
		minutes = hours + bytes;
	}
	double value = sw_jn_parse_int(run, text, hours) * 60;
	return minutes < len ? value + sw_jn_parse_int(run, text + minutes, len - minutes) : value;
}

static enum sw_result read_part(struct sw_jn_run *run, const struct sw_jn_date_part *part, const char *text,
				size_t len, struct components *components)
{
	double value = 0;
	if (part->literal.kind == SW_JN_STRING)
		return SW_OK;
	if (part->component == 'Z' || part->component == 'z') {
		value = read_zone(run, part, text, len);
	} else if (part->component == 'f') {
		char digits[8] = "0.";
		memcpy(digits + 2, text, len < 3 ? len : 3);
		value = sw_jn_decimal(run, digits, 2 + (len < 3 ? len : 3), 0) * 1000;
	} else if (part->has_integer) {
		enum sw_result result = sw_jn_integer_read(run, text, len, &part->integer, &value);
		if (result)
			return result;
	} else if (!read_name(part, text, len, &value)) {
		components->of[(unsigned char)part->component].given = false;
		return SW_OK;
	}
	set(components, part->component, value);
	return SW_OK;
}

/* Whether what was given (and is not 0) is some of wanted and nothing else of all. */
static bool is_kind(const struct components *components, const char *all, const char *wanted)
{
	bool any = false;
	for (const char *c = all; *c; c++) {
		double value = value_of(components, *c);
		if (!components->of[(unsigned char)*c].given || value == 0 || isnan(value))
			continue;
		if (!strchr(wanted, *c))
			return false;
		any = true;
	}
	return any;
}

/* Fills in what was not given: from now what is more significant, with the least what is less. */
static enum sw_result complete(struct sw_jn_run *run, struct components *components, const char *order)
{
	bool started = false, ended = false;
	for (const char *c = order; *c; c++) {
		if (components->of[(unsigned char)*c].given) {
			started = true;
			if (ended)
				return sw_jn_fail(run, "D3136", SW_JN_UNDEFINED_VALUE);
		} else if (started) {
			set(components, *c, strchr("MDd", *c) ? 1 : 0);
			ended = true;
		} else {
			/* Half a day has no number then: the hours are taken as they are. */
			double now = (double)run->env->now_ms;
			set(components, *c, *c == 'P' ? 0 : sw_jn_date_component(now, *c));
		}
	}
	return SW_OK;
}

static enum sw_result to_time(struct sw_jn_run *run, struct components *components, double *ret_ms)
{
	static const char dates[] = "YXMxWwdD", times[] = "PHhmsf";
	bool by_date = is_kind(components, dates, "YMD"),
	     by_day = !by_date && is_kind(components, dates, "Yd");
	bool by_month_week = is_kind(components, dates, "Xxw");
	bool by_week = !by_month_week && is_kind(components, dates, "XW");
	bool half_days = !is_kind(components, times, "Hmsf") && is_kind(components, times, "Phmsf");
	char order[16];
	/* The day of the year is not among its own order, so that no time may follow it: as the reference has it. */
	strncpy(order, by_day ? "YD" : by_month_week ? "XxwF" : by_week ? "XWF" : "YMD", sizeof(order));
	memcpy(order + strlen(order), half_days ? "Phmsf" : "Hmsf", half_days ? 6 : 5);
	enum sw_result result = complete(run, components, order);
	if (result)
		return result;
	if (by_month_week || by_week)
		return sw_jn_fail(run, "D3136", SW_JN_UNDEFINED_VALUE);
	double month = value_of(components, 'M') > 0 ? value_of(components, 'M') - 1 : 0;
	double day = value_of(components, 'D'), hour = value_of(components, 'H');
	if (by_day) {
		double first = sw_jn_date_utc(value_of(components, 'Y'), 0, 1, 0, 0, 0, 0);
		double date = sw_jn_date_clip(first + (value_of(components, 'd') - 1) * SW_JN_DAY_MS);
		month = sw_jn_date_component(date, 'M') - 1;
		day = sw_jn_date_component(date, 'D');
	}
	if (half_days) {
		hour = value_of(components, 'h') == 12 ? 0 : value_of(components, 'h');
		hour += value_of(components, 'P') == 1 ? 12 : 0;
	}
	double ms = sw_jn_date_utc(value_of(components, 'Y'), month, day, hour, value_of(components, 'm'),
				   value_of(components, 's'), value_of(components, 'f'));
	double zone = value_of(components, 'Z');
	*ret_ms = ms - (zone != 0 && !isnan(zone) ? zone : value_of(components, 'z')) * 60000;
	return SW_OK;
}

/* What cannot be read, whatever the text is. */
static enum sw_result check_parts(struct sw_jn_run *run, const struct sw_jn_date_picture *picture,
				  bool *ret_any)
{
	*ret_any = false;
	for (size_t i = 0; i < picture->count; i++) {
		const struct sw_jn_date_part *part = &picture->parts[i];
		if (part->literal.kind == SW_JN_STRING)
			continue;
		*ret_any = true;
		if (strchr("Zzf", part->component))
			continue;
		if (part->has_integer && part->integer.primary == SW_JN_NUMBERING)
			return sw_jn_fail(run, "D3130", part->integer.token);
		if (!part->has_integer && !strchr("MxFP", part->component))
			return sw_jn_fail(run, "D3133", sw_jn_string(&part->component, 1));
	}
	return SW_OK;
}

static enum sw_result parse_by_picture(struct sw_jn_run *run, struct sw_jn_value text,
				       struct sw_jn_value picture_text, struct sw_jn_value *ret_value)
{
	struct sw_jn_date_picture picture;
	struct components components = {0};
	bool any, matched = false;
	*ret_value = SW_JN_UNDEFINED_VALUE;
	enum sw_result result = sw_jn_date_picture(run, picture_text.text, picture_text.len, &picture);
	if (!result)
		result = check_parts(run, &picture, &any);
	struct reading reading = {.run = run, .text = text.text, .len = text.len, .picture = &picture};
	if (!result)
		result = match_parts(&reading, &matched);
	if (result || !matched || !any)
		return result;
	for (size_t i = 0; !result && i < picture.count; i++)
		result = read_part(run, &picture.parts[i], text.text + reading.spans[i].start,
				   reading.spans[i].end - reading.spans[i].start, &components);
	double ms = NAN;
	if (!result)
		result = to_time(run, &components, &ms);
	*ret_value = sw_jn_number(ms);
	return result;
}

enum sw_result sw_jn_fn_to_millis(struct sw_jn_call *call, const struct sw_jn_value *args,
				  struct sw_jn_value *ret_value)
{
	enum sw_result result;
	bool given;
	double ms;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	result = sw_jn_optional(call, args, 1, SW_JN_STRING, &given);
	if (result)
		return result;
	if (given)
		return parse_by_picture(call->run, args[0], args[1], ret_value);
	if (!parse_iso(args[0].text, args[0].len, &ms))
		return sw_jn_fail(call->run, "D3110", args[0]);
	*ret_value = sw_jn_number(ms);
	return SW_OK;
}
