/* Calling functions: lambdas with tail calls, built-ins, partial application, ~>, transforms. */
#include "asl/jsonata/tree.h"

#define ARGS_INLINE 8 /* arguments kept on the C stack */

/* A lambda that is being run: its frame is reused unless something may hold on to it. */
struct activation {
	struct sw_jn_frame *frame;
};

static void release(struct sw_jn_run *run, struct activation *activation)
{
	if (activation->frame)
		sw_jn_frame_free(run, activation->frame);
	activation->frame = NULL;
}

static struct sw_jn_value without_wrapping(struct sw_jn_value value)
{
	bool outer = value.kind == SW_JN_ARRAY && value.flags & SW_JN_OUTER && value.len;
	return outer ? sw_jn_array_at(value, 0) : value;
}

/* ---- kinds of functions --------------------------------------------------------------------------------- */

static enum sw_result call_lambda(struct sw_jn_run *run, const struct sw_jn_function *function,
				  const struct sw_jn_value *args, unsigned count,
				  struct activation *activation, struct sw_jn_value *ret_value)
{
	const struct sw_jn_node *node = function->node;
	struct sw_jn_frame *frame = sw_jn_frame_new(run, function->frame, node->frame_slots);
	if (!frame)
		return run->failed;
	for (uint32_t i = 0; i < node->items.count; i++)
		frame->slots[i] = i < count ? args[i] : SW_JN_UNDEFINED_VALUE;
	for (uint32_t i = 0; i < node->items.count; i++) {
		/* Of two parameters of one name the last one counts. */
		for (uint32_t other = 0; other < i; other++)
			if (node->items.items[other]->name == node->items.items[i]->name)
				frame->slots[other] = frame->slots[i];
	}
	if (sw_jn_eval(run, node->lhs, function->input, frame, ret_value) < 0)
		return run->failed;
	activation->frame = node->lhs->closure ? NULL : frame;
	return SW_OK;
}

static enum sw_result call_builtin(struct sw_jn_run *run, const struct sw_jn_function *function,
				   const struct sw_jn_value *args, unsigned count, struct sw_jn_value focus,
				   struct sw_jn_value *ret_value)
{
	struct sw_jn_call call = {.run = run, .focus = focus, .count = count};
	struct sw_jn_value padded[ARGS_INLINE];
	unsigned parameters = function->signature ? sw_jn_signature_length(function->signature) : 0;
	if (parameters < function->parameters)
		parameters = function->parameters;
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (count < parameters && parameters <= ARGS_INLINE) {
		for (unsigned i = 0; i < parameters; i++)
			padded[i] = i < count ? args[i] : SW_JN_UNDEFINED_VALUE;
		args = padded;
	}
	enum sw_result result = function->builtin->function(&call, args, ret_value);
	/* Whichever of the two was told: a built-in without memory returns it, a number read without it says it. */
	if (result < 0 && run->failed >= 0)
		run->failed = result;
	return run->failed;
}

static enum sw_result call_partial(struct sw_jn_run *run, const struct sw_jn_function *function,
				   const struct sw_jn_value *args, unsigned count, struct sw_jn_value focus,
				   struct sw_jn_value *ret_value)
{
	struct sw_jn_value *all = sw_jn_alloc(run, (function->args_count + 1) * sizeof(*all));
	unsigned next = 0;
	if (!all)
		return run->failed;
	for (uint32_t i = 0; i < function->args_count; i++) {
		all[i] = function->args[i];
		if (all[i].kind == SW_JN_KIND_UNBOUND) {
			all[i] = next < count ? args[next] : SW_JN_UNDEFINED_VALUE;
			next++;
		}
	}
	/* What was applied in part is not held to its signature again. */
	struct sw_jn_function bare = *function->first;
	if (bare.type == SW_JN_FUNCTION_LAMBDA)
		bare.signature = NULL;
	return sw_jn_apply_with(run, sw_jn_function_value(&bare), all, function->args_count, focus,
				ret_value);
}

