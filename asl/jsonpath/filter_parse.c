/*
 * Text of a filter, [?(@.a > 1 && !(@.b in ['x']))], to a tree: by the rules of Jayway's FilterCompiler. ||
 * binds weaker than &&, ! negates a group or the existence of a path.
 */
#include "asl/jsonpath/path.h"

#include <ctype.h>
#include <string.h>

struct filter_parse {
	struct sw_path_lex lex;
};

static enum sw_result no_memory(struct filter_parse *parse)
{
	return sw_error_set(parse->lex.err, SW_ENOMEM, "out of memory");
}

/* ---- operands ------------------------------------------------------------------------------------------ */

static uint32_t regex_flag(int c)
{
	switch (c) {
	case 'i':
		return PCRE2_CASELESS;
	case 'x':
		return PCRE2_EXTENDED;
	case 'm':
		return PCRE2_MULTILINE;
	case 's':
		return PCRE2_DOTALL;
	case 'u':
	case 'U':
		return PCRE2_UCP;
	case 'd': /* only \n ends lines: so it is in any case */
		return PCRE2_UTF;
	default:
		return 0;
	}
}

/* /.../flags */
static enum sw_result read_pattern(struct filter_parse *parse, struct sw_path_operand *operand)
{
	struct sw_path_lex *lex = &parse->lex;
	uint32_t flags = 0;
	long from = lex->at + 1, to = sw_path_lex_unescaped(lex, lex->at, '/');
	struct sw_error err = {0};
	size_t offset;
	if (to < 0)
		return sw_path_lex_fail(lex, lex->at, "Pattern not closed. Expected / in %s", lex->text);
	for (lex->at = to + 1; sw_path_lex_inside(lex, lex->at); lex->at++) {
		uint32_t flag = regex_flag(sw_path_lex_here(lex));
		if (!flag)
			break;
		flags |= flag;
	}
	enum sw_result r = sw_path_regex_compile(lex->text + from, (size_t)(to - from), flags, lex->owner,
						 &operand->regex, &offset, &err);
	if (r == SW_EQUERY)
		return sw_path_lex_fail(lex, from + (long)offset, "%s", err.text);
	if (r < 0)
		return no_memory(parse);
	operand->kind = SW_PATH_OPERAND_PATTERN;
	return SW_OK;
}

static enum sw_result read_string(struct filter_parse *parse, struct sw_path_operand *operand)
{
	struct sw_path_lex *lex = &parse->lex;
	int quote = sw_path_lex_here(lex);
	long from = lex->at + 1, to = sw_path_lex_unescaped(lex, lex->at, quote);
	if (to < 0)
		return sw_path_lex_fail(lex, lex->at,
					"String literal does not have matching quotes. Expected %c in %s",
					quote, lex->text);
	operand->kind = SW_PATH_OPERAND_STRING;
	operand->text = sw_path_lex_unescape(lex, from, to, &operand->len);
	lex->at = to + 1;
	return operand->text ? SW_OK : lex->err->code;
}

static enum sw_result read_json(struct filter_parse *parse, struct sw_path_operand *operand)
{
	struct sw_path_lex *lex = &parse->lex;
	int open = sw_path_lex_here(lex);
	long from = lex->at, to = sw_path_lex_closing(lex, from, open, open == '[' ? ']' : '}', false);
	if (to < 0)
		return sw_path_lex_fail(lex, from, "JSON literal is not closed in %s", lex->text);
	operand->kind = SW_PATH_OPERAND_JSON;
	operand->text = lex->text + from;
	operand->len = (size_t)(to + 1 - from);
	lex->at = to + 1;
	/* What cannot be read is a mistake only when it is looked at. */
	json_t *tree = NULL;
	enum sw_result r = sw_path_parse_lenient(operand->text, operand->len, &tree);
	if (r == SW_OK && !(operand->tree = sw_owner_adopt_tree_new(lex->owner, tree)))
		r = SW_ENOMEM;
	return r == SW_ENOMEM ? no_memory(parse) : SW_OK;
}

