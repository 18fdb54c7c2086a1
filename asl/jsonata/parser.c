/* JSONata's grammar: Pratt's "top down operator precedence", in the order of the reference implementation. */
#include "asl/jsonata/tree.h"

#include <stdio.h>

static enum sw_result expression(struct sw_jn_compiler *compiler, int power, struct sw_jn_node **ret_node);

struct sw_jn_node *sw_jn_node_new(struct sw_jn_compiler *compiler, enum sw_jn_node_kind kind)
{
	struct sw_jn_node *node = sw_jn_compiler_alloc(compiler, sizeof(*node));
	if (node)
		node->kind = (uint8_t)kind;
	return node;
}

enum sw_result sw_jn_nodes_push(struct sw_jn_compiler *compiler, struct sw_jn_nodes *nodes,
				struct sw_jn_node *node)
{
	struct sw_jn_node **items =
		sw_jn_compiler_grow(compiler, nodes->items, nodes->count, &nodes->capacity, sizeof(*items));
	if (!items)
		return compiler->failed;
	nodes->items = items;
	items[nodes->count++] = node;
	return SW_OK;
}

/* ---- tokens --------------------------------------------------------------------------------------- */

static bool at_symbol(const struct sw_jn_compiler *compiler, int symbol)
{
	return compiler->token.kind == SW_JN_TOKEN_OPERATOR && compiler->token.symbol == symbol;
}

/* The token's value as JSON, as messages hold it: what is no text is printed bare. */
static const char *token_text(struct sw_jn_value value, char *out, size_t bytes)
{
	if (value.kind == SW_JN_STRING)
		snprintf(out, bytes, "%.*s", (int)(value.len < 60 ? value.len : 60), value.text);
	else if (value.kind == SW_JN_BOOLEAN)
		snprintf(out, bytes, "%s", value.boolean ? "true" : "false");
	else
		snprintf(out, bytes, "null");
	if (value.kind == SW_JN_NUMBER) {
		struct sw_buf digits = SW_BUF;
		sw_jn_print_number(value.number, &digits);
		snprintf(out, bytes, "%s", digits.failed ? "" : digits.data);
		sw_buf_done(&digits);
	}
	return out;
}

static enum sw_result fail_token(struct sw_jn_compiler *compiler, const char *code,
				 const struct sw_jn_token *token, const char *value)
{
	char text[64];
	compiler->bare_token = token->value.kind != SW_JN_STRING;
	return sw_jn_compiler_fail(compiler, code, token->position, token->at,
				   token_text(token->value, text, sizeof(text)), value);
}

static enum sw_result next(struct sw_jn_compiler *compiler, bool infix)
{
	if (sw_jn_lex(compiler, infix) < 0)
		return compiler->failed;
	if (at_symbol(compiler, '!') || at_symbol(compiler, '~'))
		return fail_token(compiler, "S0204", &compiler->token, NULL);
	return SW_OK;
}

/* The token must be this operator; goes behind it. */
static enum sw_result expect(struct sw_jn_compiler *compiler, int symbol, bool infix)
{
	if (!at_symbol(compiler, symbol)) {
		char quoted[8];
		snprintf(quoted, sizeof(quoted), "\"%c\"", symbol);
		return fail_token(compiler, compiler->token.kind == SW_JN_TOKEN_END ? "S0203" : "S0202",
				  &compiler->token, quoted);
	}
	return next(compiler, infix);
}

static struct sw_jn_node *node_of(struct sw_jn_compiler *compiler, enum sw_jn_node_kind kind,
				  const struct sw_jn_token *token)
{
	struct sw_jn_node *node = sw_jn_node_new(compiler, kind);
	if (node) {
		node->value = token->value;
		node->position = token->position;
		node->at = token->at;
	}
	return node;
}

/* ---- operators -------------------------------------------------------------------------------------- */