static enum sw_result call_transform(struct sw_jn_run *run, const struct sw_jn_function *function,
				     const struct sw_jn_value *args, unsigned count,
				     struct sw_jn_value *ret_value)
{
	struct sw_jn_value object = count ? args[0] : SW_JN_UNDEFINED_VALUE;
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (count != 1)
		return sw_jn_fail_index(run, "T0410", count ? args[1] : object, count ? 2 : 1);
	if (object.kind == SW_JN_UNDEFINED)
		return SW_OK;
	if (object.kind != SW_JN_OBJECT && object.kind != SW_JN_ARRAY)
		return sw_jn_fail_index(run, "T0410", object, 1);
	return sw_jn_transform(run, function, object, ret_value);
}

static enum sw_result call_chain(struct sw_jn_run *run, const struct sw_jn_function *function,
				 const struct sw_jn_value *args, unsigned count,
				 struct sw_jn_value *ret_value)
{
	struct sw_jn_value between, arg = count ? args[0] : SW_JN_UNDEFINED_VALUE;
	if (sw_jn_apply(run, sw_jn_function_value(function->first), &arg, 1, &between) < 0)
		return run->failed;
	between = sw_jn_unwrap(between);
	if (sw_jn_apply(run, sw_jn_function_value(function->second), &between, 1, ret_value) < 0)
		return run->failed;
	*ret_value = sw_jn_unwrap(*ret_value);
	return SW_OK;
}

/* One call; what comes back may be a tail call that is still to be made. */
static enum sw_result apply_once(struct sw_jn_run *run, struct sw_jn_value value,
				 const struct sw_jn_value *args, unsigned count, struct sw_jn_value focus,
				 struct activation *activation, struct sw_jn_value *ret_value)
{
	const struct sw_jn_function *function = value.function;
	if (value.kind != SW_JN_FUNCTION)
		return sw_jn_fail(run, "T1006", SW_JN_UNDEFINED_VALUE);
	if (function->signature && sw_jn_signature_validate(run, function->signature, args, count, focus,
							    function->parameters, &args, &count) < 0)
		return run->failed;
	switch (function->type) {
	case SW_JN_FUNCTION_BUILTIN:
		return call_builtin(run, function, args, count, focus, ret_value);
	case SW_JN_FUNCTION_LAMBDA:
		return call_lambda(run, function, args, count, activation, ret_value);
	case SW_JN_FUNCTION_PARTIAL:
		return call_partial(run, function, args, count, focus, ret_value);
	case SW_JN_FUNCTION_TRANSFORM:
		return call_transform(run, function, args, count, ret_value);
	case SW_JN_FUNCTION_CHAIN:
		return call_chain(run, function, args, count, ret_value);
	case SW_JN_FUNCTION_NEXT:
		return sw_jn_regex_call(run, function, function->from, function->input, ret_value);
	default:
		return sw_jn_regex_apply(run, function, args, count, ret_value);
	}
}

/* ---- calls -------------------------------------------------------------------------------------------------- */

static const struct sw_jn_value *name_of(const struct sw_jn_node *called)
{
	if (called->kind == SW_JN_NODE_PATH || called->kind == SW_JN_NODE_FIELD)
		called = called->items.items[0];
	if (called->kind == SW_JN_NODE_BLOCK || called->kind == SW_JN_NODE_LAMBDA)
		return NULL;
	return called->value.kind == SW_JN_STRING ? &called->value : NULL;
}

static void blame_call(struct sw_jn_run *run, const struct sw_jn_node *node)
{
	const struct sw_jn_value *name = name_of(node->lhs);
	sw_jn_blame(run, node, name ? name->text : NULL, name ? name->len : 0);
}

