/* Pictures of machines: Graphviz and Mermaid. One walk over the graph, two small sets of words. */
#include "asl/graph.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define LABEL_CHARACTERS_MAX 60 /* conditions on edges are cut */
#define LABEL_LINES_MAX 4       /* conditions that lead to the same state share an edge */
#define LINE_CHARACTERS 30      /* longer labels go on in the next line */

struct drawing {
	struct sw_buf out;
	const struct sw_machine *machine;
	enum sw_draw_format format;
	bool *ends; /* of each state: does a list inside it come to an end?; behind them: does the machine's? */
};

/* ---- texts -------------------------------------------------------------------------------------------- */

/* One byte of text inside "..." of either format. Control characters become spaces. */
static void escape_byte(struct drawing *d, unsigned char ch)
{
	if (ch < 0x20 || ch == 0x7F)
		sw_buf_char(&d->out, ' ');
	else if (d->format == SW_DRAW_DOT && ch == '&')
		sw_buf_text(&d->out, "&amp;"); /* Graphviz, too, knows entities */
	else if (d->format == SW_DRAW_DOT && (ch == '"' || ch == '\\'))
		sw_buf_printf(&d->out, "\\%c", ch);
	else if (d->format == SW_DRAW_MERMAID && strchr("\"#&<>`|[]{}()\\%;", ch))
		sw_buf_printf(&d->out, "#%u;", ch); /* Mermaid's character entities */
	else
		sw_buf_char(&d->out, (char)ch);
}