static int power_of(const struct sw_jn_token *token)
{
	if (token->kind != SW_JN_TOKEN_OPERATOR)
		return 0;
	switch (token->symbol) {
	case '[':
	case '(':
	case '@':
	case '#':
		return 80;
	case '.':
		return 75;
	case '{':
		return 70;
	case '*':
	case '/':
	case '%':
		return 60;
	case '+':
	case '-':
	case '&':
		return 50;
	case '=':
	case '<':
	case '>':
	case '^':
	case SW_JN_SYMBOL_NOT_EQUAL:
	case SW_JN_SYMBOL_LESS_EQUAL:
	case SW_JN_SYMBOL_GREATER_EQUAL:
	case SW_JN_SYMBOL_APPLY:
	case SW_JN_SYMBOL_ELVIS:
	case SW_JN_SYMBOL_COALESCE:
	case SW_JN_SYMBOL_IN:
		return 40;
	case SW_JN_SYMBOL_AND:
		return 30;
	case SW_JN_SYMBOL_OR:
		return 25;
	case '?':
		return 20;
	case SW_JN_SYMBOL_BIND:
		return 10;
	default:
		return 0;
	}
}

static enum sw_jn_op op_of(uint8_t symbol)
{
	switch (symbol) {
	case '.':
		return SW_JN_OP_DOT;
	case '+':
		return SW_JN_OP_ADD;
	case '-':
		return SW_JN_OP_SUBTRACT;
	case '*':
		return SW_JN_OP_MULTIPLY;
	case '/':
		return SW_JN_OP_DIVIDE;
	case '%':
		return SW_JN_OP_MODULO;
	case '=':
		return SW_JN_OP_EQUAL;
	case '<':
		return SW_JN_OP_LESS;
	case '>':
		return SW_JN_OP_GREATER;
	case '&':
		return SW_JN_OP_CONCAT;
	case '@':
		return SW_JN_OP_FOCUS;
	case '#':
		return SW_JN_OP_INDEX;
	case SW_JN_SYMBOL_NOT_EQUAL:
		return SW_JN_OP_NOT_EQUAL;
	case SW_JN_SYMBOL_LESS_EQUAL:
		return SW_JN_OP_LESS_EQUAL;
	case SW_JN_SYMBOL_GREATER_EQUAL:
		return SW_JN_OP_GREATER_EQUAL;
	case SW_JN_SYMBOL_APPLY:
		return SW_JN_OP_APPLY;
	case SW_JN_SYMBOL_IN:
		return SW_JN_OP_IN;
	case SW_JN_SYMBOL_AND:
		return SW_JN_OP_AND;
	case SW_JN_SYMBOL_OR:
		return SW_JN_OP_OR;
	default:
		return SW_JN_OP_NONE;
	}
}

/* key: value, ... } */
static enum sw_result pairs(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	struct sw_jn_node *key, *value;
	if (!at_symbol(compiler, '}'))
		for (;;) {
			if (expression(compiler, 0, &key) < 0 || expect(compiler, ':', false) < 0 ||
			    expression(compiler, 0, &value) < 0 ||
			    sw_jn_nodes_push(compiler, &node->items, key) < 0 ||
			    sw_jn_nodes_push(compiler, &node->items, value) < 0)
				return compiler->failed;
			if (!at_symbol(compiler, ','))
				break;
			if (expect(compiler, ',', false) < 0)
				return compiler->failed;
		}
	return expect(compiler, '}', true);
}

static enum sw_result block(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	struct sw_jn_node *item;
	while (!at_symbol(compiler, ')')) {
		if (expression(compiler, 0, &item) < 0 || sw_jn_nodes_push(compiler, &node->items, item) < 0)
			return compiler->failed;
		if (!at_symbol(compiler, ';'))
			break;
		if (expect(compiler, ';', false) < 0)
			return compiler->failed;
	}
	return expect(compiler, ')', true);
}

/* One item of [ ... ], which may be a range. */
static enum sw_result array_item(struct sw_jn_compiler *compiler, struct sw_jn_node **ret_item)
{
	struct sw_jn_node *range;
	if (expression(compiler, 0, ret_item) < 0)
		return compiler->failed;
	if (!at_symbol(compiler, SW_JN_SYMBOL_RANGE))
		return SW_OK;
	range = node_of(compiler, SW_JN_NODE_BINARY, &compiler->token);
	if (!range)
		return compiler->failed;
	range->op = SW_JN_OP_RANGE;
	range->lhs = *ret_item;
	*ret_item = range;
	return next(compiler, false) < 0 ? compiler->failed : expression(compiler, 0, &range->rhs);
}

