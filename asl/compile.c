#include "asl/compile.h"
#include "asl/suggest.h"
#include "base/assert.h"
#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>

#define POINTER_BYTES_MAX 1024 /* of sw_state.pointer; longer ones are cut */
#define SUGGESTIONS_MAX 200000 /* names looked at for "did you mean" in one definition */

/* The languages that QueryLanguage may name. */
static const struct sw_language languages[] = {
	{"JSONPath", &sw_query_jsonpath, &sw_query_jsonpath, &sw_query_jsonpath, false},
	{"JSONata", &sw_query_jsonata, &sw_query_jsonata_catch, &sw_query_jsonata_result, true},
};
#define LANGUAGES_COUNT (sizeof(languages) / sizeof(*languages))

const char *sw_state_type_name(enum sw_state_type type)
{
	static const char *const names[] = {
#define STATE_TYPE_NAME(NAME, name, text) text,
		SW_STATE_TYPES(STATE_TYPE_NAME)
#undef STATE_TYPE_NAME
	};
	return names[type];
}

/* ---- the compiler's own things ------------------------------------------------------------------------ */

void *sw_compiler_take(struct sw_compiler *c, size_t count, size_t bytes)
{
	void *memory = NULL;
	if (count == 0)
		return NULL;
	if (count <= SIZE_MAX / bytes)
		memory = sw_arena_alloc(&c->machine->owner.arena, count * bytes);
	if (!memory)
		c->result = SW_ENOMEM;
	return memory;
}

const struct sw_place *sw_compiler_place(struct sw_compiler *c, struct sw_place place)
{
	struct sw_place *kept = sw_arena_alloc(&c->scratch, sizeof(*kept));
	if (!kept) {
		c->result = SW_ENOMEM;
		return NULL;
	}
	*kept = place;
	return kept;
}

struct sw_mistake sw_at(const struct sw_place *at, const char *aws_text)
{
	return (struct sw_mistake){.code = SW_CODE_SCHEMA, .aws_text = aws_text, .at = at};
}

struct sw_mistake sw_at_key(const struct sw_place *at, const char *aws_text)
{
	return (struct sw_mistake){.code = SW_CODE_SCHEMA, .aws_text = aws_text, .at = at, .key = true};
}

struct sw_mistake sw_at_member(const struct sw_place *at, const char *aws_text)
{
	return (struct sw_mistake){.code = SW_CODE_SCHEMA,
				   .aws_text = aws_text,
				   .at = at,
				   .key = true,
				   .aws = at->up,
				   .aws_elsewhere = true};
}

struct sw_mistake sw_warning(struct sw_mistake mistake, const char *code)
{
	mistake.severity = SW_SEVERITY_WARNING;
	mistake.code = code;
	return mistake;
}

void sw_report(struct sw_compiler *c, struct sw_mistake mistake, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (sw_findings_add(c->findings, &mistake, format, args) != SW_OK)
		c->result = SW_ENOMEM;
	va_end(args);
}

/* ---- languages ---------------------------------------------------------------------------------------- */

static const struct sw_language *find_language(const char *name)
{
	for (size_t i = 0; name && i < LANGUAGES_COUNT; i++) {
		if (strcmp(languages[i].name, name) == 0)
			return &languages[i];
	}
	return NULL;
}

