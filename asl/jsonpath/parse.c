/*
 * Text of a path to tokens, by the rules of Jayway's PathCompiler, oddities included: what it takes,
 * definitions in the wild contain.
 */
#include "asl/json_scan.h"
#include "asl/jsonpath/path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct parse {
	struct sw_path_lex lex;
	struct sw_jsonpath *path;
	size_t tokens;
};

/* What a reader found: its token, something else, or a mistake (the error is set). */
enum found { FOUND, OTHER, MISTAKE };

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static enum found no_memory(struct parse *parse)
{
	sw_error_set(parse->lex.err, SW_ENOMEM, "out of memory");
	return MISTAKE;
}

#define FAIL(parse, at, ...) (sw_path_lex_fail(&(parse)->lex, at, __VA_ARGS__), MISTAKE)

static struct sw_path_token *add_token(struct parse *parse, enum sw_path_token_kind kind)
{
	struct sw_jsonpath *path = parse->path;
	if (++parse->tokens > SW_PATH_TOKENS_MAX) {
		sw_path_lex_fail(&parse->lex, parse->lex.at, "the path has more than %d steps",
				 SW_PATH_TOKENS_MAX - 1);
		return NULL;
	}
	struct sw_path_token *token = sw_arena_alloc(&parse->lex.owner->arena, sizeof(*token));
	if (!token) {
		no_memory(parse);
		return NULL;
	}
	token->kind = kind;
	token->prev = path->tail;
	if (path->tail)
		path->tail->next = token;
	else
		path->root = token;
	path->tail = token;
	return token;
}

/* Keeps what buf holds; frees it. NULL with an error. */
static const char *keep(struct parse *parse, struct sw_buf *buf)
{
	const char *text = NULL;
	if (sw_buf_result(buf) == SW_OK)
		text = sw_arena_strdup(&parse->lex.owner->arena, buf->data ? buf->data : "", buf->len);
	sw_buf_done(buf);
	if (!text)
		no_memory(parse);
	return text;
}

static bool add_name(struct parse *parse, struct sw_path_token *token, const char *text)
{
	struct sw_path_name *name = sw_arena_alloc(&parse->lex.owner->arena, sizeof(*name));
	struct sw_path_name **last = &token->names;
	if (!name) {
		no_memory(parse);
		return false;
	}
	name->text = text;
	while (*last)
		last = &(*last)->next;
	*last = name;
	return true;
}

/* ['a','b'] with the quotes it was written in; the names as they are, for messages only. */
static bool name_fragment(struct parse *parse, struct sw_path_token *token, char quote)
{
	struct sw_buf text = SW_BUF;
	sw_buf_char(&text, '[');
	for (const struct sw_path_name *name = token->names; name; name = name->next) {
		if (name != token->names)
			sw_buf_char(&text, ',');
		sw_buf_char(&text, quote);
		sw_buf_text(&text, name->text);
		sw_buf_char(&text, quote);
	}
	sw_buf_char(&text, ']');
	token->fragment = keep(parse, &text);
	return token->fragment != NULL;
}

/* ---- ['a'], ["a", "b"] -------------------------------------------------------------------------------- */

/* Behind the bracket. Reads the names up to the last closing quote, whose place is *ret_last. */
static enum found read_names(struct parse *parse, int quote, struct sw_path_token *token, long *ret_last)
{
	struct sw_path_lex *lex = &parse->lex;
	bool inside = false, escaped = false, comma = false;
	long from = 0, last = 0, i;
	for (i = lex->at + 1; sw_path_lex_inside(lex, i); i++) {
		int c = sw_path_lex_char(lex, i);
		if (escaped) {
			escaped = false;
		} else if (c == '\\') {
			escaped = true;
		} else if (c == ']' && !inside) {
			if (comma)
				return FAIL(parse, i, "Found empty property at index %ld", i);
			break;
		} else if (c == quote && !inside) {
			from = i + 1;
			inside = true;
			comma = false;
		} else if (c == quote) {
			size_t len;
			int next = sw_path_lex_next(lex, i, NULL);
			if (next != ']' && next != ',')
				return FAIL(parse, i,
					    "Property must be separated by comma or Property must be "
					    "terminated close "
					    "square bracket at index %ld",
					    i);
			const char *name = sw_path_lex_unescape(lex, from, i, &len);
			if (!name || !add_name(parse, token, name))
				return MISTAKE;
			last = i;
			inside = false;
		} else if (c == ',' && !inside) {
			if (comma)
				return FAIL(parse, i, "Found empty property at index %ld", i);
			comma = true;
		}
	}
	if (inside)
		return FAIL(parse, i, "Property has not been closed - missing closing %c", quote);
	*ret_last = last;
	return FOUND;
}