/* The arguments of a call, behind applied where there is one. *ret_args is room or memory of the run. */
static enum sw_result arguments(struct sw_jn_run *run, const struct sw_jn_node *node,
				struct sw_jn_value input, struct sw_jn_frame *frame,
				const struct sw_jn_value *applied, struct sw_jn_value room[ARGS_INLINE],
				struct sw_jn_value **ret_args, unsigned *ret_count)
{
	unsigned count = 0, total = node->items.count + (applied ? 1 : 0);
	struct sw_jn_value *args = total <= ARGS_INLINE ? room : sw_jn_alloc(run, total * sizeof(*args));
	if (!args)
		return run->failed;
	if (applied)
		args[count++] = *applied;
	for (uint32_t i = 0; i < node->items.count; i++)
		if (sw_jn_eval(run, node->items.items[i], input, frame, &args[count++]) < 0)
			return run->failed;
	*ret_args = args;
	*ret_count = count;
	return SW_OK;
}

/* Makes the tail calls that a lambda left to its caller, one after the other. */
static enum sw_result trampoline(struct sw_jn_run *run, struct sw_jn_value focus,
				 struct activation *activation, struct sw_jn_value *value)
{
	while (value->kind == SW_JN_FUNCTION && value->form == SW_JN_FORM_THUNK) {
		const struct sw_jn_node *node = (const void *)value->function;
		struct sw_jn_value room[ARGS_INLINE], *args, function, input = run->tail_input;
		struct sw_jn_frame *frame = run->tail_frame;
		unsigned count;
		if (sw_jn_steps(run, 1) < 0)
			return run->failed;
		if (sw_jn_eval(run, node->lhs, input, frame, &function) < 0 ||
		    arguments(run, node, input, frame, NULL, room, &args, &count) < 0)
			return run->failed;
		release(run, activation);
		if (apply_once(run, function, args, count, focus, activation, value) < 0) {
			const struct sw_jn_value *name =
				node->lhs->kind == SW_JN_NODE_VARIABLE ? &node->lhs->value : NULL;
			sw_jn_blame(run, node->lhs, name ? name->text : NULL, name ? name->len : 0);
			return run->failed;
		}
	}
	release(run, activation);
	return SW_OK;
}

/* call: what a failure is put down to; NULL: a function calls another. Of tail calls they know themselves. */
static enum sw_result apply_all(struct sw_jn_run *run, const struct sw_jn_node *call,
				struct sw_jn_value function, const struct sw_jn_value *args, unsigned count,
				struct sw_jn_value focus, struct sw_jn_value *ret_value)
{
	struct activation activation = {0};
	if (sw_jn_deeper(run) < 0 || sw_jn_steps(run, 1) < 0 ||
	    apply_once(run, function, args, count, focus, &activation, ret_value) < 0) {
		if (call)
			blame_call(run, call);
		return run->failed;
	}
	return trampoline(run, focus, &activation, ret_value);
}

enum sw_result sw_jn_apply_with(struct sw_jn_run *run, struct sw_jn_value function,
				const struct sw_jn_value *args, unsigned count, struct sw_jn_value focus,
				struct sw_jn_value *ret_value)
{
	return apply_all(run, NULL, function, args, count, focus, ret_value);
}

enum sw_result sw_jn_apply(struct sw_jn_run *run, struct sw_jn_value function, const struct sw_jn_value *args,
			   unsigned count, struct sw_jn_value *ret_value)
{
	return sw_jn_apply_with(run, function, args, count, sw_jn_null(), ret_value);
}

unsigned sw_jn_parameters(struct sw_jn_value function)
{
	return function.kind == SW_JN_FUNCTION ? function.function->parameters : 0;
}

/* Was the $ in front of a function's name forgotten? */
static enum sw_result check_called(struct sw_jn_run *run, const struct sw_jn_node *node,
				   struct sw_jn_value called, struct sw_jn_frame *frame, const char *code)
{
	struct sw_jn_value meant;
	if (called.kind != SW_JN_UNDEFINED || !node->variable)
		return SW_OK;
	if (sw_jn_eval_variable(run, node->variable, frame, &meant) < 0)
		return run->failed;
	if (meant.kind == SW_JN_UNDEFINED || (meant.kind != SW_JN_FUNCTION && !sw_jn_truthy(meant)))
		return SW_OK;
	sw_jn_fail(run, code, SW_JN_UNDEFINED_VALUE);
	blame_call(run, node);
	return run->failed;
}