/* "States inside an ItemProcessor or Branch inherit the machine's language, not the Map's." */
static const struct sw_language *state_language(struct sw_compiler *c, const json_t *json,
						const struct sw_place *place, unsigned *ret_flags)
{
	const json_t *own = json_object_get(json, "QueryLanguage");
	const struct sw_language *language = find_language(sw_text(own));

	*ret_flags = own && !language ? SW_CHECK_ANY_LANGUAGE : 0;
	if (!language)
		return c->language;
	if (c->language->jsonata && !language->jsonata) {
		struct sw_place at = SW_PLACE_KEY(place, "QueryLanguage");
		struct sw_mistake mistake = sw_at(
			&at,
			"'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
		mistake.aws = place;
		mistake.aws_elsewhere = true;
		sw_report(c, mistake,
			  "a state cannot use JSONPath when the QueryLanguage of the whole state machine is "
			  "JSONata");
		*ret_flags = SW_CHECK_ANY_LANGUAGE;
	}
	return language;
}

/* ---- transitions -------------------------------------------------------------------------------------- */

/* A copy of the places from `place` up to `base`, which is kept already. */
static const struct sw_place *keep_places(struct sw_compiler *c, const struct sw_place *place,
					  const struct sw_place *base)
{
	if (place == base)
		return base;
	struct sw_place copy = *place;
	copy.up = keep_places(c, place->up, base);
	return sw_compiler_place(c, copy);
}

void sw_compile_target(struct sw_compiler *c, const json_t *value, struct sw_scope *scope,
		       const struct sw_place *base, const struct sw_place *up, const char *key,
		       const struct sw_state **slot)
{
	const char *name = sw_text(value);
	struct sw_place place = SW_PLACE_KEY(up, key);
	if (!name) {
		scope->broken = true;
		return;
	}
	struct sw_target *target = sw_arena_alloc(&c->scratch, sizeof(*target));
	const struct sw_place *kept = keep_places(c, &place, base);
	if (!target || !kept) {
		c->result = SW_ENOMEM;
		return;
	}
	*target = (struct sw_target){slot, scope, kept, name, NULL};
	*c->targets_end = target;
	c->targets_end = &target->next;
}

/* "Next" or "End": true, exactly one of them. */
static void compile_next(struct sw_compiler *c, struct sw_work *w)
{
	const json_t *next = json_object_get(w->json, "Next");
	const json_t *end = json_object_get(w->json, "End");

	if (next && json_is_true(end)) {
		struct sw_place at = SW_PLACE_KEY(w->place, "End");
		sw_report(c,
			  sw_at_member(&at, "There should only be one of the following fields: [Next, End]"),
			  "a state has either Next or \"End\": true, not both");
	} else if (!next && (!end || json_is_false(end))) {
		sw_report(c,
			  sw_at_key(w->place,
				    "This object should have only one of the following fields: [Next, End]"),
			  "%s must have Next (the name of a state) or \"End\": true",
			  sw_context_name(w->state->type));
		w->scope->broken = true;
	}
	w->scope->ends = w->scope->ends || json_is_true(end);
	w->scope->broken = w->scope->broken || (end && !json_is_boolean(end));
	if (next)
		sw_compile_target(c, next, w->scope, w->place, w->place, "Next", &w->state->next);
}

/* ---- states ------------------------------------------------------------------------------------------- */

/* PASS_RESULT_IS_STATIC: "Attempt to use a path in the result of a pass state." */
static void warn_static(struct sw_compiler *c, const json_t *value, const struct sw_place *place)
{
	const char *key;
	json_t *child;
	size_t index;

	json_object_foreach((json_t *)value, key, child)
	{
		struct sw_place at = SW_PLACE_KEY(place, key);
		size_t len = strlen(key);
		if (len > 2 && strcmp(key + len - 2, ".$") == 0)
			sw_report(c, sw_warning(sw_at_key(&at, NULL), SW_CODE_STATIC_RESULT),
				  "Result is taken as it is, paths too; Parameters would evaluate \"%.100s\"",
				  key);
		warn_static(c, child, &at);
	}
	json_array_foreach(value, index, child)
	{
		struct sw_place at = SW_PLACE_ITEM(place, index);
		warn_static(c, child, &at);
	}
}

static void compile_pass(struct sw_compiler *c, struct sw_work *w)
{
	const json_t *result = json_object_get(w->json, "Result");
	struct sw_place at = SW_PLACE_KEY(w->place, "Result");

	if (w->language->jsonata || !result)
		return;
	w->state->as.pass.result = result;
	warn_static(c, result, &at);
}

/* "A Timestamp must conform to the RFC3339 profile of ISO 8601", upper-case T and Z. */
static void compile_wait(struct sw_compiler *c, struct sw_work *w)
{
	struct sw_state *s = w->state;
	struct sw_place at = SW_PLACE_KEY(w->place, "Timestamp");

	sw_compile_number(c, w->language, w->json, SW_STATE_WAIT, "Seconds", w->place, &s->as.wait.seconds);
	sw_compile_text(c, w->language, w->json, SW_STATE_WAIT, "Timestamp", w->place, &s->as.wait.timestamp);
	const char *literal = s->as.wait.timestamp.literal;
	if (literal && !sw_timestamp_parse(literal, strlen(literal), &s->as.wait.timestamp_ms, NULL))
		sw_report(c, sw_at(&at, "String does not match RFC3339 timestamp"),
			  "Timestamp must be a time like 2016-12-05T21:29:29Z: upper-case T, and Z or an "
			  "offset");
}

static void compile_succeed(struct sw_compiler *c, struct sw_work *w)
{
	(void)c;
	w->scope->ends = true;
}

static void compile_fail(struct sw_compiler *c, struct sw_work *w)
{
	struct sw_state *s = w->state;
	w->scope->ends = true;
	sw_compile_text(c, w->language, w->json, SW_STATE_FAIL, "Error", w->place, &s->as.fail.error);
	sw_compile_text(c, w->language, w->json, SW_STATE_FAIL, "Cause", w->place, &s->as.fail.cause);
}

void sw_compile_parallel(struct sw_compiler *c, struct sw_work *w)
{
	const json_t *branches = sw_member(w->json, "Branches", SW_TYPE_ARRAY);
	size_t count = branches ? json_array_size(branches) : 0;
	struct sw_flow *flows = sw_compiler_take(c, count, sizeof(*flows));
	struct sw_place place = SW_PLACE_KEY(w->place, "Branches");

	if (!flows)
		return;
	w->state->as.parallel.branches = flows;
	w->state->as.parallel.branches_count = (uint32_t)count;
	for (size_t i = 0; i < count && c->result == SW_OK; i++) {
		struct sw_place at = SW_PLACE_ITEM(&place, i);
		sw_compile_flow(c, json_array_get(branches, i), SW_IN_BRANCH, w->state, (uint32_t)i, &at,
				&flows[i]);
	}
}

typedef void compile_fn(struct sw_compiler *c, struct sw_work *w);

static compile_fn *const compile_type[] = {
	[SW_STATE_PASS] = compile_pass,
	[SW_STATE_TASK] = sw_compile_task,
	[SW_STATE_CHOICE] = sw_compile_choice,
	[SW_STATE_WAIT] = compile_wait,
	[SW_STATE_SUCCEED] = compile_succeed,
	[SW_STATE_FAIL] = compile_fail,
	[SW_STATE_PARALLEL] = sw_compile_parallel,
	[SW_STATE_MAP] = sw_compile_map,
};

/* What several types have: the table of fields says which, here absent fields keep their defaults. */
static void compile_common(struct sw_compiler *c, struct sw_work *w)
{
	struct sw_state *s = w->state;
	const struct sw_language *language = w->language;
	const char *arguments = language->jsonata ? "Arguments" : "Parameters";
	struct sw_place arguments_at = SW_PLACE_KEY(w->place, arguments);
	struct sw_place selector_at = SW_PLACE_KEY(w->place, "ResultSelector");
	struct sw_place output_at = SW_PLACE_KEY(w->place, "Output");
	struct sw_language after = *language; /* of what is evaluated when the work is done */

	if (sw_field_find("Retry", s->type))
		after.ops = language->result_ops;
	if (!language->jsonata) {
		sw_compile_path_field(c, w->json, s->type, "InputPath", w->place, &s->input_path);
		sw_compile_path_field(c, w->json, s->type, "OutputPath", w->place, &s->output_path);
		if (sw_field_find("ResultPath", s->type))
			sw_compile_result_path(c, w->json, w->place, &s->result_path, &s->result_path_null);
		if (sw_field_find("ResultSelector", s->type))
			s->result_selector = sw_compile_template(
				c, language, sw_member(w->json, "ResultSelector", SW_TYPE_OBJECT),
				&selector_at);
	} else if (sw_field_find("Output", s->type)) {
		s->output = sw_compile_template(c, &after, json_object_get(w->json, "Output"), &output_at);
	}
	/* "Parameters" of a Map state is the old name of ItemSelector. */
	if (s->type != SW_STATE_MAP && sw_field_find(arguments, s->type))
		s->arguments =
			sw_compile_template(c, language, json_object_get(w->json, arguments), &arguments_at);
	if (sw_field_find("Assign", s->type))
		s->assign = sw_compile_assign(c, &after, w->json, w->place);
	if (sw_field_find("Retry", s->type)) {
		sw_compile_retry(c, w);
		sw_compile_catch(c, w);
	}
	if (sw_field_find("Next", s->type))
		compile_next(c, w);
}

/* The state type by its name; a mistake is reported. */
static bool find_type(struct sw_compiler *c, const json_t *json, const struct sw_place *place,
		      enum sw_state_type *ret_type)
{
	const json_t *value = json_object_get(json, "Type");
	const char *text = sw_text(value);
	struct sw_suggestion suggestion = sw_suggestion(text ? text : "", NULL);
	struct sw_place at = SW_PLACE_KEY(place, "Type");

	if (!value) {
		sw_report(c, sw_at_key(place, "The field 'Type' is required"),
			  "a state must have the field Type");
		return false;
	}
	for (unsigned i = 0; i < SW_STATE_TYPES_COUNT; i++) {
		if (text && strcmp(text, sw_state_type_name(i)) == 0) {
			*ret_type = i;
			return true;
		}
		sw_suggestion_offer(&suggestion, sw_state_type_name(i));
	}
	sw_report(c,
		  sw_at(&at,
			"The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, "
			"Choice, Parallel, Map]"),
		  "Type must be one of Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map%s%s%s",
		  suggestion.best ? "; did you mean \"" : "", suggestion.best ? suggestion.best : "",
		  suggestion.best ? "\"?" : "");
	return false;
}

size_t sw_count_characters(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

/* "State names must be unique within the scope of the whole state machine", 1 to 80 characters. */
static void check_name(struct sw_compiler *c, struct sw_state *state, struct sw_scope *scope,
		       const struct sw_place *place)
{
	size_t characters = sw_count_characters(state->name);
	struct sw_mistake mistake = sw_at_key(place, NULL);
	char aws[480];

	sw_names_add(c->in_flow, scope, state->name, state);
	/* The text for long ones is recorded by others on AWS: ChristopheBougere/asl-validator#69. */
	if (characters == 0 || characters > SW_NAME_CHARACTERS_MAX) {
		snprintf(aws, sizeof(aws),
			 "Invalid State name: State '%.380s' exceeds the %d-character limit allowed by the "
			 "service",
			 state->name, SW_NAME_CHARACTERS_MAX);
		mistake.aws_text = characters > 0 ? aws : NULL;
		mistake.code = SW_CODE_STATE_NAME;
		sw_report(c, mistake, "the name of a state must have 1 to %d characters, this one has %zu",
			  SW_NAME_CHARACTERS_MAX, characters);
	}
	if (!sw_names_add(c->in_machine, NULL, state->name, state)) {
		char other[256] = "";
		const struct sw_state *first = sw_names_find(c->in_machine, NULL, state->name);
		sw_place_print(c->place_of[first->index], other, sizeof(other));
		snprintf(aws, sizeof(aws), "Duplicate State name: %.400s", state->name);
		mistake.code = SW_CODE_DUPLICATE_STATE;
		mistake.aws_text = aws;
		sw_report(c, mistake,
			  "there is a state of this name already, %s: names are unique in the whole machine",
			  other);
	}
}

/* A transition where the type has none is reported; what it was to lead to is then not called unreachable. */
static void note_misplaced(const json_t *json, enum sw_state_type type, struct sw_scope *scope)
{
	static const char *const names[] = {"Next", "Choices", "Default", "Catch"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (json_object_get(json, names[i]) && !sw_field_find(names[i], type))
			scope->broken = true;
	}
}

static void compile_state(struct sw_compiler *c, const char *name, const json_t *json, struct sw_scope *scope,
			  const struct sw_place *up)
{
	char pointer[POINTER_BYTES_MAX] = "";
	const struct sw_place *place = sw_compiler_place(c, SW_PLACE_KEY(up, name));
	unsigned flags;

	if (!place)
		return;
	SW_ASSERT(c->used < c->count);
	uint32_t index = c->used++;
	struct sw_state *s = &c->states[index];
	s->index = index;
	s->name = name;
	s->flow = scope->flow;
	c->scope_of[index] = scope;
	c->place_of[index] = place;
	sw_place_print(place, pointer, sizeof(pointer));
	s->pointer = sw_arena_strdup(&c->machine->owner.arena, pointer, strlen(pointer));
	if (!s->pointer)
		c->result = SW_ENOMEM;
	check_name(c, s, scope, place);
	if (!json_is_object(json)) {
		scope->broken = true;
		sw_report(c, sw_at(place, "Expected value of type Object"),
			  "a state must be an object, not %s", sw_type_phrase(json));
		return;
	}
	if (!find_type(c, json, place, &s->type)) {
		scope->broken = true;
		return;
	}
	note_misplaced(json, s->type, scope);
	const struct sw_language *language = state_language(c, json, place, &flags);
	struct sw_work work = {s, json, place, scope, language, flags};
	s->language = language->ops;
	sw_check_object(c, language, json, s->type, flags, place);
	compile_common(c, &work);
	if (c->result == SW_OK)
		compile_type[s->type](c, &work);
}

/* ---- flows -------------------------------------------------------------------------------------------- */

static struct sw_scope *new_scope(struct sw_compiler *c, const struct sw_flow *flow,
				  const struct sw_place *place)
{
	struct sw_scope *scope = sw_arena_alloc(&c->scratch, sizeof(*scope));
	const struct sw_place *base = flow->owner ? c->place_of[flow->owner->index] : NULL;
	const struct sw_place *kept = keep_places(c, place, base);
	if (!scope || (place && !kept)) {
		c->result = SW_ENOMEM;
		return NULL;
	}
	*scope = (struct sw_scope){.flow = flow, .place = kept};
	*c->scopes_end = scope;
	c->scopes_end = &scope->next;
	return scope;
}

bool sw_compile_flow(struct sw_compiler *c, const json_t *json, unsigned context,
		     const struct sw_state *owner, uint32_t index, const struct sw_place *place,
		     struct sw_flow *flow)
{
	flow->owner = owner;
	flow->index = index;
	if (!sw_check_object(c, c->language, json, context, 0, place))
		return false;
	struct sw_scope *scope = new_scope(c, flow, place);
	if (!scope)
		return true;
	const struct sw_place *states_at = sw_compiler_place(c, SW_PLACE_KEY(scope->place, "States"));
	const json_t *states = sw_member(json, "States", SW_TYPE_OBJECT);
	const char *name;
	json_t *state;
	if (!states_at || !states) {
		scope->broken = true;
		return true;
	}
	json_object_foreach((json_t *)states, name, state)
	{
		if (c->result == SW_OK)
			compile_state(c, name, state, scope, states_at);
	}
	if (json_object_size(states) == 0)
		scope->broken = true;
	else if (c->result == SW_OK)
		sw_compile_target(c, json_object_get(json, "StartAt"), scope, scope->place, scope->place,
				  "StartAt", &flow->start);
	return true;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

/* An upper bound of the states below a flow. The depth is bounded by that of the JSON text. */
static size_t count_states(const json_t *flow)
{
	const json_t *states = json_object_get(flow, "States");
	size_t count = json_object_size(states), index;
	const char *name;
	json_t *state, *branch;

	json_object_foreach((json_t *)states, name, state)
	{
		json_array_foreach(json_object_get(state, "Branches"), index, branch) count +=
			count_states(branch);
		count += count_states(json_object_get(state, "ItemProcessor"));
		count += count_states(json_object_get(state, "Iterator"));
	}
	return count;
}

static enum sw_result prepare(struct sw_compiler *c, const json_t *root, struct sw_error *err)
{
	size_t count = count_states(root);
	if (count > SW_STATES_MAX)
		return sw_error_set(err, SW_ELIMIT, "the definition has more than %d states", SW_STATES_MAX);
	c->count = (uint32_t)count;
	c->suggestions_left = SUGGESTIONS_MAX;
	c->scopes_end = &c->scopes;
	c->targets_end = &c->targets;
	if (count == 0)
		count = 1;
	c->states = sw_compiler_take(c, count, sizeof(*c->states));
	c->resources = sw_compiler_take(c, count, sizeof(*c->resources));
	c->scope_of = sw_arena_alloc(&c->scratch, count * sizeof(struct sw_scope *));
	c->place_of = sw_arena_alloc(&c->scratch, count * sizeof(struct sw_place *));
	c->in_flow = sw_names_new(&c->scratch, count);
	c->in_machine = sw_names_new(&c->scratch, count);
	c->labels = sw_names_new(&c->scratch, count);
	if (c->result != SW_OK || !c->scope_of || !c->place_of || !c->in_flow || !c->in_machine || !c->labels)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	return SW_OK;
}

static enum sw_result compile_tree(struct sw_compiler *c, const json_t *root, struct sw_error *err)
{
	struct sw_machine *machine = c->machine;
	int64_t timeout_seconds;

	if (!json_is_object(root)) {
		struct sw_mistake mistake = sw_at(NULL, "Definition must be a valid JSON object");
		mistake.aws_nowhere = true;
		sw_report(c, mistake, "a state machine definition must be a JSON object, not %s",
			  sw_type_phrase(root));
		return c->result;
	}
	enum sw_result r = prepare(c, root, err);
	if (r != SW_OK)
		return r;
	const struct sw_language *language = find_language(sw_text(json_object_get(root, "QueryLanguage")));
	c->language = language ? language : &languages[0];
	machine->language = c->language->ops;
	machine->comment = sw_text(json_object_get(root, "Comment"));
	const json_t *timeout = sw_member(root, "TimeoutSeconds", SW_TYPE_INTEGER);
	if (timeout && sw_json_whole(timeout, &timeout_seconds))
		machine->timeout_seconds = timeout_seconds;
	sw_compile_flow(c, root, SW_IN_MACHINE, NULL, 0, NULL, &machine->flow);
	machine->states = c->states;
	machine->states_count = c->used;
	machine->resources = c->resources;
	if (c->result == SW_OK)
		sw_check_graph(c);
	return c->result;
}

/* The text is no JSON: one finding, in AWS's words as far as they are known. */
static enum sw_result report_json(struct sw_findings *findings, const char *text, size_t len,
				  const struct sw_error *err)
{
	bool blank = true;
	for (size_t i = 0; i < len && blank; i++)
		blank = text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t';
	if (blank)
		return sw_findings_add_error(findings, SW_CODE_SCHEMA,
					     "Definition must be a valid JSON object", err);
	return sw_findings_add_error(findings, SW_CODE_JSON, NULL, err);
}

static enum sw_result compile_text(struct sw_machine *machine, bool alone, struct sw_findings *findings,
				   struct sw_error *err)
{
	struct sw_compiler c = {.machine = machine, .findings = findings, .alone = alone, .result = SW_OK};
	struct sw_error mistake = {0};
	json_t *root = NULL;

	enum sw_result r = sw_json_parse(machine->text, machine->text_len, 0, &root, &mistake);
	if (r == SW_EJSON)
		return report_json(findings, machine->text, machine->text_len, &mistake);
	if (r != SW_OK)
		return sw_error_set(err, r, "%s", mistake.text);
	if (!sw_owner_adopt_tree_new(&machine->owner, root))
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	sw_arena_init(&c.scratch, 65536);
	r = compile_tree(&c, root, err);
	if (r == SW_OK)
		r = sw_findings_settle(findings, machine->text, machine->text_len);
	sw_arena_done(&c.scratch);
	return r;
}

static struct sw_machine *machine_new(const char *text, size_t len)
{
	struct sw_machine *machine = sw_zalloc(sizeof(*machine));
	if (!machine)
		return NULL;
	machine->references = 1;
	sw_owner_init(&machine->owner);
	machine->text = sw_memdup(text, len);
	machine->text_len = len;
	if (!machine->text || sw_sha256(text, len, machine->hash) != SW_OK) {
		sw_machine_unref(machine);
		return NULL;
	}
	return machine;
}

/* Ends a compilation: what was made goes to the caller, or away. Takes machine and findings. */
static enum sw_result settle(enum sw_result r, struct sw_machine *machine, struct sw_findings *findings,
			     struct sw_machine **ret_machine, struct sw_findings **ret_findings,
			     struct sw_error *err)
{
	if (r == SW_OK && sw_findings_errors(findings) > 0) {
		size_t i = 0;
		while (sw_findings_get(findings, i)->severity != SW_SEVERITY_ERROR)
			i++;
		if (err && err->code == SW_OK)
			*err = sw_findings_get(findings, i)->error;
		r = SW_EDEFINITION;
	}
	if (r == SW_ENOMEM)
		sw_error_set(err, SW_ENOMEM, "out of memory");
	if (r == SW_OK)
		*ret_machine = machine;
	else
		sw_machine_unref(machine);
	if (ret_findings && (r == SW_OK || r == SW_EDEFINITION))
		*ret_findings = findings;
	else
		sw_findings_free(findings);
	return r;
}

static enum sw_result check_length(size_t len, struct sw_error *err)
{
	if (len <= SW_DEFINITION_BYTES_MAX)
		return SW_OK;
	return sw_error_set(err, SW_ELIMIT, "the definition is longer than %d bytes",
			    SW_DEFINITION_BYTES_MAX);
}

enum sw_result sw_machine_compile(const char *text, size_t len, struct sw_machine **ret_machine,
				  struct sw_findings **ret_findings, struct sw_error *err)
{
	enum sw_result r = check_length(len, err);
	if (r < 0)
		return r;
	struct sw_machine *machine = machine_new(text, len);
	struct sw_findings *findings = sw_findings_new();
	r = machine && findings ? compile_text(machine, false, findings, err) : SW_ENOMEM;
	return settle(r, machine, findings, ret_machine, ret_findings, err);
}

/* A machine of the one state, in lines of its own so that columns stay what they are. NULL: out of memory. */
static struct sw_machine *wrap_state(const char *text, size_t len, const char *name)
{
	struct sw_buf wrapped = SW_BUF;
	struct sw_machine *machine = NULL;
	sw_buf_text(&wrapped, "{\"StartAt\":");
	sw_json_quote(&wrapped, name, strlen(name));
	sw_buf_text(&wrapped, ",\"States\":{");
	sw_json_quote(&wrapped, name, strlen(name));
	sw_buf_text(&wrapped, ":\n");
	sw_buf_append(&wrapped, text, len);
	sw_buf_text(&wrapped, "\n}}");
	if (sw_buf_result(&wrapped) == SW_OK)
		machine = machine_new(wrapped.data, wrapped.len);
	sw_buf_done(&wrapped);
	return machine;
}

enum sw_result sw_machine_compile_state(const char *text, size_t len, const char *name,
					struct sw_machine **ret_machine, struct sw_findings **ret_findings,
					struct sw_error *err)
{
	enum sw_result r = check_length(len, err);
	if (r < 0)
		return r;
	/* The text must be one value by itself before another text may be put around it. */
	struct sw_error mistake = {0};
	struct sw_machine *machine = NULL;
	struct sw_findings *findings = sw_findings_new();
	r = findings ? sw_json_check(text, len, &mistake) : SW_ENOMEM;
	if (r == SW_EJSON) {
		r = report_json(findings, text, len, &mistake);
	} else if (r == SW_OK) {
		machine = wrap_state(text, len, name);
		r = machine ? compile_text(machine, true, findings, err) : SW_ENOMEM;
		if (r == SW_OK)
			sw_findings_lift(findings, 1);
	} else {
		sw_error_set(err, r, "%s", mistake.text);
	}
	return settle(r, machine, findings, ret_machine, ret_findings, err);
}
