/*
 * Payload templates: JSON in which some members are expressions. A template is compiled to a tree of nodes
 * that has nodes only on the way to expressions; all else is constant and shared with every result.
 */
#include "asl/query.h"

#include <stdio.h>
#include <string.h>

struct member {
	struct member *next;
	const char *name;  /* in the result; NULL for items of arrays */
	const char *field; /* as written, for messages */
	const struct sw_template *value;
};

struct sw_template {
	const json_t *constant;       /* or */
	const struct sw_expr *expr;   /* or */
	const struct member *members; /* of an object, or an array's items */
	bool object;
	const char *field; /* the key of a single member, for messages; NULL */
};

/* Of an array or object of the source. */
struct mark {
	uint32_t containers;
	bool expression;
};

struct compiler {
	const struct sw_query_ops *language;
	struct sw_owner *owner;
	sw_template_mistake_fn *mistake;
	void *user;
	bool mistaken, failed; /* failed: out of memory */
	struct mark *marks;
	size_t marks_count, marks_capacity, next_mark;
	char pointer[256];
};

static enum sw_result compile(struct compiler *compiler, const char *key, const json_t *source,
			      unsigned depth, const struct sw_template **ret_template);

static void report(struct compiler *compiler, const struct sw_error *err)
{
	const char *code =
		err->code == SW_EINVAL ? compiler->language->refusal_code : compiler->language->mistake_code;
	compiler->mistaken = true;
	if (compiler->mistake)
		compiler->mistake(compiler->user, compiler->pointer, code ? code : "SCHEMA_VALIDATION_FAILED",
				  err);
}

static bool grow_marks(struct compiler *compiler)
{
	size_t capacity = compiler->marks_capacity ? compiler->marks_capacity * 2 : 64;
	struct mark *grown = sw_realloc_array(compiler->marks, capacity, sizeof(*grown));
	if (!grown) {
		compiler->failed = true;
		return false;
	}
	compiler->marks = grown;
	compiler->marks_capacity = capacity;
	return true;
}

/*
 * One walk before compiling tells for each array and object, in the order in which they are met, how many there are in
 * it (itself included) and whether there is an expression among them: what has none is one constant.
 */
static size_t mark(struct compiler *compiler, const char *key, const json_t *source, unsigned depth,
		   bool *ret_expression)
{
	json_t *tree = (json_t *)source; /* jansson's iterators are not const */
	size_t here = compiler->marks_count, containers = 1;
	bool expression = false, below;
	*ret_expression = compiler->language->is_expression(key, source);
	if (*ret_expression || depth > SW_JSON_DEPTH_MAX ||
	    (!json_is_object(source) && !json_is_array(source)))
		return 0;
	if (here == compiler->marks_capacity && !grow_marks(compiler))
		return 0;
	compiler->marks_count++;
	for (void *at = json_object_iter(tree); at; at = json_object_iter_next(tree, at)) {
		containers += mark(compiler, json_object_iter_key(at), json_object_iter_value(at), depth + 1,
				   &below);
		expression = expression || below;
	}
	for (size_t i = 0; i < json_array_size(source); i++) {
		containers += mark(compiler, NULL, json_array_get(source, i), depth + 1, &below);
		expression = expression || below;
	}
	if (!compiler->failed)
		compiler->marks[here] = (struct mark){(uint32_t)containers, expression};
	*ret_expression = expression;
	return containers;
}

static enum sw_result compile_expression(struct compiler *compiler, const json_t *source,
					 const struct sw_expr **ret_expr)
{
	struct sw_error err = {0};
	enum sw_result r;
	if (!sw_json_is_string(source))
		r = sw_error_set(&err, SW_EQUERY, "the value must be a string");
	else
		r = compiler->language->compile(json_string_value(source), json_string_length(source),
						compiler->language->template_kinds, compiler->owner, ret_expr,
						&err);
	if (r == SW_EQUERY || r == SW_EINVAL) {
		report(compiler, &err);
		return SW_OK;
	}
	return r;
}

static enum sw_result add_member(struct compiler *compiler, const char *key, const json_t *source,
				 unsigned depth, const json_t *object, struct member ***last)
{
	struct sw_arena *arena = &compiler->owner->arena;
	struct member *member = sw_arena_alloc(arena, sizeof(*member));
	if (!member)
		return SW_ENOMEM;
	if (key) {
		member->field = sw_arena_strdup(arena, key, strlen(key));
		member->name = sw_arena_strdup(arena, key, compiler->language->name_length(key, source));
		if (!member->field || !member->name)
			return SW_ENOMEM;
	}
	**last = member;
	*last = &member->next;
	return compile(compiler, key, source, depth, &member->value);
}

