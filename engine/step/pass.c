/*
 * "The Pass State simply passes its input to its output, performing no work." Its result is Result, if there
 * is one, or the effective input.
 */
#include "engine/step/internal.h"

enum sw_result sw_step_pass(struct sw_turn *turn, struct sw_branch *branch)
{
	const json_t *written = branch->state->as.pass.result;
	struct sw_value *result;
	enum sw_result r = sw_step_input(turn, branch, &result);
	if (r < 0)
		return r;
	if (written) {
		sw_value_unref(result);
		result = sw_value_from_tree_new(json_incref((json_t *)written));
		if (!result)
			return SW_ENOMEM;
	}
	r = sw_step_leave_with(turn, branch, result);
	sw_value_unref(result);
	return r;
}