static enum found read_bracket_names(struct parse *parse)
{
	struct sw_path_lex *lex = &parse->lex;
	long last, close;
	int quote = sw_path_lex_next(lex, lex->at, NULL);
	if (quote != '\'' && quote != '"')
		return OTHER;
	struct sw_path_token *token = add_token(parse, SW_PATH_PROPERTY);
	if (!token || read_names(parse, quote, token, &last) != FOUND)
		return MISTAKE;
	if (sw_path_lex_next(lex, last, &close) != ']' || !token->names)
		return FAIL(parse, last, "Property has not been closed - missing closing ]");
	lex->at = close + 1;
	return name_fragment(parse, token, (char)quote) ? FOUND : MISTAKE;
}

/* ---- [1], [1,2], [1:2] -------------------------------------------------------------------------------- */

static enum found read_integer(struct parse *parse, long from, long to, int32_t *ret_number)
{
	char text[24], *end;
	if (to - from < 1 || to - from > 20)
		return FAIL(parse, from, "Failed to parse token in array index: expected an integer");
	memcpy(text, parse->lex.text + from, (size_t)(to - from));
	text[to - from] = '\0';
	long long number = strtoll(text, &end, 10);
	if (*end || text[0] == ' ' || number > INT32_MAX || number < INT32_MIN)
		return FAIL(parse, from, "Failed to parse token in array index: %s", text);
	*ret_number = (int32_t)number;
	return FOUND;
}

static enum found read_slice(struct parse *parse, long from, long to)
{
	struct sw_path_lex *lex = &parse->lex;
	struct sw_path_token *token = add_token(parse, SW_PATH_SLICE);
	if (!token)
		return MISTAKE;
	if (memchr(lex->text + from, ' ', (size_t)(to - from)) ||
	    memchr(lex->text + from, ',', (size_t)(to - from)))
		return FAIL(parse, from, "Failed to parse SliceOperation: %.*s", (int)(to - from),
			    lex->text + from);
	const char *colon = memchr(lex->text + from, ':', (size_t)(to - from));
	long middle = colon - lex->text;
	const char *second = memchr(colon + 1, ':', (size_t)(to - middle - 1));
	/* A step, [1:9:2], is read and has no effect. */
	long stop = second ? second - lex->text : to;
	token->has_from = middle > from;
	token->has_to = stop > middle + 1;
	if (token->has_from && read_integer(parse, from, middle, &token->from) != FOUND)
		return MISTAKE;
	if (token->has_to && read_integer(parse, middle + 1, stop, &token->to) != FOUND)
		return MISTAKE;
	if (!token->has_from && !token->has_to)
		return FAIL(parse, from, "Failed to parse SliceOperation: %.*s", (int)(to - from),
			    lex->text + from);
	struct sw_buf text = SW_BUF;
	sw_buf_char(&text, '[');
	if (token->has_from)
		sw_buf_printf(&text, "%d", (int)token->from);
	sw_buf_char(&text, ':');
	if (token->has_to)
		sw_buf_printf(&text, "%d", (int)token->to);
	sw_buf_char(&text, ']');
	token->fragment = keep(parse, &text);
	return token->fragment ? FOUND : MISTAKE;
}

static enum found read_indexes(struct parse *parse, long from, long to)
{
	struct sw_path_lex *lex = &parse->lex;
	struct sw_path_token *token = add_token(parse, SW_PATH_INDEX);
	struct sw_path_number **last = token ? &token->indexes : NULL;
	struct sw_buf text = SW_BUF;
	if (!token)
		return MISTAKE;
	for (long start = from; start <= to;) {
		const char *comma = start < to ? memchr(lex->text + start, ',', (size_t)(to - start)) : NULL;
		long stop = comma ? comma - lex->text : to, next = stop + 1;
		while (stop > start && lex->text[stop - 1] == ' ')
			stop--;
		while (start < stop && lex->text[start] == ' ')
			start++;
		*last = sw_arena_alloc(&lex->owner->arena, sizeof(**last));
		if (!*last || read_integer(parse, start, stop, &(*last)->value) != FOUND) {
			sw_buf_done(&text);
			return *last ? MISTAKE : no_memory(parse);
		}
		sw_buf_printf(&text, "%c%d", last == &token->indexes ? '[' : ',', (int)(*last)->value);
		last = &(*last)->next;
		start = next;
	}
	sw_buf_char(&text, ']');
	token->fragment = keep(parse, &text);
	return token->fragment ? FOUND : MISTAKE;
}