static enum sw_result compile_members(struct compiler *compiler, const json_t *source, unsigned depth,
				      struct sw_template *template)
{
	json_t *tree = (json_t *)source; /* jansson's iterators are not const */
	struct member *first = NULL, **last = &first;
	size_t pointer_len = strlen(compiler->pointer);
	enum sw_result r = SW_OK;
	template->object = json_is_object(source);
	for (void *at = json_object_iter(tree); at && r == SW_OK; at = json_object_iter_next(tree, at)) {
		sw_pointer_push(compiler->pointer, sizeof(compiler->pointer), json_object_iter_key(at));
		r = add_member(compiler, json_object_iter_key(at), json_object_iter_value(at), depth, source,
			       &last);
		compiler->pointer[pointer_len] = '\0';
	}
	for (size_t i = 0; i < json_array_size(source) && r == SW_OK; i++) {
		sw_pointer_push_index(compiler->pointer, sizeof(compiler->pointer), i);
		r = add_member(compiler, NULL, json_array_get(source, i), depth, NULL, &last);
		compiler->pointer[pointer_len] = '\0';
	}
	template->members = first;
	return r;
}

/* Takes the mark of source, if it has one; those below are taken with it unless they are met, too. */
static bool is_constant(struct compiler *compiler, const json_t *source, unsigned depth)
{
	if (depth > SW_JSON_DEPTH_MAX || (!json_is_object(source) && !json_is_array(source)))
		return true;
	struct mark here = compiler->marks[compiler->next_mark];
	compiler->next_mark += here.expression ? 1 : here.containers;
	return !here.expression;
}

static enum sw_result compile(struct compiler *compiler, const char *key, const json_t *source,
			      unsigned depth, const struct sw_template **ret_template)
{
	struct sw_template *template = sw_arena_alloc(&compiler->owner->arena, sizeof(*template));
	enum sw_result r = SW_OK;
	if (!template)
		return SW_ENOMEM;
	*ret_template = template;
	if (compiler->language->is_expression(key, source)) {
		r = compile_expression(compiler, source, &template->expr);
	} else if (!is_constant(compiler, source, depth)) {
		r = compile_members(compiler, source, depth + 1, template);
	} else {
		template->constant = sw_owner_adopt_tree_new(compiler->owner, json_incref((json_t *)source));
		if (!template->constant)
			r = SW_ENOMEM;
	}
	return r;
}

static enum sw_result compile_whole(const char *key, const json_t *source,
				    const struct sw_query_ops *language, struct sw_owner *owner,
				    const struct sw_template **ret_template, sw_template_mistake_fn *mistake,
				    void *user)
{
	struct compiler compiler = {.language = language, .owner = owner, .mistake = mistake, .user = user};
	const struct sw_template *template = NULL;
	bool expression;
	(void)mark(&compiler, key, source, 0, &expression);
	enum sw_result r = compiler.failed ? SW_ENOMEM : compile(&compiler, key, source, 0, &template);
	sw_free(compiler.marks);
	if (r < 0)
		return r;
	if (compiler.mistaken)
		return SW_EQUERY;
	if (key) {
		char *field = sw_arena_strdup(&owner->arena, key, strlen(key));
		if (!field)
			return SW_ENOMEM;
		((struct sw_template *)template)->field = field;
	}
	*ret_template = template;
	return SW_OK;
}

enum sw_result sw_template_compile(const json_t *source, const struct sw_query_ops *language,
				   struct sw_owner *owner, const struct sw_template **ret_template,
				   sw_template_mistake_fn *mistake, void *user)
{
	return compile_whole(NULL, source, language, owner, ret_template, mistake, user);
}

enum sw_result sw_template_compile_member(const char *key, const json_t *value,
					  const struct sw_query_ops *language, struct sw_owner *owner,
					  const struct sw_template **ret_template,
					  sw_template_mistake_fn *mistake, void *user)
{
	return compile_whole(key, value, language, owner, ret_template, mistake, user);
}

/* ---- evaluation --------------------------------------------------------------------------------------- */

/* One evaluation. When it fails, the way from the expression outwards is put together for its location. */
struct evaluation {
	const struct sw_query_env *env;
	struct sw_failure *failure;
	const struct sw_expr *blamed; /* whose failure is to be located; NULL: none */
	char below[256];              /* "/a[0]": where it stands in the template; cut at its beginning */
};