static enum sw_result array(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	struct sw_jn_node *item;
	if (!at_symbol(compiler, ']'))
		for (;;) {
			if (array_item(compiler, &item) < 0 ||
			    sw_jn_nodes_push(compiler, &node->items, item) < 0)
				return compiler->failed;
			if (!at_symbol(compiler, ','))
				break;
			if (expect(compiler, ',', false) < 0)
				return compiler->failed;
		}
	return expect(compiler, ']', true);
}

static enum sw_result transform(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	if (expression(compiler, 0, &node->lhs) < 0 || expect(compiler, '|', false) < 0 ||
	    expression(compiler, 0, &node->rhs) < 0)
		return compiler->failed;
	if (at_symbol(compiler, ',') &&
	    (expect(compiler, ',', false) < 0 || expression(compiler, 0, &node->other) < 0))
		return compiler->failed;
	return expect(compiler, '|', false);
}

/* A token as the start of an operand. */
static enum sw_result prefix(struct sw_jn_compiler *compiler, const struct sw_jn_token *token,
			     struct sw_jn_node *node)
{
	switch (token->symbol) {
	case '-':
		node->kind = SW_JN_NODE_NEGATE;
		return expression(compiler, 70, &node->lhs);
	case '*':
		node->kind = SW_JN_NODE_WILDCARD;
		return SW_OK;
	case SW_JN_SYMBOL_DESCENDANT:
		node->kind = SW_JN_NODE_DESCENDANT;
		return SW_OK;
	case '%':
		node->kind = SW_JN_NODE_PARENT;
		return SW_OK;
	case '(':
		node->kind = SW_JN_NODE_BLOCK;
		return block(compiler, node);
	case '[':
		node->kind = SW_JN_NODE_ARRAY;
		return array(compiler, node);
	case '{':
		node->kind = SW_JN_NODE_OBJECT;
		return pairs(compiler, node);
	case '|':
		node->kind = SW_JN_NODE_TRANSFORM;
		return transform(compiler, node);
	case SW_JN_SYMBOL_AND:
	case SW_JN_SYMBOL_OR:
	case SW_JN_SYMBOL_IN:
		node->kind = SW_JN_NODE_OPERATOR;
		return SW_OK;
	default:
		return fail_token(compiler, "S0211", token, NULL);
	}
}

static enum sw_result operand(struct sw_jn_compiler *compiler, const struct sw_jn_token *token,
			      struct sw_jn_node **ret_node)
{
	static const uint8_t kinds[] = {
		[SW_JN_TOKEN_END] = SW_JN_NODE_END,           [SW_JN_TOKEN_NAME] = SW_JN_NODE_NAME,
		[SW_JN_TOKEN_VARIABLE] = SW_JN_NODE_VARIABLE, [SW_JN_TOKEN_STRING] = SW_JN_NODE_STRING,
		[SW_JN_TOKEN_NUMBER] = SW_JN_NODE_NUMBER,     [SW_JN_TOKEN_VALUE] = SW_JN_NODE_VALUE,
		[SW_JN_TOKEN_REGEX] = SW_JN_NODE_REGEX,       [SW_JN_TOKEN_OPERATOR] = SW_JN_NODE_OPERATOR,
	};
	*ret_node = node_of(compiler, kinds[token->kind], token);
	if (!*ret_node)
		return compiler->failed;
	(*ret_node)->regex = token->regex;
	return token->kind == SW_JN_TOKEN_OPERATOR ? prefix(compiler, token, *ret_node) : SW_OK;
}

/* ---- calls and lambdas ------------------------------------------------------------------------------ */

static enum sw_result arguments(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	struct sw_jn_node *argument;
	if (!at_symbol(compiler, ')'))
		for (;;) {
			if (at_symbol(compiler, '?')) {
				node->kind = SW_JN_NODE_PARTIAL;
				argument = node_of(compiler, SW_JN_NODE_OPERATOR, &compiler->token);
				if (!argument || next(compiler, false) < 0)
					return compiler->failed;
			} else if (expression(compiler, 0, &argument) < 0) {
				return compiler->failed;
			}
			if (sw_jn_nodes_push(compiler, &node->items, argument) < 0)
				return compiler->failed;
			if (!at_symbol(compiler, ','))
				break;
			if (expect(compiler, ',', false) < 0)
				return compiler->failed;
		}
	return expect(compiler, ')', true);
}

