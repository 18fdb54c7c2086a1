/* Points in time and their texts: see timestamp.h. */
#include "base/timestamp.h"

#include <stdio.h>

#define DAY_SECONDS 86400
#define YEAR_0000_SECONDS (-62167219200) /* 0000-01-01T00:00:00Z */
#define YEAR_9999_SECONDS 253402300799   /* 9999-12-31T23:59:59Z */

static bool year_is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && year_is_leap(year) ? 29 : days[month - 1];
}

/* Days of the (proleptic Gregorian) years before year, counted from 0000-01-01. */
static int64_t days_before_year(int year)
{
	if (year == 0)
		return 0;
	int last = year - 1;
	return (int64_t)year * 365 + last / 4 - last / 100 + last / 400 + 1;
}

static int64_t days_from_date(int year, int month, int day)
{
	int64_t days = days_before_year(year) - days_before_year(1970);
	for (int m = 1; m < month; m++)
		days += days_in_month(year, m);
	return days + day - 1;
}

/* days from 0000-01-01 */
static void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	int year = (int)(days / 366);
	while (days_before_year(year + 1) <= days)
		year++;
	days -= days_before_year(year);
	int month = 1;
	for (; days >= days_in_month(year, month); month++)
		days -= days_in_month(year, month);
	*ret_year = year;
	*ret_month = month;
	*ret_day = (int)days + 1;
}

void sw_timestamp_print(int64_t time_ms, char text[SW_TIMESTAMP_BYTES])
{
	/* Times that have no four-digit year become the nearest that has. */
	if (time_ms < (int64_t)YEAR_0000_SECONDS * 1000)
		time_ms = (int64_t)YEAR_0000_SECONDS * 1000;
	if (time_ms > (int64_t)YEAR_9999_SECONDS * 1000 + 999)
		time_ms = (int64_t)YEAR_9999_SECONDS * 1000 + 999;
	int64_t ms_from_year_0 = time_ms - (int64_t)YEAR_0000_SECONDS * 1000;
	int ms = (int)(ms_from_year_0 % 1000);
	int second = (int)(ms_from_year_0 / 1000 % DAY_SECONDS);
	int year, month, day;
	date_from_days(ms_from_year_0 / 1000 / DAY_SECONDS, &year, &month, &day);
	snprintf(text, SW_TIMESTAMP_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year % 10000, month % 100,
		 day % 100, second / 3600 % 100, second / 60 % 60, second % 60, ms);
}

struct reader {
	const char *at, *end;
	bool failed;
};

static int read_digits(struct reader *reader, int count)
{
	int number = 0;
	for (; count > 0; count--) {
		if (reader->at == reader->end || *reader->at < '0' || *reader->at > '9') {
			reader->failed = true;
			return 0;
		}
		number = number * 10 + (*reader->at++ - '0');
	}
	return number;
}

static bool read_char(struct reader *reader, char c)
{
	if (reader->failed || reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

static void expect_char(struct reader *reader, char c)
{
	if (!read_char(reader, c))
		reader->failed = true;
}

/* Nanoseconds of a fraction of any length; digits behind the ninth are dropped. */
static int32_t read_fraction(struct reader *reader)
{
	int32_t ns = 0, unit = 100000000;
	const char *start = reader->at;
	for (; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; reader->at++) {
		ns += unit * (*reader->at - '0');
		unit /= 10;
	}
	if (reader->at == start)
		reader->failed = true;
	return ns;
}

/*
 * "an uppercase "T" character MUST be used to separate date and time, and an uppercase "Z" character MUST be
 * present in the absence of a numeric time zone offset" (States Language, Timestamps).
 */
static int read_offset_seconds(struct reader *reader)
{
	if (read_char(reader, 'Z'))
		return 0;
	int sign = read_char(reader, '-') ? -1 : 1;
	if (sign > 0)
		expect_char(reader, '+');
	int hours = read_digits(reader, 2);
	expect_char(reader, ':');
	int minutes = read_digits(reader, 2);
	if (hours > 23 || minutes > 59)
		reader->failed = true;
	return sign * (hours * 3600 + minutes * 60);
}

bool sw_timestamp_parse(const char *text, size_t len, int64_t *ret_ms, int32_t *ret_ns)
{
	struct reader reader = {text, text + len, false};
	int year = read_digits(&reader, 4);
	expect_char(&reader, '-');
	int month = read_digits(&reader, 2);
	expect_char(&reader, '-');
	int day = read_digits(&reader, 2);
	expect_char(&reader, 'T');
	int hour = read_digits(&reader, 2);
	expect_char(&reader, ':');
	int minute = read_digits(&reader, 2);
	expect_char(&reader, ':');
	int second = read_digits(&reader, 2);
	int32_t ns = read_char(&reader, '.') ? read_fraction(&reader) : 0;
	int offset_seconds = read_offset_seconds(&reader);
	if (reader.failed || reader.at != reader.end)
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	int64_t seconds = days_from_date(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second;
	*ret_ms = (seconds - offset_seconds) * 1000 + ns / 1000000;
	if (ret_ns)
		*ret_ns = ns;
	return true;
}
