/* "The Succeed State either terminates a state machine successfully, ends a branch of a Parallel State, or
 * ends an iteration of a Map State." */
#include "engine/step/internal.h"

enum sw_result sw_step_succeed(struct sw_turn *turn, struct sw_branch *branch)
{
	struct sw_value *input;
	enum sw_result r = sw_step_input(turn, branch, &input);
	if (r < 0)
		return r;
	r = sw_step_leave_with(turn, branch, input);
	sw_value_unref(input);
	return r;
}
