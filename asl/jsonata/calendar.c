/* The proleptic Gregorian calendar and ISO 8601's weeks, in JavaScript's arithmetic. */
#include "asl/jsonata/datetime.h"

#include <math.h>

#define TIME_MAX_MS 8.64e15 /* what a Date holds: 100 million days to either side of 1970 */

/* ---- days and dates ------------------------------------------------------------------------------- */

/* Days since 1970-01-01; month 0 to 11. Counts from March, in eras of 400 years. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	year -= month < 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month < 2 ? month + 10 : month - 2) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

struct date {
	int64_t year, month, day; /* month 0 to 11 */
	int64_t weekday;          /* 1, Monday, to 7 */
	int64_t ms;               /* of the day */
};

static struct date date_of(double time_ms)
{
	struct date date;
	int64_t days = (int64_t)floor(time_ms / SW_JN_DAY_MS);
	date.ms = (int64_t)(time_ms - (double)days * SW_JN_DAY_MS);
	date.weekday = ((days + 3) % 7 + 7) % 7 + 1;
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	date.day = day_of_year - (153 * month + 2) / 5 + 1;
	date.month = month < 10 ? month + 2 : month - 10;
	date.year = year_of_era + era * 400 + (date.month < 2);
	return date;
}

double sw_jn_date_clip(double ms)
{
	return fabs(ms) <= TIME_MAX_MS ? trunc(ms) + 0.0 : NAN;
}

double sw_jn_date_utc(double year, double month, double day, double hour, double minute, double second,
		      double ms)
{
	year = trunc(year);
	month = trunc(month);
	if (year >= 0 && year <= 99)
		year += 1900;
	/* Far beyond what a Date holds, and small enough for integers; NaN ends here, too. */
	if (!(fabs(year) < 1e7 && fabs(month) < 1e8))
		return NAN;
	double carry = floor(month / 12);
	double days =
		(double)days_of((int64_t)(year + carry), (int64_t)(month - carry * 12), 1) + trunc(day) - 1;
	double time = trunc(hour) * 3600000 + trunc(minute) * 60000 + trunc(second) * 1000 + trunc(ms);
	return sw_jn_date_clip(days * SW_JN_DAY_MS + time);
}

/* ---- weeks ---------------------------------------------------------------------------------------- */

/* The Monday of the first week: the one with the first Thursday of the year or month. */
static double first_week(int64_t year, int64_t month)
{
	double first = sw_jn_date_utc((double)year, (double)month, 1, 0, 0, 0, 0);
	if (isnan(first))
		return first;
	double weekday = (double)date_of(first).weekday;
	return weekday > 4 ? first + (8 - weekday) * SW_JN_DAY_MS : first - (weekday - 1) * SW_JN_DAY_MS;
}

/* A year (months is 12, month 0) or a month (months is 1), some steps away. */
struct period {
	int64_t year, month;
};

static struct period step(struct period period, int64_t months, int64_t by)
{
	int64_t count = period.year * 12 + period.month + months * by;
	int64_t year = (count >= 0 ? count : count - 11) / 12;
	return (struct period){year, count - year * 12};
}

static double first_week_of(struct period period)
{
	return first_week(period.year, period.month);
}

/* The number of the week in its period, which may be the one before or after it. */
static double week_number(const struct date *date, struct period period, int64_t months)
{
	double today = sw_jn_date_utc((double)date->year, (double)date->month, (double)date->day, 0, 0, 0, 0);
	double week = (today - first_week_of(period)) / (SW_JN_DAY_MS * 7) + 1;
	if (week > (months == 12 ? 52 : 4)) {
		if (today >= first_week_of(step(period, months, 1)))
			week = 1;
	} else if (week < 1) {
		week = (today - first_week_of(step(period, months, -1))) / (SW_JN_DAY_MS * 7) + 1;
	}
	return floor(week);
}

/* The period that the week of time_ms belongs to. */
static struct period week_period(double time_ms, struct period period, int64_t months)
{
	if (time_ms < first_week_of(period))
		return step(period, months, -1);
	if (time_ms >= first_week_of(step(period, months, 1)))
		return step(period, months, 1);
	return period;
}

/* ---- components ----------------------------------------------------------------------------------- */

double sw_jn_date_component(double time_ms, char component)
{
	if (isnan(time_ms))
		return NAN;
	struct date date = date_of(time_ms);
	struct period year = {date.year, 0}, month = {date.year, date.month};
	int64_t hour = date.ms / 3600000;
	switch (component) {
	case 'Y':
		return (double)date.year;
	case 'M':
		return (double)date.month + 1;
	case 'D':
		return (double)date.day;
	case 'd':
		return (double)(days_of(date.year, date.month, date.day) - days_of(date.year, 0, 1) + 1);
	case 'F':
		return (double)date.weekday;
	case 'W':
		return week_number(&date, year, 12);
	case 'w':
		return week_number(&date, month, 1);
	case 'X':
		return (double)week_period(time_ms, year, 12).year;
	case 'x':
		return (double)week_period(time_ms, month, 1).month + 1;
	case 'H':
		return (double)hour;
	case 'h':
		return hour % 12 ? (double)(hour % 12) : 12;
	case 'P':
		return hour >= 12;
	case 'm':
		return (double)(date.ms / 60000 % 60);
	case 's':
		return (double)(date.ms / 1000 % 60);
	case 'f':
		return (double)(date.ms % 1000);
	default:
		return NAN;
	}
}
