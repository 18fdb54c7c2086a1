/*
 * Signatures of functions: "<s-nn?:s>". The reference implementation makes a JavaScript regular expression of
 * them and matches it against one letter for each argument; this is that expression, compiled: for each
 * parameter a set of letters, how often it may come, and whether as often or as rarely as possible.
 */
#include "asl/jsonata/tree.h"

#define TRIES_MAX 100000

struct parameter {
	uint32_t letters;
	char type;    /* '(' for a choice */
	char subtype; /* of arrays: the first letter in < >; '*': more than one letter, which never matches */
	bool optional, many, context, has_subtype;
	uint32_t context_letters;
};

struct sw_jn_signature {
	unsigned count;
	struct parameter parameters[];
};

static uint32_t letter(char c)
{
	return c >= 'a' && c <= 'z' ? 1u << (c - 'a') : 0;
}

static uint32_t letters(const char *text)
{
	uint32_t set = 0;
	for (; *text; text++)
		set |= letter(*text);
	return set;
}

static uint32_t letters_of(char symbol)
{
	switch (symbol) {
	case 'a':
	case 'x':
		return letters("asnblfom");
	case 'j':
		return letters("asnblom");
	case 'f':
		return letter('f');
	default:
		return letter(symbol) | letter('m');
	}
}

/* Where the bracket opened before at closes. */
static size_t closing(const char *text, size_t at, char open, char close)
{
	int depth = 1;
	while (text[at] && text[++at]) {
		if (text[at] == close && --depth == 0)
			break;
		if (text[at] == open)
			depth++;
	}
	return at;
}

static bool choice(struct parameter *parameter, const char *text, size_t start, size_t end)
{
	*parameter = (struct parameter){.type = '(', .letters = letter('m')};
	for (size_t i = start; i < end; i++) {
		if (text[i] == '<')
			return false;
		parameter->letters |= letter(text[i]);
	}
	return true;
}

/* A mark behind a parameter; none yet: ignored. */
static void modify(struct parameter *parameter, char mark)
{
	if (!parameter)
		return;
	if (mark == '-') {
		parameter->context = true;
		parameter->context_letters = parameter->letters;
	}
	parameter->optional = parameter->optional || mark != '+';
	parameter->many = parameter->many || mark == '+';
}

static enum sw_result mistake(const char **ret_code, uint32_t *ret_offset, const char *code, size_t offset)
{
	*ret_code = code;
	*ret_offset = (uint32_t)offset;
	return SW_EQUERY;
}

enum sw_result sw_jn_signature_parse(struct sw_jn_compiler *compiler, const char *text,
				     const struct sw_jn_signature **ret_signature, const char **ret_code,
				     uint32_t *ret_offset)
{
	struct sw_jn_signature *made =
		sw_jn_compiler_alloc(compiler, sizeof(*made) + strlen(text) * sizeof(made->parameters[0]));
	if (!made)
		return compiler->failed;
	for (size_t at = 1; text[at] && text[at] != ':'; at++) {
		struct parameter *next = &made->parameters[made->count],
				 *last = made->count ? next - 1 : NULL;
		size_t end;
		if (strchr("snbloafjx", text[at])) {
			*next = (struct parameter){.type = text[at], .letters = letters_of(text[at])};
			made->count++;
		} else if (text[at] == '-' || text[at] == '?' || text[at] == '+') {
			modify(last, text[at]);
		} else if (text[at] == '(') {
			end = closing(text, at, '(', ')');
			if (!choice(next, text, at + 1, end))
				return mistake(ret_code, ret_offset, "S0402", at);
			made->count++;
			at = text[end] ? end : end - 1;
		} else if (text[at] == '<') {
			if (!last || (last->type != 'a' && last->type != 'f'))
				return mistake(ret_code, ret_offset, "S0401", at);
			end = closing(text, at, '<', '>');
			last->has_subtype = true;
			last->subtype = text[at + 1];
			at = text[end] ? end : end - 1;
		}
	}
	*ret_signature = made;
	return SW_OK;
}

unsigned sw_jn_signature_length(const struct sw_jn_signature *signature)
{
	return signature->count;
}

/* ---- matching ------------------------------------------------------------------------------------------- */

static char symbol_of(struct sw_jn_value value)
{
	static const char symbols[] = {
		[SW_JN_UNDEFINED] = 'm', [SW_JN_NULL] = 'l',  [SW_JN_BOOLEAN] = 'b', [SW_JN_NUMBER] = 'n',
		[SW_JN_STRING] = 's',    [SW_JN_ARRAY] = 'a', [SW_JN_OBJECT] = 'o',  [SW_JN_FUNCTION] = 'f',
	};
	return symbols[value.kind];
}

struct match {
	const struct sw_jn_signature *signature;
	const struct sw_jn_value *args;
	unsigned count, furthest; /* arguments, and up to where a prefix of the parameters matched */
	unsigned upto;            /* parameters to match */
	bool whole;               /* all arguments must be taken */
	unsigned tries;           /* made; a hostile signature has more ways than time allows */
	unsigned *taken;          /* arguments by parameter */
};

static bool fits(const struct match *match, unsigned parameter, unsigned arg)
{
	return arg < match->count &&
	       match->signature->parameters[parameter].letters & letter(symbol_of(match->args[arg]));
}

