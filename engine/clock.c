/*
 * The one engine clock: it advances with the loop's clock (which counts suspended time), jumps forward with
 * the wall clock, and never goes back, not even from one process to the next. "Early" means before this
 * clock.
 */
#include "engine/internal.h"

void sw_clock_init(struct sw_clock *clock, const struct sw_loop *loop, int64_t not_before_ms)
{
	int64_t wall_ms = loop->ops->wall_ms(loop->data);
	*clock = (struct sw_clock){.loop = loop};
	clock->last_ms = wall_ms > not_before_ms ? wall_ms : not_before_ms;
	clock->offset_ms = clock->last_ms - loop->ops->mono_ms(loop->data);
}

int64_t sw_clock_now_ms(struct sw_clock *clock)
{
	int64_t mono_ms = clock->loop->ops->mono_ms(clock->loop->data);
	int64_t wall_ms = clock->loop->ops->wall_ms(clock->loop->data);
	int64_t now_ms = mono_ms + clock->offset_ms;
	if (wall_ms > now_ms) {
		now_ms = wall_ms;
		clock->offset_ms = wall_ms - mono_ms;
	}
	if (now_ms > clock->last_ms)
		clock->last_ms = now_ms;
	return clock->last_ms;
}

int64_t sw_clock_mono_ms(const struct sw_clock *clock, int64_t time_ms)
{
	int64_t mono_ms;
	if (time_ms == SW_NEVER || __builtin_sub_overflow(time_ms, clock->offset_ms, &mono_ms))
		return SW_NEVER;
	return mono_ms;
}