/* Characters up to the next space. */
static size_t word_characters(const char *text)
{
	size_t count = 0;
	for (; *text && *text != ' '; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

static const char *line_break(const struct drawing *d)
{
	return d->format == SW_DRAW_DOT ? "\\n" : "<br/>";
}

/* A name or label: lines are broken at spaces, so that boxes are not wider than they need be. */
static void escape(struct drawing *d, const char *text)
{
	size_t column = 0;
	for (; *text; text++) {
		if (*text == ' ' && column > 0 && column + 1 + word_characters(text + 1) > LINE_CHARACTERS) {
			sw_buf_text(&d->out, line_break(d));
			column = 0;
			continue;
		}
		escape_byte(d, (unsigned char)*text);
		column += ((unsigned char)*text & 0xC0) != 0x80;
	}
}

static void append_literal(struct sw_buf *text, const json_t *literal)
{
	struct sw_buf json = SW_BUF;
	if (sw_json_print(literal, &json, 256) == SW_ENOMEM)
		text->failed = true;
	sw_buf_append(text, json.data ? json.data : "", json.len);
	sw_buf_done(&json);
}

static void append_comparison(struct sw_buf *text, const struct sw_rule *rule)
{
	static const char *const signs[] = {[SW_COMPARE_EQUALS] = "==",
					    [SW_COMPARE_LESS] = "<",
					    [SW_COMPARE_LESS_EQUALS] = "<=",
					    [SW_COMPARE_GREATER] = ">",
					    [SW_COMPARE_GREATER_EQUALS] = ">="};
	sw_buf_text(text, rule->variable ? rule->variable->text : "?");
	sw_buf_printf(text, " %s ", rule->kind == SW_RULE_MATCHES ? "matches" : signs[rule->comparison]);
	if (rule->path)
		sw_buf_text(text, rule->path->text);
	else if (rule->literal)
		append_literal(text, rule->literal);
}

static void append_is(struct sw_buf *text, const struct sw_rule *rule)
{
	static const char *const words[] = {
		[SW_IS_NULL] = "null",       [SW_IS_PRESENT] = "present", [SW_IS_NUMERIC] = "numeric",
		[SW_IS_STRING] = "a string", [SW_IS_BOOLEAN] = "boolean", [SW_IS_TIMESTAMP] = "a timestamp"};
	sw_buf_printf(text, "%s is %s%s", rule->variable ? rule->variable->text : "?",
		      rule->is_expected ? "" : "not ", words[rule->is]);
}

/* "$.total > 100 and not ($.x is present)"; stops when it is long enough. */
static void append_rule(struct sw_buf *text, const struct sw_rule *rule, bool nested)
{
	if (text->len > SW_RULE_TEXT_BYTES)
		return;
	bool many = rule->kind == SW_RULE_AND || rule->kind == SW_RULE_OR;
	switch (rule->kind) {
	case SW_RULE_AND:
	case SW_RULE_OR:
	case SW_RULE_NOT:
		sw_buf_text(text, rule->kind == SW_RULE_NOT ? "not (" : nested ? "(" : "");
		for (uint32_t i = 0; i < rule->children_count; i++) {
			if (i > 0)
				sw_buf_text(text, rule->kind == SW_RULE_AND ? " and " : " or ");
			append_rule(text, &rule->children[i], many);
		}
		sw_buf_text(text, rule->kind == SW_RULE_NOT || nested ? ")" : "");
		break;
	case SW_RULE_COMPARE:
	case SW_RULE_MATCHES:
		append_comparison(text, rule);
		break;
	case SW_RULE_IS:
		append_is(text, rule);
		break;
	case SW_RULE_CONDITION:
		if (rule->condition)
			sw_buf_text(text, rule->condition->text);
		else if (rule->literal)
			append_literal(text, rule->literal);
		break;
	}
}

void sw_rule_print(const struct sw_rule *rule, struct sw_buf *out)
{
	append_rule(out, rule, false);
}

/* Cuts after LABEL_CHARACTERS_MAX characters, with dots. */
static void shorten(struct sw_buf *text)
{
	size_t characters = 0;
	for (size_t i = 0; i < text->len; i++) {
		if (((unsigned char)text->data[i] & 0xC0) == 0x80 || ++characters <= LABEL_CHARACTERS_MAX)
			continue;
		text->len = i;
		text->data[i] = '\0';
		sw_buf_text(text, "...");
		return;
	}
}

/* What leads from a state to another one: a line for each condition. */
struct label {
	struct sw_buf lines[LABEL_LINES_MAX];
	uint32_t count; /* of conditions; those beyond LABEL_LINES_MAX are only counted */
};

/* Where the next condition is printed to; NULL: it is not shown. */
static struct sw_buf *next_line(struct label *label)
{
	return label->count++ < LABEL_LINES_MAX ? &label->lines[label->count - 1] : NULL;
}

static void print_label(struct drawing *d, const struct label *label)
{
	for (uint32_t i = 0; i < label->count && i < LABEL_LINES_MAX; i++) {
		if (i > 0)
			sw_buf_text(&d->out, line_break(d));
		escape(d, label->lines[i].data ? label->lines[i].data : "");
	}
	if (label->count > LABEL_LINES_MAX)
		sw_buf_printf(&d->out, "%sand %u more", line_break(d), label->count - LABEL_LINES_MAX);
}

static void label_done(struct drawing *d, struct label *label)
{
	for (uint32_t i = 0; i < LABEL_LINES_MAX; i++) {
		d->out.failed = d->out.failed || label->lines[i].failed;
		sw_buf_done(&label->lines[i]);
	}
}

/* ---- nodes and edges ---------------------------------------------------------------------------------- */

enum edge_style { EDGE_PLAIN, EDGE_CATCH };

static void indent(struct drawing *d, unsigned depth)
{
	for (unsigned i = 0; i <= depth && i < 20; i++)
		sw_buf_text(&d->out, "  ");
}

static void edge(struct drawing *d, const char *from, const char *to, enum edge_style style,
		 const struct label *label)
{
	bool dot = d->format == SW_DRAW_DOT, dashed = style == EDGE_CATCH;
	if (dot) {
		sw_buf_printf(&d->out, "  %s -> %s", from, to);
		if (label) { /* Graphviz sets labels close to lines and to each other */
			sw_buf_text(&d->out, " [label=\" ");
			print_label(d, label);
			sw_buf_printf(&d->out, " \"%s]",
				      dashed ? ", style=dashed, color=\"#b03030\", fontcolor=\"#b03030\""
					     : "");
		}
		sw_buf_text(&d->out, ";\n");
		return;
	}
	sw_buf_printf(&d->out, "  %s %s", from, dashed ? "-.->" : "-->");
	if (label) {
		sw_buf_text(&d->out, "|\"");
		print_label(d, label);
		sw_buf_text(&d->out, "\"|");
	}
	sw_buf_printf(&d->out, " %s\n", to);
}

static void state_id(const struct sw_state *state, char id[24])
{
	snprintf(id, 24, "s%u", state->index);
}

static void edge_to(struct drawing *d, const char *from, const struct sw_state *to, enum edge_style style,
		    const struct label *label)
{
	char id[24];
	if (!to)
		return;
	state_id(to, id);
	edge(d, from, id, style, label);
}

/* Where a list of states ends: "end_" of the machine, "e<owner>" of all lists inside a state. */
static void end_id(const struct sw_flow *flow, char id[24])
{
	if (flow->owner)
		snprintf(id, 24, "e%u", flow->owner->index);
	else
		snprintf(id, 24, "end_");
}

/* Does a transition lead from the state to the end of its list? */
static bool is_last(const struct sw_state *state)
{
	return !state->next && state->type != SW_STATE_CHOICE && state->type != SW_STATE_FAIL;
}

/* The place in ends of the state that a list belongs to, or of the machine. */
static size_t end_place(const struct drawing *d, const struct sw_state *owner)
{
	return owner ? owner->index : d->machine->states_count;
}

static bool find_ends(struct drawing *d)
{
	d->ends = sw_zalloc_array((size_t)d->machine->states_count + 1, sizeof(*d->ends));
	for (uint32_t i = 0; d->ends && i < d->machine->states_count; i++) {
		const struct sw_state *state = &d->machine->states[i];
		if (is_last(state))
			d->ends[end_place(d, state->flow->owner)] = true;
	}
	return d->ends != NULL;
}

/* Rules that lead to the same state share an edge, which stands where the first of them does. */
static bool is_first_rule(const struct sw_state *state, uint32_t place)
{
	const struct sw_rule *rules = state->as.choice.rules;
	for (uint32_t i = 0; i < place; i++)
		if (rules[i].next == rules[place].next)
			return false;
	return true;
}

static void draw_choice(struct drawing *d, const struct sw_state *state, const char *from)
{
	const struct sw_rule *rules = state->as.choice.rules;
	uint32_t count = state->as.choice.rules_count;
	struct label otherwise = {.count = 1};
	for (uint32_t i = 0; i < count; i++) {
		struct label label = {0};
		bool first = is_first_rule(state, i);
		for (uint32_t k = i; first && k < count; k++) {
			struct sw_buf *line = rules[k].next == rules[i].next ? next_line(&label) : NULL;
			if (line)
				append_rule(line, &rules[k], false);
			if (line && !line->failed)
				shorten(line);
		}
		if (label.count > 0)
			edge_to(d, from, rules[i].next, EDGE_PLAIN, &label);
		label_done(d, &label);
	}
	sw_buf_text(&otherwise.lines[0], "otherwise");
	edge_to(d, from, state->as.choice.fallback, EDGE_PLAIN, &otherwise);
	label_done(d, &otherwise);
}

static bool is_first_catcher(const struct sw_state *state, uint32_t place)
{
	for (uint32_t i = 0; i < place; i++)
		if (state->catchers[i].next == state->catchers[place].next)
			return false;
	return true;
}

static void append_errors(struct sw_buf *line, const struct sw_catcher *catcher)
{
	for (uint32_t i = 0; i < catcher->errors_count && line->len < 4 * LABEL_CHARACTERS_MAX; i++)
		sw_buf_printf(line, "%s%s", i ? ", " : "", catcher->errors[i]);
	if (!line->failed)
		shorten(line);
}

static void draw_catchers(struct drawing *d, const struct sw_state *state, const char *from)
{
	for (uint32_t i = 0; i < state->catchers_count; i++) {
		struct label label = {0};
		bool first = is_first_catcher(state, i);
		for (uint32_t k = i; first && k < state->catchers_count; k++) {
			struct sw_buf *line =
				state->catchers[k].next == state->catchers[i].next ? next_line(&label) : NULL;
			if (line)
				append_errors(line, &state->catchers[k]);
		}
		if (label.count > 0)
			edge_to(d, from, state->catchers[i].next, EDGE_CATCH, &label);
		label_done(d, &label);
	}
}

/* What leads out of a state. */
static void draw_edges(struct drawing *d, const struct sw_state *state)
{
	char id[24], from[24], end[24];
	state_id(state, id);
	end_id(state->flow, end);
	/* What has lists inside is left where they end. */
	snprintf(from, sizeof(from), "%c%u", d->ends[state->index] ? 'e' : 's', state->index);
	if (state->type == SW_STATE_CHOICE)
		draw_choice(d, state, id);
	else if (state->next)
		edge_to(d, from, state->next, EDGE_PLAIN, NULL);
	else if (is_last(state))
		edge(d, from, end, EDGE_PLAIN, NULL);
	draw_catchers(d, state, id);
}

static const char *dot_look(const struct sw_state *state)
{
	switch (state->type) {
	case SW_STATE_CHOICE:
		return "shape=diamond, fillcolor=\"#fff2cc\"";
	case SW_STATE_WAIT:
		return "shape=box, style=\"rounded,filled,dashed\", fillcolor=\"#f5f5f5\"";
	case SW_STATE_SUCCEED:
		return "shape=box, fillcolor=\"#d5e8d4\"";
	case SW_STATE_FAIL:
		return "shape=box, fillcolor=\"#f8cecc\"";
	case SW_STATE_TASK:
		return "shape=box, fillcolor=\"#dae8fc\"";
	default:
		return "shape=box, fillcolor=white";
	}
}

static void draw_node(struct drawing *d, const struct sw_state *state, unsigned depth)
{
	const char *type = sw_state_type_name(state->type);
	indent(d, depth);
	if (d->format == SW_DRAW_DOT) {
		sw_buf_printf(&d->out, "s%u [label=\"", state->index);
		escape(d, state->name);
		sw_buf_printf(&d->out, "\\n%s\", %s];\n", type, dot_look(state));
		return;
	}
	bool choice = state->type == SW_STATE_CHOICE;
	sw_buf_printf(&d->out, "s%u%s\"", state->index, choice ? "{" : "[");
	escape(d, state->name);
	sw_buf_printf(&d->out, "<br/>%s\"%s\n", type, choice ? "}" : "]");
}

/* ---- lists of states ---------------------------------------------------------------------------------- */

static void draw_flow(struct drawing *d, const struct sw_flow *flow, unsigned depth);

/* The box round lists of states; that of a state has its name in the first node, not again as a title. */
static void open_cluster(struct drawing *d, const char *id, const char *title, unsigned depth)
{
	indent(d, depth);
	if (d->format == SW_DRAW_DOT) {
		sw_buf_printf(&d->out, "subgraph cluster_%s {\n", id);
		indent(d, depth + 1);
		sw_buf_printf(&d->out, "style=rounded; color=\"#888888\"; label=\"%s\";\n", title);
		return;
	}
	sw_buf_printf(&d->out, "subgraph c%s[\"%s\"]\n", id, title[0] ? title : " ");
}

static void close_cluster(struct drawing *d, unsigned depth)
{
	indent(d, depth);
	sw_buf_text(&d->out, d->format == SW_DRAW_DOT ? "}\n" : "end\n");
}

/* Where the lists of owner end, or the machine's; nothing when none does. */
static void draw_end(struct drawing *d, const struct sw_flow *flow, unsigned depth)
{
	char id[24];
	end_id(flow, id);
	if (!d->ends[end_place(d, flow->owner)])
		return;
	indent(d, depth);
	if (d->format == SW_DRAW_DOT)
		sw_buf_printf(&d->out,
			      "%s [shape=%s, style=filled, fillcolor=black, label=\"\", width=%s];\n", id,
			      flow->owner ? "circle" : "doublecircle", flow->owner ? "0.12" : "0.2");
	else
		sw_buf_printf(&d->out, "%s(((\" \")))\n", id);
}

/* The state's own node stands above its inner lists: transitions to the state lead there. */
static void draw_inner(struct drawing *d, const struct sw_state *state, unsigned depth)
{
	bool parallel = state->type == SW_STATE_PARALLEL;
	const struct sw_flow *flows = parallel ? state->as.parallel.branches : &state->as.map.processor;
	uint32_t count = parallel ? state->as.parallel.branches_count : 1;
	char id[48], name[32] = "for each item";

	snprintf(id, sizeof(id), "%u", state->index);
	open_cluster(d, id, "", depth);
	draw_node(d, state, depth + 1);
	for (uint32_t i = 0; i < count; i++) {
		snprintf(id, sizeof(id), "%u_%u", state->index, i);
		if (parallel)
			snprintf(name, sizeof(name), "branch %u", i + 1);
		open_cluster(d, id, name, depth + 1);
		draw_flow(d, &flows[i], depth + 2);
		close_cluster(d, depth + 1);
	}
	if (count > 0)
		draw_end(d, &flows[0], depth + 1);
	close_cluster(d, depth);
}

/* The states of one list follow one another in the machine's order, with those of inner lists between them.
 */
static void draw_flow(struct drawing *d, const struct sw_flow *flow, unsigned depth)
{
	const struct sw_machine *machine = d->machine;
	uint32_t i = flow->owner ? flow->owner->index + 1 : 0;
	for (; i < machine->states_count; i++) {
		const struct sw_state *state = &machine->states[i];
		if (state->flow != flow)
			continue;
		if (state->type == SW_STATE_PARALLEL || state->type == SW_STATE_MAP)
			draw_inner(d, state, depth);
		else
			draw_node(d, state, depth);
	}
}

static void draw_starts(struct drawing *d, const struct sw_flow *flow, const struct sw_state *owner)
{
	char id[24];
	if (owner)
		state_id(owner, id);
	edge_to(d, owner ? id : "start_", flow->start, EDGE_PLAIN, NULL);
}

static void draw_all_edges(struct drawing *d)
{
	draw_starts(d, &d->machine->flow, NULL);
	for (uint32_t i = 0; i < d->machine->states_count; i++) {
		const struct sw_state *state = &d->machine->states[i];
		for (uint32_t k = 0;
		     state->type == SW_STATE_PARALLEL && k < state->as.parallel.branches_count; k++)
			draw_starts(d, &state->as.parallel.branches[k], state);
		if (state->type == SW_STATE_MAP)
			draw_starts(d, &state->as.map.processor, state);
		draw_edges(d, state);
	}
}

enum sw_result sw_machine_draw(const struct sw_machine *machine, enum sw_draw_format format, char **ret_text)
{
	struct drawing d = {.out = SW_BUF, .machine = machine, .format = format};

	if (!find_ends(&d))
		return SW_ENOMEM;
	if (format == SW_DRAW_DOT)
		sw_buf_text(
			&d.out,
			"digraph machine {\n  node [fontname=\"sans-serif\", fontsize=11, "
			"style=\"rounded,filled\"];\n  edge [fontname=\"sans-serif\", fontsize=9];\n"
			"  graph [fontname=\"sans-serif\", fontsize=10];\n"
			"  start_ [shape=circle, style=filled, fillcolor=black, label=\"\", width=0.2];\n");
	else
		sw_buf_text(&d.out, "flowchart TD\n  start_((\" \"))\n");
	draw_flow(&d, &machine->flow, 0);
	draw_end(&d, &machine->flow, 0);
	draw_all_edges(&d);
	if (format == SW_DRAW_DOT)
		sw_buf_text(&d.out, "}\n");
	sw_free(d.ends);
	if (sw_buf_result(&d.out) != SW_OK) {
		sw_buf_done(&d.out);
		return SW_ENOMEM;
	}
	*ret_text = sw_buf_take(&d.out, NULL);
	return *ret_text ? SW_OK : SW_ENOMEM;
}