static enum found read_array(struct parse *parse)
{
	struct sw_path_lex *lex = &parse->lex;
	long from = lex->at + 1, to = from;
	bool slice = false;
	int first = sw_path_lex_next(lex, lex->at, NULL);
	if (!is_digit(first) && first != '-' && first != ':')
		return OTHER;
	while (sw_path_lex_inside(lex, to) && sw_path_lex_char(lex, to) != ']')
		to++;
	if (!sw_path_lex_inside(lex, to))
		return OTHER;
	long close = to;
	while (to > from && lex->text[to - 1] == ' ')
		to--;
	while (from < to && lex->text[from] == ' ')
		from++;
	for (long i = from; i < to; i++) {
		int c = sw_path_lex_char(lex, i);
		if (!is_digit(c) && c != ',' && c != '-' && c != ':' && c != ' ')
			return OTHER;
		slice = slice || c == ':';
	}
	enum found found = slice ? read_slice(parse, from, to) : read_indexes(parse, from, to);
	lex->at = close + 1;
	return found;
}

/* ---- *, [*], [?(...)] --------------------------------------------------------------------------------- */

static enum found read_wildcard(struct parse *parse)
{
	struct sw_path_lex *lex = &parse->lex;
	bool bracket = sw_path_lex_here(lex) == '[';
	long star = lex->at, close = lex->at;
	if (bracket && sw_path_lex_next(lex, lex->at, &star) != '*')
		return OTHER;
	if (bracket && sw_path_lex_next(lex, star, &close) != ']')
		return FAIL(parse, star, "Expected wildcard token to end with ']' on position %ld", star + 1);
	struct sw_path_token *token = add_token(parse, SW_PATH_WILDCARD);
	if (!token)
		return MISTAKE;
	token->fragment = "[*]";
	lex->at = close + 1;
	return FOUND;
}

static enum found read_filter(struct parse *parse)
{
	struct sw_path_lex *lex = &parse->lex;
	long mark, open, close, end;
	if (sw_path_lex_next(lex, lex->at, &mark) != '?')
		return OTHER;
	if (sw_path_lex_next(lex, mark, &open) != '(')
		return FAIL(parse, mark, "Expected '(' after '?'");
	close = sw_path_lex_closing(lex, open, '(', ')', true);
	if (close < 0)
		return FAIL(parse, open, "Could not find the closing bracket of the filter");
	if (sw_path_lex_next(lex, close, &end) != ']')
		return FAIL(parse, close, "Expected ']' after the filter");
	struct sw_path_token *token = add_token(parse, SW_PATH_FILTER);
	if (!token)
		return MISTAKE;
	token->fragment = "[?]";
	uint32_t column = lex->column;
	for (long i = 0; i < lex->at; i++)
		column += ((unsigned char)lex->text[i] & 0xC0) != 0x80;
	if (sw_path_parse_filter(lex, lex->text + lex->at, (size_t)(end + 1 - lex->at), column,
				 &token->filter) < 0)
		return MISTAKE;
	lex->at = end + 1;
	return FOUND;
}

/* ---- functions and plain names ------------------------------------------------------------------------ */

static bool add_argument(struct parse *parse, struct sw_path_token *token, struct sw_buf *text, bool is_path)
{
	struct sw_path_lex *lex = &parse->lex;
	struct sw_path_argument **last = &token->arguments;
	while (*last)
		last = &(*last)->next;
	if (sw_buf_result(text) < 0) {
		no_memory(parse);
		return false;
	}
	*last = sw_arena_alloc(&lex->owner->arena, sizeof(**last));
	char *copy = sw_arena_strdup(&lex->owner->arena, text->data ? text->data : "", text->len);
	if (!*last || !copy) {
		no_memory(parse);
		return false;
	}
	if (is_path)
		return sw_path_parse(lex, copy, text->len, lex->column, &(*last)->path) == SW_OK;
	json_t *value = NULL;
	enum sw_result r = sw_path_parse_lenient(copy, text->len, &value);
	if (r == SW_EJSON) {
		sw_path_lex_fail(lex, lex->at, "Failed to parse the function's argument %.100s", copy);
		return false;
	}
	(*last)->value = sw_owner_adopt_tree_new(lex->owner, value);
	if (!(*last)->value)
		no_memory(parse);
	return (*last)->value != NULL;
}