/* What BigDecimal takes: digits, a point, an exponent; JSON is stricter. New, or NULL. */
static json_t *decimal_new(const char *text, size_t len)
{
	json_t *tree = NULL;
	size_t i = 0, digits = 0;
	if (sw_json_parse(text, len, 0, &tree, NULL) == SW_OK)
		return tree;
	struct sw_buf plain = SW_BUF;
	if (i < len && text[i] == '-')
		sw_buf_char(&plain, text[i++]);
	while (i + 1 < len && text[i] == '0' && isdigit((unsigned char)text[i + 1]))
		i++;
	if (i < len && text[i] == '.')
		sw_buf_char(&plain, '0');
	for (; i < len && isdigit((unsigned char)text[i]); i++, digits++)
		sw_buf_char(&plain, text[i]);
	if (i < len && text[i] == '.') {
		sw_buf_char(&plain, text[i++]);
		size_t before = digits;
		for (; i < len && isdigit((unsigned char)text[i]); i++, digits++)
			sw_buf_char(&plain, text[i]);
		if (digits == before)
			sw_buf_char(&plain, '0');
	}
	sw_buf_append(&plain, text + i, len - i);
	if (digits == 0 || sw_buf_result(&plain) < 0 ||
	    sw_json_parse(plain.data, plain.len, 0, &tree, NULL) < 0)
		tree = NULL;
	sw_buf_done(&plain);
	return tree;
}

static enum sw_result read_number(struct filter_parse *parse, struct sw_path_operand *operand)
{
	struct sw_path_lex *lex = &parse->lex;
	long from = lex->at;
	while (sw_path_lex_inside(lex, lex->at)) {
		int c = sw_path_lex_here(lex);
		if (!(c >= '0' && c <= '9') && c != '-' && c != '.' && c != 'e' && c != 'E')
			break;
		lex->at++;
	}
	operand->kind = SW_PATH_OPERAND_NUMBER;
	operand->len = (size_t)(lex->at - from);
	operand->text = sw_arena_strdup(&lex->owner->arena, lex->text + from, operand->len);
	if (!operand->text)
		return no_memory(parse);
	operand->tree = decimal_new(operand->text, operand->len);
	if (!sw_json_is_number(operand->tree)) {
		json_decref(operand->tree);
		operand->tree = NULL;
		return sw_path_lex_fail(lex, from,
					"Expected a value (a path, string, number, true, false, null, "
					"array, object or /regex/)");
	}
	operand->tree = sw_owner_adopt_tree_new(lex->owner, operand->tree);
	return operand->tree ? SW_OK : no_memory(parse);
}

static bool take_word(struct sw_path_lex *lex, const char *word)
{
	long len = (long)strlen(word);
	if (!sw_path_lex_inside(lex, lex->at + len - 1) ||
	    memcmp(lex->text + lex->at, word, (size_t)len) != 0)
		return false;
	lex->at += len;
	return true;
}

/* Is the ) here the end of a call such as @.length()? Only calls without arguments are known. */
static bool closes_call(const struct sw_path_lex *lex, long begin)
{
	long i = sw_path_lex_previous(lex, lex->at);
	if (i < 0 || sw_path_lex_char(lex, i) != '(')
		return false;
	for (i--; i > begin; i--) {
		if (sw_path_lex_char(lex, i) == '.')
			return true;
	}
	return false;
}

static bool is_operator_char(int c)
{
	return c == '<' || c == '>' || c == '=' || c == '~' || c == '!';
}

static enum sw_result read_path(struct filter_parse *parse, struct sw_path_operand *operand)
{
	struct sw_path_lex *lex = &parse->lex;
	long begin = lex->at, before = sw_path_lex_previous(lex, begin);
	for (lex->at++; sw_path_lex_inside(lex, lex->at); lex->at++) {
		if (sw_path_lex_here(lex) == '[') {
			long close = sw_path_lex_closing(lex, lex->at, '[', ']', false);
			if (close < 0)
				return sw_path_lex_fail(lex, lex->at,
							"Square brackets does not match in filter %s",
							lex->text);
			lex->at = close + 1;
		}
		int c = sw_path_lex_here(lex);
		if (!sw_path_lex_inside(lex, lex->at) || is_operator_char(c) || c == ' ' ||
		    (c == ')' && !closes_call(lex, begin)))
			break;
	}
	operand->kind = SW_PATH_OPERAND_PATH;
	operand->must_exist = before < 0 || sw_path_lex_char(lex, before) != '!';
	uint32_t column = lex->column;
	for (long i = 0; i < begin; i++)
		column += ((unsigned char)lex->text[i] & 0xC0) != 0x80;
	return sw_path_parse(lex, lex->text + begin, (size_t)(lex->at - begin), column, &operand->path);
}