enum sw_result sw_jn_eval_function(struct sw_jn_run *run, const struct sw_jn_node *node,
				   struct sw_jn_value input, struct sw_jn_frame *frame,
				   const struct sw_jn_value *applied, struct sw_jn_value *ret_value)
{
	struct sw_jn_value room[ARGS_INLINE], *args, function;
	unsigned count;
	if (node->thunk && !applied) {
		run->tail_input = input;
		run->tail_frame = frame;
		*ret_value = (struct sw_jn_value){
			.kind = SW_JN_FUNCTION, .form = SW_JN_FORM_THUNK, .function = (const void *)node};
		return SW_OK;
	}
	if (sw_jn_eval(run, node->lhs, input, frame, &function) < 0 ||
	    check_called(run, node, function, frame, "T1005") < 0 ||
	    arguments(run, node, input, frame, applied, room, &args, &count) < 0)
		return run->failed;
	return apply_all(run, node, function, args, count, without_wrapping(input), ret_value);
}

enum sw_result sw_jn_eval_partial(struct sw_jn_run *run, const struct sw_jn_node *node,
				  struct sw_jn_value input, struct sw_jn_frame *frame,
				  struct sw_jn_value *ret_value)
{
	uint32_t count = node->items.count;
	struct sw_jn_value *args = sw_jn_alloc(run, count * sizeof(*args)), called;
	struct sw_jn_function *function = sw_jn_alloc(run, sizeof(*function));
	if (!args || !function)
		return run->failed;
	function->type = SW_JN_FUNCTION_PARTIAL;
	for (uint32_t i = 0; i < count; i++) {
		const struct sw_jn_node *arg = node->items.items[i];
		if (arg->kind == SW_JN_NODE_OPERATOR) {
			args[i].kind = SW_JN_KIND_UNBOUND;
			function->parameters++;
		} else if (sw_jn_eval(run, arg, input, frame, &args[i]) < 0) {
			return run->failed;
		}
	}
	if (sw_jn_eval(run, node->lhs, input, frame, &called) < 0 ||
	    check_called(run, node, called, frame, "T1007") < 0)
		return run->failed;
	if (called.kind != SW_JN_FUNCTION) {
		sw_jn_fail(run, "T1008", SW_JN_UNDEFINED_VALUE);
		blame_call(run, node);
		return run->failed;
	}
	function->first = called.function;
	function->args = args;
	function->args_count = count;
	*ret_value = sw_jn_function_value(function);
	return SW_OK;
}

enum sw_result sw_jn_eval_apply(struct sw_jn_run *run, const struct sw_jn_node *node,
				struct sw_jn_value input, struct sw_jn_frame *frame,
				struct sw_jn_value *ret_value)
{
	struct sw_jn_value lhs, function;
	if (sw_jn_eval(run, node->lhs, input, frame, &lhs) < 0)
		return run->failed;
	if (node->rhs->kind == SW_JN_NODE_FUNCTION)
		return sw_jn_eval_function(run, node->rhs, input, frame, &lhs, ret_value);
	if (sw_jn_eval(run, node->rhs, input, frame, &function) < 0)
		return run->failed;
	if (function.kind != SW_JN_FUNCTION) {
		sw_jn_fail(run, "T2006", function);
		sw_jn_blame(run, node, NULL, 0);
		return run->failed;
	}
	if (lhs.kind != SW_JN_FUNCTION) {
		if (sw_jn_apply(run, function, &lhs, 1, ret_value) < 0 && !run->err->position) {
			bool named = node->rhs->kind == SW_JN_NODE_VARIABLE;
			sw_jn_blame(run, node, named ? node->rhs->value.text : NULL, node->rhs->value.len);
		}
		return run->failed;
	}
	struct sw_jn_function *chain = sw_jn_alloc(run, sizeof(*chain));
	if (!chain)
		return run->failed;
	chain->type = SW_JN_FUNCTION_CHAIN;
	chain->parameters = 1;
	chain->first = lhs.function;
	chain->second = function.function;
	*ret_value = sw_jn_function_value(chain);
	return SW_OK;
}