/* How deep an argument is inside brackets of each kind, strings not excepted. */
struct grouping {
	long paren, bracket, brace, quote;
};

/* False for a closing bracket without an opening one. */
static bool count_group(struct grouping *group, int c, int before)
{
	switch (c) {
	case '"':
		group->quote += before != '\\' && group->quote > 0 ? -1 : 1;
		return true;
	case '(':
		group->paren++;
		return true;
	case '{':
		group->brace++;
		return true;
	case '[':
		group->bracket++;
		return true;
	case '}':
		return group->brace-- > 0;
	case ']':
		return group->bracket-- > 0;
	case ')':
		group->paren--;
		return true;
	default:
		return true;
	}
}

/* Behind the opening bracket of a call. An argument starts with { digit " - (JSON) or $ @ (path); the rest is
 * skipped. */
static enum found read_arguments(struct parse *parse, struct sw_path_token *token)
{
	struct sw_path_lex *lex = &parse->lex;
	struct grouping group = {.paren = 1};
	struct sw_buf text = SW_BUF;
	bool typed = false, is_path = false, ended = false;
	int before = 0;
	while (sw_path_lex_inside(lex, lex->at) && !ended) {
		int c = sw_path_lex_here(lex);
		lex->at++;
		if (!typed && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
			continue;
		if (!typed) {
			is_path = c == '$' || c == '@';
			typed = is_path || c == '{' || is_digit(c) || c == '"' || c == '-';
		}
		if (!count_group(&group, c, before)) {
			sw_buf_done(&text);
			return FAIL(parse, lex->at, "Unexpected close brace '%c' at character position: %ld",
				    c, lex->at);
		}
		int next = sw_path_lex_here(lex);
		if (c == '\\' && group.quote == 1 && (next == ',' || next == '"')) {
			sw_buf_char(&text, (char)next);
			lex->at++;
			before = 0;
			continue;
		}
		if (c == ')' && (group.paren < 0 || before == '('))
			sw_buf_char(&text, (char)c);
		bool flat = group.quote == 0 && group.brace == 0 && group.bracket == 0;
		if ((c == ')' || c == ',') && flat && ((group.paren == 0 && c == ')') || group.paren == 1)) {
			ended = group.paren == 0;
			if (typed && !add_argument(parse, token, &text, is_path)) {
				sw_buf_done(&text);
				return MISTAKE;
			}
			sw_buf_reset(&text);
			typed = false;
		}
		if (typed && !(c == ',' && group.brace == 0 && group.bracket == 0 && group.paren == 1))
			sw_buf_char(&text, (char)c);
		before = c;
	}
	sw_buf_done(&text);
	if (group.brace != 0 || group.paren != 0 || group.bracket != 0)
		return FAIL(parse, lex->at, "Arguments to function: '%s' are not closed properly.",
			    token->function_name);
	return FOUND;
}

static enum found read_function(struct parse *parse, const char *name, long open)
{
	struct sw_path_lex *lex = &parse->lex;
	long opened = 1;
	for (long i = open + 1; opened > 0 && sw_path_lex_inside(lex, i); i++) {
		int c = sw_path_lex_char(lex, i);
		opened += c == '(' ? 1 : c == ')' ? -1 : 0;
	}
	if (opened != 0)
		return FAIL(parse, open, "Arguments to function: '%s' are not closed properly.", name);
	struct sw_path_token *token = add_token(parse, SW_PATH_FUNCTION);
	if (!token)
		return MISTAKE;
	token->function_name = name;
	token->function = sw_path_function_find(name);
	if (sw_path_lex_char(lex, open + 1) == ')') {
		/* What follows a call without arguments begins at its bracket: a().b() is a(), [')'], b(). */
		lex->at = open + 1;
	} else {
		lex->at = open + 1;
		if (read_arguments(parse, token) != FOUND)
			return MISTAKE;
	}
	struct sw_buf text = SW_BUF;
	sw_buf_printf(&text, ".%s%s", name, token->arguments ? "(...)" : "()");
	token->fragment = keep(parse, &text);
	return token->fragment ? FOUND : MISTAKE;
}

static enum found read_name(struct parse *parse)
{
	struct sw_path_lex *lex = &parse->lex;
	long from = lex->at, to = from;
	int c = sw_path_lex_here(lex);
	if (c < 0 || c == ' ' || c == '.')
		return OTHER;
	for (; sw_path_lex_inside(lex, to); to++) {
		c = sw_path_lex_char(lex, to);
		if (c == ' ')
			return FAIL(
				parse, to,
				"Use bracket notion ['my prop'] if your property contains blank characters. "
				"position: %ld",
				from);
		if (c == '.' || c == '[' || c == '(')
			break;
	}
	const char *name = sw_arena_strdup(&lex->owner->arena, lex->text + from, (size_t)(to - from));
	if (!name)
		return no_memory(parse);
	if (sw_path_lex_inside(lex, to) && c == '(')
		return read_function(parse, name, to);
	struct sw_path_token *token = add_token(parse, SW_PATH_PROPERTY);
	if (!token || !add_name(parse, token, name) || !name_fragment(parse, token, '\''))
		return MISTAKE;
	lex->at = to;
	return FOUND;
}

/* ---- the path ----------------------------------------------------------------------------------------- */

static enum found read_bracket(struct parse *parse)
{
	static enum found (*const readers[])(struct parse *) = {read_bracket_names, read_array, read_wildcard,
								read_filter};
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		enum found found = readers[i](parse);
		if (found != OTHER)
			return found;
	}
	return FAIL(parse, parse->lex.at,
		    "Could not parse token starting at position %ld. Expected ?, ', 0-9, * ", parse->lex.at);
}