static enum sw_result read_operand(struct filter_parse *parse, struct sw_path_operand *operand)
{
	struct sw_path_lex *lex = &parse->lex;
	sw_path_lex_skip_blanks(lex);
	switch (sw_path_lex_here(lex)) {
	case '!':
		lex->at++;
		sw_path_lex_skip_blanks(lex);
		if (sw_path_lex_here(lex) != '$' && sw_path_lex_here(lex) != '@')
			return sw_path_lex_fail(lex, lex->at, "Unexpected character: !");
		return read_path(parse, operand);
	case '$':
	case '@':
		return read_path(parse, operand);
	case '\'':
	case '"':
		return read_string(parse, operand);
	case '[':
	case '{':
		return read_json(parse, operand);
	case '/':
		return read_pattern(parse, operand);
	case 't':
	case 'f':
		operand->kind = SW_PATH_OPERAND_BOOLEAN;
		operand->boolean = sw_path_lex_here(lex) == 't';
		if (!take_word(lex, operand->boolean ? "true" : "false"))
			return sw_path_lex_fail(lex, lex->at, "Expected boolean literal");
		return SW_OK;
	case 'n':
		operand->kind = SW_PATH_OPERAND_NULL;
		if (!take_word(lex, "null"))
			return sw_path_lex_fail(lex, lex->at, "Expected <null> value");
		return SW_OK;
	default:
		return read_number(parse, operand);
	}
}

/* ---- expressions -------------------------------------------------------------------------------------- */

static enum sw_result read_operator(struct filter_parse *parse, enum sw_path_operator *ret_op)
{
	static const struct {
		const char *text;
		enum sw_path_operator op;
	} table[] = {
		{">=", SW_PATH_GTE},
		{"<=", SW_PATH_LTE},
		{"==", SW_PATH_EQ},
		{"===", SW_PATH_TSEQ},
		{"!=", SW_PATH_NE},
		{"!==", SW_PATH_TSNE},
		{"<", SW_PATH_LT},
		{">", SW_PATH_GT},
		{"=~", SW_PATH_REGEX},
		{"NIN", SW_PATH_NIN},
		{"IN", SW_PATH_IN},
		{"CONTAINS", SW_PATH_CONTAINS},
		{"ALL", SW_PATH_ALL},
		{"SIZE", SW_PATH_SIZE},
		{"EXISTS", SW_PATH_EXISTS},
		{"TYPE", SW_PATH_NEVER},
		{"MATCHES", SW_PATH_NEVER},
		{"EMPTY", SW_PATH_EMPTY},
		{"SUBSETOF", SW_PATH_SUBSETOF},
		{"ANYOF", SW_PATH_ANYOF},
		{"NONEOF", SW_PATH_NONEOF},
	};
	struct sw_path_lex *lex = &parse->lex;
	sw_path_lex_skip_blanks(lex);
	long from = lex->at;
	bool symbols = is_operator_char(sw_path_lex_here(lex));
	while (sw_path_lex_inside(lex, lex->at) &&
	       (symbols ? is_operator_char(sw_path_lex_here(lex)) : sw_path_lex_here(lex) != ' '))
		lex->at++;
	size_t len = (size_t)(lex->at - from);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strlen(table[i].text) == len && strncasecmp(table[i].text, lex->text + from, len) == 0) {
			*ret_op = table[i].op;
			return SW_OK;
		}
	}
	return sw_path_lex_fail(lex, from, "Filter operator %.*s is not supported!", (int)len,
				lex->text + from);
}

static struct sw_path_filter *filter_new(struct filter_parse *parse, enum sw_path_filter_kind kind)
{
	struct sw_path_filter *filter = sw_arena_alloc(&parse->lex.owner->arena, sizeof(*filter));
	if (filter)
		filter->kind = kind;
	else
		no_memory(parse);
	return filter;
}

/* left operator right, or a path alone: does it exist? */
static enum sw_result read_comparison(struct filter_parse *parse, struct sw_path_filter **ret_filter)
{
	struct sw_path_lex *lex = &parse->lex;
	struct sw_path_filter *filter = filter_new(parse, SW_PATH_COMPARE);
	if (!filter)
		return SW_ENOMEM;
	enum sw_result r = read_operand(parse, &filter->left);
	if (r < 0)
		return r;
	long after = lex->at;
	struct sw_error *outer = lex->err, trial = {0};
	lex->err = &trial;
	r = read_operator(parse, &filter->op);
	if (r == SW_OK)
		r = read_operand(parse, &filter->right);
	lex->err = outer;
	if (r == SW_ENOMEM)
		return no_memory(parse);
	if (r < 0) {
		lex->at = after;
		int next = sw_path_lex_next(lex, after - 1, NULL);
		/* When this is no test of existence the first mistake says more than what follows from it. */
		if (filter->left.kind != SW_PATH_OPERAND_PATH ||
		    (next != ')' && next != '&' && next != '|')) {
			if (outer->code == SW_OK)
				*outer = trial;
			return outer->code;
		}
		filter->op = SW_PATH_EXISTS;
		filter->right = (struct sw_path_operand){.kind = SW_PATH_OPERAND_BOOLEAN,
							 .boolean = filter->left.must_exist};
	}
	*ret_filter = filter;
	return SW_OK;
}