/* <...> behind the parameters; the token is its '<'. */
static enum sw_result lambda_signature(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	struct sw_jn_token start = compiler->token;
	char text[512] = "<", word[64];
	size_t len = 1;
	int depth = 1;
	while (depth > 0 && !at_symbol(compiler, '{') && compiler->token.kind != SW_JN_TOKEN_END) {
		if (next(compiler, false) < 0)
			return compiler->failed;
		if (at_symbol(compiler, '>'))
			depth--;
		else if (at_symbol(compiler, '<'))
			depth++;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
					token_text(compiler->token.value, word, sizeof(word)));
		if (len >= sizeof(text))
			return sw_jn_compiler_fail(compiler, "S0500", start.position, start.at, NULL, NULL);
	}
	if (expect(compiler, '>', false) < 0)
		return compiler->failed;
	const char *code = NULL;
	uint32_t offset = 0;
	enum sw_result r = sw_jn_signature_parse(compiler, text, &node->signature, &code, &offset);
	return r == SW_EQUERY ? sw_jn_compiler_fail(compiler, code, start.position + offset,
						    start.at + offset, NULL, NULL)
			      : r;
}

static enum sw_result lambda(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	char number[16], text[64];
	for (uint32_t i = 0; i < node->items.count; i++) {
		const struct sw_jn_node *argument = node->items.items[i];
		if (argument->kind == SW_JN_NODE_VARIABLE)
			continue;
		snprintf(number, sizeof(number), "%u", i + 1);
		return sw_jn_compiler_fail(compiler, "S0208", argument->position, argument->at,
					   token_text(argument->value, text, sizeof(text)), number);
	}
	node->kind = SW_JN_NODE_LAMBDA;
	if (at_symbol(compiler, '<') && lambda_signature(compiler, node) < 0)
		return compiler->failed;
	return expect(compiler, '{', false) < 0 || expression(compiler, 0, &node->lhs) < 0
		       ? compiler->failed
		       : expect(compiler, '}', false);
}

static enum sw_result call(struct sw_jn_compiler *compiler, struct sw_jn_node *node, struct sw_jn_node *left)
{
	node->kind = SW_JN_NODE_FUNCTION;
	if (arguments(compiler, node) < 0)
		return compiler->failed;
	if (left->kind == SW_JN_NODE_NAME &&
	    (sw_jn_is_string(left->value, "function") || sw_jn_is_string(left->value, "\xCE\xBB")))
		return lambda(compiler, node);
	node->lhs = left;
	return SW_OK;
}

/* ---- infix ------------------------------------------------------------------------------------------ */

static enum sw_result filter(struct sw_jn_compiler *compiler, struct sw_jn_node *node,
			     struct sw_jn_node *left, struct sw_jn_node **ret_node)
{
	if (at_symbol(compiler, ']')) {
		/* x[] keeps arrays of one item: a mark on the step. */
		struct sw_jn_node *step = left;
		while (step->kind == SW_JN_NODE_BINARY && step->op == SW_JN_OP_FILTER)
			step = step->lhs;
		step->keep_array = true;
		*ret_node = left;
		return expect(compiler, ']', false);
	}
	node->op = SW_JN_OP_FILTER;
	node->lhs = left;
	return expression(compiler, 0, &node->rhs) < 0 ? compiler->failed : expect(compiler, ']', true);
}

static enum sw_result sort_terms(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	if (expect(compiler, '(', false) < 0)
		return compiler->failed;
	for (;;) {
		struct sw_jn_node *term;
		bool descending = at_symbol(compiler, '>');
		if ((descending || at_symbol(compiler, '<')) && next(compiler, false) < 0)
			return compiler->failed;
		struct sw_jn_node *holder = sw_jn_node_new(compiler, SW_JN_NODE_SORT);
		if (!holder || expression(compiler, 0, &term) < 0 ||
		    sw_jn_nodes_push(compiler, &node->items, holder) < 0)
			return compiler->failed;
		holder->lhs = term;
		holder->descending = descending;
		if (!at_symbol(compiler, ','))
			break;
		if (expect(compiler, ',', false) < 0)
			return compiler->failed;
	}
	return expect(compiler, ')', false);
}