static enum found read_token(struct parse *parse)
{
	struct sw_path_lex *lex = &parse->lex;
	if (sw_path_lex_here(lex) == '.') {
		long dots = sw_path_lex_inside(lex, lex->at + 1) && sw_path_lex_char(lex, lex->at + 1) == '.'
				    ? 2
				    : 1;
		struct sw_path_token *scan = dots == 2 ? add_token(parse, SW_PATH_SCAN) : NULL;
		if (dots == 2 && !scan)
			return MISTAKE;
		if (scan)
			scan->fragment = "..";
		else if (!sw_path_lex_inside(lex, lex->at + 1))
			return FAIL(parse, lex->at, "Path must not end with a '.");
		lex->at += dots;
		if (sw_path_lex_here(lex) == '.')
			return FAIL(parse, lex->at, "Character '.' on position %ld is not valid.", lex->at);
	}
	int c = sw_path_lex_here(lex);
	enum found found = c == '['   ? read_bracket(parse)
			   : c == '*' ? read_wildcard(parse)
				      : read_name(parse);
	if (found == OTHER)
		return FAIL(parse, lex->at, "Could not parse token starting at position %ld", lex->at);
	return found;
}

/*
 * $..path.function() is the function of all that $..path finds: $.function($..path).
 */
static bool invert_scan(struct parse *parse)
{
	struct sw_jsonpath *path = parse->path;
	if (path->tail->kind != SW_PATH_FUNCTION || path->root->next->kind != SW_PATH_SCAN)
		return true;
	struct sw_path_token *call = path->root->next;
	while (call->kind != SW_PATH_FUNCTION)
		call = call->next;
	struct sw_jsonpath *inner = sw_arena_alloc(&parse->lex.owner->arena, sizeof(*inner));
	struct sw_path_argument *argument = sw_arena_alloc(&parse->lex.owner->arena, sizeof(*argument));
	struct sw_path_token *root = sw_arena_alloc(&parse->lex.owner->arena, sizeof(*root));
	if (!inner || !argument || !root) {
		no_memory(parse);
		return false;
	}
	*inner = (struct sw_jsonpath){.root = path->root, .tail = call->prev};
	inner->of_root = true;
	call->prev->next = NULL;
	argument->path = inner;
	call->arguments = argument;
	*root = (struct sw_path_token){.kind = SW_PATH_ROOT, .next = call, .fragment = "$"};
	call->prev = root;
	path->root = root;
	return true;
}

/* What is known when all tokens are: which are definite, and the canonical text. */
static bool finish(struct parse *parse, struct sw_jsonpath *path)
{
	struct sw_buf text = SW_BUF;
	bool definite = true;
	for (struct sw_path_token *token = path->root; token; token = token->next) {
		switch (token->kind) {
		case SW_PATH_PROPERTY:
			/* Several names at the end are merged to one object. */
			token->definite = !token->names->next || sw_path_is_leaf(token);
			break;
		case SW_PATH_INDEX:
			token->definite = !token->indexes->next;
			break;
		case SW_PATH_ROOT:
		case SW_PATH_FUNCTION:
			token->definite = true;
			break;
		default:
			token->definite = false;
			break;
		}
		token->upstream_definite = definite;
		definite = definite && token->definite;
		if (token->kind == SW_PATH_FUNCTION && token->arguments && token->arguments->path &&
		    !token->arguments->path->text &&
		    !finish(parse, (struct sw_jsonpath *)token->arguments->path)) {
			sw_buf_done(&text);
			return false;
		}
		sw_buf_text(&text, token->fragment);
	}
	path->definite = definite;
	path->text = keep(parse, &text);
	return path->text != NULL;
}