static enum sw_result read_chain(struct filter_parse *parse, enum sw_path_filter_kind kind,
				 struct sw_path_filter **ret_filter);

static enum sw_result read_group(struct filter_parse *parse, struct sw_path_filter **ret_filter)
{
	struct sw_path_lex *lex = &parse->lex;
	enum sw_result r;
	if (lex->nesting >= SW_PATH_NESTING_MAX)
		return sw_path_lex_fail(lex, lex->at, "more than %d brackets inside each other",
					SW_PATH_NESTING_MAX);
	lex->nesting++;
	sw_path_lex_skip_blanks(lex);
	long start = lex->at;
	int c = sw_path_lex_here(lex);
	if (c == '!') {
		int next = sw_path_lex_next(lex, start, NULL);
		if (next != '$' && next != '@') {
			struct sw_path_filter *negation = filter_new(parse, SW_PATH_NOT), *operand = NULL;
			if (!negation)
				return SW_ENOMEM;
			lex->at++;
			r = read_group(parse, &operand);
			negation->first = operand;
			*ret_filter = negation;
			lex->nesting--;
			return r;
		}
	}
	if (c == '(') {
		lex->at++;
		r = read_chain(parse, SW_PATH_OR, ret_filter);
		sw_path_lex_skip_blanks(lex);
		if (r == SW_OK && sw_path_lex_here(lex) != ')')
			r = sw_path_lex_fail(lex, lex->at, "Expected character: )");
		lex->at++;
	} else {
		r = read_comparison(parse, ret_filter);
	}
	lex->nesting--;
	return r;
}

/* a || b || c, of a && b && c. */
static enum sw_result read_chain(struct filter_parse *parse, enum sw_path_filter_kind kind,
				 struct sw_path_filter **ret_filter)
{
	struct sw_path_lex *lex = &parse->lex;
	struct sw_path_filter *first = NULL, *last = NULL;
	for (;;) {
		struct sw_path_filter *item = NULL;
		enum sw_result r =
			kind == SW_PATH_OR ? read_chain(parse, SW_PATH_AND, &item) : read_group(parse, &item);
		if (r < 0)
			return r;
		if (last)
			last->next = item;
		else
			first = item;
		last = item;
		long after = lex->at;
		sw_path_lex_skip_blanks(lex);
		if (!take_word(lex, kind == SW_PATH_OR ? "||" : "&&")) {
			lex->at = after;
			break;
		}
	}
	if (first != last) {
		struct sw_path_filter *chain = filter_new(parse, kind);
		if (!chain)
			return SW_ENOMEM;
		chain->first = first;
		first = chain;
	}
	*ret_filter = first;
	return SW_OK;
}

enum sw_result sw_path_parse_filter(const struct sw_path_lex *outer, const char *text, size_t len,
				    uint32_t column, const struct sw_path_filter **ret_filter)
{
	struct filter_parse parse;
	struct sw_path_lex *lex = &parse.lex;
	struct sw_path_filter *filter = NULL;
	sw_path_lex_init(lex, text, len, column, outer);
	if (lex->nesting > SW_PATH_NESTING_MAX)
		return sw_path_lex_fail(lex, 0, "more than %d filters inside each other",
					SW_PATH_NESTING_MAX);
	/* [ ? ( ... ) ]: the caller saw to the brackets. */
	lex->at++;
	lex->end--;
	sw_path_lex_trim(lex);
	lex->at++;
	sw_path_lex_trim(lex);
	enum sw_result r = read_chain(&parse, SW_PATH_OR, &filter);
	if (r < 0)
		return r;
	sw_path_lex_skip_blanks(lex);
	if (sw_path_lex_inside(lex, lex->at))
		return sw_path_lex_fail(lex, lex->at, "Expected end of filter expression instead of: %.*s",
					(int)(lex->end + 1 - lex->at), lex->text + lex->at);
	*ret_filter = filter;
	return SW_OK;
}