static enum sw_result evaluate(struct evaluation *evaluation, const struct sw_template *template,
			       const char *field, json_t **ret_tree);

/* Puts mark and token, "/" and a name or "[" and "0]", before what is there. */
static void locate_below(struct evaluation *evaluation, char mark, const char *token)
{
	size_t len = strlen(token), used = strlen(evaluation->below);
	if (len + 1 + used >= sizeof(evaluation->below))
		return;
	memmove(evaluation->below + len + 1, evaluation->below, used + 1);
	evaluation->below[0] = mark;
	memcpy(evaluation->below + 1, token, len);
}

static void locate_member(struct evaluation *evaluation, const struct sw_template *template,
			  const struct member *failed)
{
	char index[24];
	size_t count = 0;
	if (!evaluation->blamed)
		return;
	for (const struct member *member = template->members; member != failed; member = member->next)
		count++;
	/* "Output/a/b[0]", as floci-io/floci#2689 has it of AWS. */
	snprintf(index, sizeof(index), "%zu]", count);
	if (template->object)
		locate_below(evaluation, '/', failed->name);
	else
		locate_below(evaluation, '[', index);
}

static enum sw_result evaluate_members(struct evaluation *evaluation, const struct sw_template *template,
				       json_t **ret_tree)
{
	json_t *tree = template->object ? json_object() : json_array();
	enum sw_result r = tree ? SW_OK : SW_ENOMEM;
	for (const struct member *member = template->members; member && r == SW_OK; member = member->next) {
		json_t *value = NULL;
		r = evaluate(evaluation, member->value, member->field, &value);
		if (r < 0) {
			locate_member(evaluation, template, member);
			break;
		}
		if ((template->object ? json_object_set_new_nocheck(tree, member->name, value)
				      : json_array_append_new(tree, value)) != 0)
			r = SW_ENOMEM;
	}
	if (r < 0)
		json_decref(tree);
	else
		*ret_tree = tree;
	return r;
}

static enum sw_result evaluate(struct evaluation *evaluation, const struct sw_template *template,
			       const char *field, json_t **ret_tree)
{
	if (template->constant) {
		*ret_tree = json_incref((json_t *)template->constant);
		return SW_OK;
	}
	if (!template->expr)
		return evaluate_members(evaluation, template, ret_tree);
	const struct sw_query_ops *ops = template->expr->ops;
	enum sw_result r = ops->evaluate(template->expr, evaluation->env, ret_tree, evaluation->failure);
	if (r == SW_EQUERY && ops->explain)
		r = ops->explain(template->expr, field ? field : "", evaluation->env, ret_tree,
				 evaluation->failure);
	if (r == SW_EQUERY && ops->locate)
		evaluation->blamed = template->expr;
	return r;
}

enum sw_result sw_template_evaluate(const struct sw_template *template, const char *field,
				    const struct sw_query_env *env, json_t **ret_tree,
				    struct sw_failure *failure)
{
	struct evaluation evaluation = {.env = env, .failure = failure};
	enum sw_result r = evaluate(&evaluation, template, template->field, ret_tree);
	if (!evaluation.blamed || r != SW_EQUERY)
		return r;
	if (template->field)
		locate_below(&evaluation, '/', template->field);
	char *location = sw_asprintf("%s%s", field, evaluation.below);
	r = location ? evaluation.blamed->ops->locate(evaluation.blamed, location, failure) : SW_ENOMEM;
	sw_free(location);
	return r < 0 ? r : SW_EQUERY;
}

const struct sw_expr *sw_template_expression(const struct sw_template *template)
{
	return template->expr;
}

static void visit(const struct sw_template *template, char pointer[256], sw_template_each_fn *each,
		  void *user)
{
	size_t len = strlen(pointer), index = 0;
	if (template->expr)
		each(user, pointer, template->expr);
	for (const struct member *member = template->members; member; member = member->next) {
		if (template->object)
			sw_pointer_push(pointer, 256, member->name);
		else
			sw_pointer_push_index(pointer, 256, index++);
		visit(member->value, pointer, each, user);
		pointer[len] = '\0';
	}
}

void sw_template_each(const struct sw_template *template, sw_template_each_fn *each, void *user)
{
	char pointer[256] = "";
	visit(template, pointer, each, user);
}

bool sw_template_reads_input(const struct sw_template *template)
{
	if (template->expr)
		return template->expr->ops->reads_input && template->expr->ops->reads_input(template->expr);
	for (const struct member *member = template->members; member; member = member->next) {
		if (sw_template_reads_input(member->value))
			return true;
	}
	return false;
}