static enum sw_result read_path(struct parse *parse)
{
	struct sw_path_lex *lex = &parse->lex;
	int c = sw_path_lex_here(lex);
	while (lex->at < lex->end && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
		c = sw_path_lex_char(lex, ++lex->at);
	if (c != '$' && c != '@')
		return sw_path_lex_fail(lex, lex->at, "Path must start with '$' or '@'");
	struct sw_path_token *root = add_token(parse, SW_PATH_ROOT);
	if (!root)
		return lex->err->code;
	root->fragment = c == '$' ? "$" : "@";
	parse->path->of_root = c == '$';
	if (!sw_path_lex_is_tail(lex)) {
		c = sw_path_lex_char(lex, ++lex->at);
		if (c != '.' && c != '[')
			return sw_path_lex_fail(lex, lex->at,
						"Illegal character at position %ld expected '.' or '['",
						lex->at);
		do {
			if (read_token(parse) != FOUND)
				return lex->err->code;
		} while (!sw_path_lex_is_tail(lex));
		if (!invert_scan(parse))
			return SW_ENOMEM;
	}
	return finish(parse, parse->path) ? SW_OK : SW_ENOMEM;
}

enum sw_result sw_path_parse(const struct sw_path_lex *outer, const char *text, size_t len, uint32_t column,
			     const struct sw_jsonpath **ret_path)
{
	struct parse parse = {.tokens = 0};
	struct sw_path_lex *lex = &parse.lex;
	sw_path_lex_init(lex, text, len, column, outer);
	if (lex->nesting > SW_PATH_NESTING_MAX)
		return sw_path_lex_fail(lex, 0, "more than %d paths inside each other", SW_PATH_NESTING_MAX);
	if (len == 0)
		return sw_path_lex_fail(lex, 0, "the path is empty");
	if (text[0] != '$' && text[0] != '@') {
		/* a.b is $.a.b */
		char *longer = sw_arena_alloc(&lex->owner->arena, len + 3);
		if (!longer)
			return sw_error_set(lex->err, SW_ENOMEM, "out of memory");
		memcpy(longer, "$.", 2);
		memcpy(longer + 2, text, len);
		sw_path_lex_init(lex, longer, len + 2, column > 2 ? column - 2 : 1, outer);
	}
	sw_path_lex_trim(lex);
	if (sw_path_lex_char(lex, lex->end) == '.')
		return sw_path_lex_fail(lex, lex->end, "Path must not end with a '.' or '..'");
	parse.path = sw_arena_alloc(&lex->owner->arena, sizeof(*parse.path));
	if (!parse.path)
		return sw_error_set(lex->err, SW_ENOMEM, "out of memory");
	enum sw_result r = read_path(&parse);
	if (r == SW_OK)
		*ret_path = parse.path;
	return r;
}

enum sw_result sw_jsonpath_compile(const char *text, size_t len, struct sw_owner *owner,
				   const struct sw_jsonpath **ret_path, struct sw_error *err)
{
	struct sw_error own = {0};
	struct sw_path_lex outer = {.owner = owner, .err = &own};
	enum sw_result r;
	if (len > SW_PATH_BYTES_MAX) {
		r = sw_error_set(&own, SW_EQUERY, "the path is longer than %d bytes", SW_PATH_BYTES_MAX);
	} else if (memchr(text, '\0', len) || !sw_json_is_utf8(text, len)) {
		r = sw_error_set(&own, SW_EQUERY, "the path contains U+0000 or bytes that are not UTF-8");
	} else {
		/* Tokens point into the text. */
		char *copy = sw_arena_strdup(&owner->arena, text, len);
		r = copy ? sw_path_parse(&outer, copy, len, 1, ret_path)
			 : sw_error_set(&own, SW_ENOMEM, "out of memory");
	}
	if (r < 0 && err && err->code == SW_OK)
		*err = own;
	return r;
}

bool sw_jsonpath_is_definite(const struct sw_jsonpath *path)
{
	return path->definite;
}