static enum sw_result bind_name(struct sw_jn_compiler *compiler, const struct sw_jn_token *token,
				struct sw_jn_node *node)
{
	char text[2] = {(char)token->symbol, '\0'};
	if (expression(compiler, 80, &node->rhs) < 0)
		return compiler->failed;
	if (node->rhs->kind != SW_JN_NODE_VARIABLE)
		return sw_jn_compiler_fail(compiler, "S0214", node->rhs->position, node->rhs->at, text, NULL);
	return SW_OK;
}

static enum sw_result assignment(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	char text[64];
	node->op = SW_JN_OP_BIND;
	if (node->lhs->kind != SW_JN_NODE_VARIABLE)
		return sw_jn_compiler_fail(compiler, "S0212", node->lhs->position, node->lhs->at,
					   token_text(node->lhs->value, text, sizeof(text)), NULL);
	return expression(compiler, 9, &node->rhs);
}

static enum sw_result condition(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	node->kind = SW_JN_NODE_CONDITION;
	if (expression(compiler, 0, &node->rhs) < 0)
		return compiler->failed;
	if (!at_symbol(compiler, ':'))
		return SW_OK;
	return next(compiler, false) < 0 ? compiler->failed : expression(compiler, 0, &node->other);
}

/* An operator behind left. */
static enum sw_result infix(struct sw_jn_compiler *compiler, const struct sw_jn_token *token,
			    struct sw_jn_node *left, struct sw_jn_node **ret_node)
{
	struct sw_jn_node *node = node_of(compiler, SW_JN_NODE_BINARY, token);
	if (!node)
		return compiler->failed;
	*ret_node = node;
	node->lhs = left;
	node->op = (uint8_t)op_of(token->symbol);
	switch (token->symbol) {
	case '(':
		return call(compiler, node, left);
	case '[':
		return filter(compiler, node, left, ret_node);
	case '{':
		node->op = SW_JN_OP_GROUP;
		return pairs(compiler, node);
	case '^':
		node->op = SW_JN_OP_SORT;
		return sort_terms(compiler, node);
	case '@':
	case '#':
		return bind_name(compiler, token, node);
	case SW_JN_SYMBOL_BIND:
		return assignment(compiler, node);
	case '?':
		return condition(compiler, node);
	case SW_JN_SYMBOL_ELVIS:
		node->kind = SW_JN_NODE_ELVIS;
		return expression(compiler, 0, &node->rhs);
	case SW_JN_SYMBOL_COALESCE:
		node->kind = SW_JN_NODE_COALESCE;
		return expression(compiler, 0, &node->rhs);
	default:
		return expression(compiler, power_of(token), &node->rhs);
	}
}

static enum sw_result expression(struct sw_jn_compiler *compiler, int power, struct sw_jn_node **ret_node)
{
	struct sw_jn_token token = compiler->token;
	uint32_t chain = 0;
	if (++compiler->depth > SW_JN_NESTING_MAX)
		return sw_jn_compiler_fail(compiler, "S0500", token.position, token.at, NULL, NULL);
	if (next(compiler, true) < 0 || operand(compiler, &token, ret_node) < 0)
		return compiler->failed;
	while (power < power_of(&compiler->token)) {
		token = compiler->token;
		/* Each makes the tree deeper by one, though not this parser. */
		if (++chain > SW_JN_CHAIN_MAX)
			return sw_jn_compiler_fail(compiler, "S0500", token.position, token.at, NULL, NULL);
		if (next(compiler, false) < 0 || infix(compiler, &token, *ret_node, ret_node) < 0)
			return compiler->failed;
	}
	compiler->depth--;
	return SW_OK;
}

enum sw_result sw_jn_parse(struct sw_jn_compiler *compiler, struct sw_jn_node **ret_root)
{
	if (next(compiler, false) < 0 || expression(compiler, 0, ret_root) < 0)
		return compiler->failed;
	if (compiler->token.kind != SW_JN_TOKEN_END)
		return fail_token(compiler, "S0201", &compiler->token, NULL);
	return SW_OK;
}