/* As a regular expression does: as many as possible, then fewer. */
static bool match_from(struct match *match, unsigned parameter, unsigned arg)
{
	if (parameter == match->upto) {
		match->furthest = arg;
		return !match->whole || arg == match->count;
	}
	const struct parameter *at = &match->signature->parameters[parameter];
	unsigned most = 0, least = at->optional ? 0 : 1;
	while ((at->many || most < 1) && fits(match, parameter, arg + most))
		most++;
	for (unsigned taken = most + 1; taken-- > least && match->tries < TRIES_MAX;) {
		match->tries++;
		if (match->taken)
			match->taken[parameter] = taken;
		if (match_from(match, parameter + 1, arg + taken))
			return true;
	}
	return false;
}

/* The first argument that fits no way of matching. */
static enum sw_result fail_match(struct sw_jn_run *run, const struct match *whole)
{
	unsigned good = 0;
	for (unsigned upto = 1; upto <= whole->signature->count; upto++) {
		struct match match = {.signature = whole->signature,
				      .args = whole->args,
				      .count = whole->count,
				      .upto = upto};
		if (!match_from(&match, 0, 0))
			break;
		good = match.furthest;
	}
	return sw_jn_fail_index(run, "T0410", good < whole->count ? whole->args[good] : SW_JN_UNDEFINED_VALUE,
				good + 1);
}

/* Is arg what an array parameter takes? The items must all be of its type. */
static bool array_fits(struct sw_jn_run *run, const struct parameter *parameter, struct sw_jn_value arg,
		       bool alone)
{
	if (!parameter->has_subtype)
		return true;
	if (arg.kind != SW_JN_ARRAY)
		return alone && symbol_of(arg) == parameter->subtype;
	if (sw_jn_steps(run, arg.len) < 0)
		return false;
	for (uint32_t i = 0; i < arg.len; i++)
		if (symbol_of(sw_jn_array_at(arg, i)) != parameter->subtype)
			return false;
	return true;
}

static enum sw_result take_array(struct sw_jn_run *run, const struct parameter *parameter, bool alone,
				 unsigned index, struct sw_jn_value *arg)
{
	static const char *const types[] = {"aarrays",  "bbooleans", "ffunctions",
					    "nnumbers", "oobjects",  "sstrings"};
	if (arg->kind == SW_JN_UNDEFINED)
		return SW_OK;
	if (!array_fits(run, parameter, *arg, alone)) {
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			if (types[i][0] == parameter->subtype)
				run->fail_type = types[i] + 1;
		return sw_jn_fail_index(run, "T0412", *arg, index + 1);
	}
	if (arg->kind == SW_JN_ARRAY)
		return SW_OK;
	struct sw_jn_value *item = sw_jn_alloc(run, sizeof(*item));
	if (!item)
		return run->failed;
	*item = *arg;
	*arg = sw_jn_array(item, 1, 0);
	return SW_OK;
}

/* The common case: every argument fits the parameter in its place, and nothing is to be changed. */
static bool plainly_fits(const struct sw_jn_signature *signature, const struct sw_jn_value *args,
			 unsigned count)
{
	if (count != signature->count)
		return false;
	for (unsigned i = 0; i < count; i++) {
		const struct parameter *parameter = &signature->parameters[i];
		if (!(parameter->letters & letter(symbol_of(args[i]))) || parameter->type == 'a')
			return false;
	}
	return true;
}

struct taking {
	struct sw_jn_value *out;
	unsigned count, arg;
};

/* A parameter left out counts as an argument, so that those behind it may have none any more. */
static struct sw_jn_value argument(const struct match *match, unsigned arg)
{
	return arg < match->count ? match->args[arg] : SW_JN_UNDEFINED_VALUE;
}

static enum sw_result take(struct sw_jn_run *run, const struct match *match, unsigned index,
			   struct sw_jn_value context, struct taking *taking)
{
	const struct parameter *parameter = &match->signature->parameters[index];
	unsigned taken = match->taken[index];
	if (!taken && parameter->context) {
		if (!(parameter->context_letters & letter(symbol_of(context))))
			return sw_jn_fail_index(run, "T0411", context, taking->arg + 1);
		taking->out[taking->count++] = context;
		return SW_OK;
	}
	if (!taken) {
		taking->out[taking->count++] = argument(match, taking->arg++);
		return SW_OK;
	}
	for (unsigned i = 0; i < taken; i++, taking->arg++) {
		struct sw_jn_value *arg = &taking->out[taking->count++];
		*arg = argument(match, taking->arg);
		if (parameter->type == 'a' && take_array(run, parameter, taken == 1, taking->arg, arg) < 0)
			return run->failed;
	}
	return SW_OK;
}

enum sw_result sw_jn_signature_validate(struct sw_jn_run *run, const struct sw_jn_signature *signature,
					const struct sw_jn_value *args, unsigned count,
					struct sw_jn_value context, unsigned room_min,
					const struct sw_jn_value **ret_args, unsigned *ret_count)
{
	struct match match = {.signature = signature,
			      .args = args,
			      .count = count,
			      .upto = signature->count,
			      .whole = true};
	unsigned taken[16];
	if (plainly_fits(signature, args, count)) {
		*ret_args = args;
		*ret_count = count;
		return SW_OK;
	}
	match.taken = signature->count <= 16 ? taken : sw_jn_alloc(run, signature->count * sizeof(*taken));
	if (!match.taken || sw_jn_steps(run, count) < 0)
		return run->failed;
	if (!match_from(&match, 0, 0))
		return fail_match(run, &match);
	struct taking taking = {0};
	size_t room = (size_t)signature->count + count;
	taking.out = sw_jn_alloc(run, (room > room_min ? room : room_min) * sizeof(*taking.out));
	if (!taking.out)
		return run->failed;
	for (unsigned i = 0; i < signature->count; i++)
		if (take(run, &match, i, context, &taking) < 0)
			return run->failed;
	*ret_args = taking.out;
	*ret_count = taking.count;
	return SW_OK;
}
