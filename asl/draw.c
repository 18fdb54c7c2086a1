/* Pictures of machines: Graphviz and Mermaid. One walk over the graph, two small sets of words. */
#include "asl/graph.h"

#include <stdio.h>
#include <string.h>

#define LABEL_CHARACTERS_MAX 60 /* conditions on edges are cut */

struct drawing {
	struct sw_buf out;
	const struct sw_machine *machine;
	enum sw_draw_format format;
};

/* ---- texts -------------------------------------------------------------------------------------------- */

/* Text inside "..." of either format. Control characters become spaces. */
static void escape(struct drawing *d, const char *text)
{
	for (; *text; text++) {
		unsigned char ch = (unsigned char)*text;
		if (ch < 0x20 || ch == 0x7F)
			sw_buf_char(&d->out, ' ');
		else if (d->format == SW_DRAW_DOT && (ch == '"' || ch == '\\'))
			sw_buf_printf(&d->out, "\\%c", ch);
		else if (d->format == SW_DRAW_MERMAID && strchr("\"#&<>`|[]{}()\\%;", ch))
			sw_buf_printf(&d->out, "#%u;", ch); /* Mermaid's character entities */
		else
			sw_buf_char(&d->out, (char)ch);
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

static void take_label(struct drawing *d, struct sw_buf *label)
{
	d->out.failed = d->out.failed || label->failed;
	if (!label->failed)
		shorten(label);
}

/* ---- nodes and edges ---------------------------------------------------------------------------------- */

enum edge_style { EDGE_PLAIN, EDGE_CATCH };

static void indent(struct drawing *d, unsigned depth)
{
	for (unsigned i = 0; i <= depth && i < 20; i++)
		sw_buf_text(&d->out, "  ");
}

static void edge(struct drawing *d, const char *from, const char *to, enum edge_style style,
		 const char *label)
{
	bool dot = d->format == SW_DRAW_DOT, dashed = style == EDGE_CATCH;
	if (dot) {
		sw_buf_printf(&d->out, "  %s -> %s", from, to);
		if (label || dashed)
			sw_buf_text(&d->out, " [");
		if (label) {
			sw_buf_text(&d->out, "label=\"");
			escape(d, label);
			sw_buf_text(&d->out, dashed ? "\", " : "\"");
		}
		if (dashed)
			sw_buf_text(&d->out, "style=dashed, color=\"#b03030\", fontcolor=\"#b03030\"");
		sw_buf_text(&d->out, label || dashed ? "];\n" : ";\n");
		return;
	}
	sw_buf_printf(&d->out, "  %s %s", from, dashed ? "-.->" : "-->");
	if (label && label[0]) {
		sw_buf_text(&d->out, "|\"");
		escape(d, label);
		sw_buf_text(&d->out, "\"|");
	}
	sw_buf_printf(&d->out, " %s\n", to);
}

static void state_id(const struct sw_state *state, char id[24])
{
	snprintf(id, 24, "s%u", state->index);
}

static void edge_to(struct drawing *d, const char *from, const struct sw_state *to, enum edge_style style,
		    const char *label)
{
	char id[24];
	if (!to)
		return;
	state_id(to, id);
	edge(d, from, id, style, label);
}

/* Where a list of states ends: "end" of the machine, "e<owner>_<branch>" inside a state. */
static void end_id(const struct sw_flow *flow, char id[48])
{
	if (flow->owner)
		snprintf(id, 48, "e%u_%u", flow->owner->index, flow->index);
	else
		snprintf(id, 48, "end_");
}

static void draw_choice(struct drawing *d, const struct sw_state *state, const char *from)
{
	for (uint32_t i = 0; i < state->as.choice.rules_count; i++) {
		struct sw_buf label = SW_BUF;
		append_rule(&label, &state->as.choice.rules[i], false);
		take_label(d, &label);
		edge_to(d, from, state->as.choice.rules[i].next, EDGE_PLAIN, label.data);
		sw_buf_done(&label);
	}
	edge_to(d, from, state->as.choice.fallback, EDGE_PLAIN, "otherwise");
}

static void draw_catchers(struct drawing *d, const struct sw_state *state, const char *from)
{
	for (uint32_t i = 0; i < state->catchers_count; i++) {
		const struct sw_catcher *catcher = &state->catchers[i];
		struct sw_buf label = SW_BUF;
		for (uint32_t k = 0; k < catcher->errors_count && label.len < 4 * LABEL_CHARACTERS_MAX; k++)
			sw_buf_printf(&label, "%s%s", k ? ", " : "", catcher->errors[k]);
		take_label(d, &label);
		edge_to(d, from, catcher->next, EDGE_CATCH, label.data);
		sw_buf_done(&label);
	}
}

/* What leads out of a state. */
static void draw_edges(struct drawing *d, const struct sw_state *state)
{
	char id[24], end[48];
	state_id(state, id);
	end_id(state->flow, end);
	if (state->type == SW_STATE_CHOICE)
		draw_choice(d, state, id);
	else if (state->next)
		edge_to(d, id, state->next, EDGE_PLAIN, NULL);
	else if (state->type != SW_STATE_FAIL)
		edge(d, id, end, EDGE_PLAIN, NULL);
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

static void open_cluster(struct drawing *d, const char *id, const char *name, const char *type,
			 unsigned depth)
{
	indent(d, depth);
	if (d->format == SW_DRAW_DOT) {
		sw_buf_printf(&d->out, "subgraph cluster_%s {\n", id);
		indent(d, depth + 1);
		sw_buf_text(&d->out, "style=rounded; color=\"#888888\"; label=\"");
		escape(d, name);
		sw_buf_printf(&d->out, "%s%s\";\n", name[0] ? " - " : "", type);
		return;
	}
	sw_buf_printf(&d->out, "subgraph c%s[\"", id);
	escape(d, name);
	sw_buf_printf(&d->out, "%s%s\"]\n", name[0] ? " - " : "", type);
}

static void close_cluster(struct drawing *d, unsigned depth)
{
	indent(d, depth);
	sw_buf_text(&d->out, d->format == SW_DRAW_DOT ? "}\n" : "end\n");
}

static void draw_end(struct drawing *d, const struct sw_flow *flow, unsigned depth)
{
	char id[48];
	end_id(flow, id);
	indent(d, depth);
	if (d->format == SW_DRAW_DOT)
		sw_buf_printf(&d->out,
			      "%s [shape=%s, style=filled, fillcolor=black, label=\"\", width=0.2];\n", id,
			      flow->owner ? "circle" : "doublecircle");
	else
		sw_buf_printf(&d->out, "%s(((\" \")))\n", id);
}

/* The state's own node stands above its inner lists: transitions to the state lead there. */
static void draw_inner(struct drawing *d, const struct sw_state *state, unsigned depth)
{
	bool parallel = state->type == SW_STATE_PARALLEL;
	const struct sw_flow *flows = parallel ? state->as.parallel.branches : &state->as.map.processor;
	uint32_t count = parallel ? state->as.parallel.branches_count : 1;
	char id[48], name[32] = "";

	snprintf(id, sizeof(id), "%u", state->index);
	open_cluster(d, id, state->name, sw_state_type_name(state->type), depth);
	draw_node(d, state, depth + 1);
	for (uint32_t i = 0; i < count; i++) {
		snprintf(id, sizeof(id), "%u_%u", state->index, i);
		if (parallel)
			snprintf(name, sizeof(name), "branch %u", i + 1);
		open_cluster(d, id, "", parallel ? name : "for each item", depth + 1);
		draw_flow(d, &flows[i], depth + 2);
		close_cluster(d, depth + 1);
	}
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
	draw_end(d, flow, depth);
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
	draw_all_edges(&d);
	if (format == SW_DRAW_DOT)
		sw_buf_text(&d.out, "}\n");
	if (sw_buf_result(&d.out) != SW_OK) {
		sw_buf_done(&d.out);
		return SW_ENOMEM;
	}
	*ret_text = sw_buf_take(&d.out, NULL);
	return *ret_text ? SW_OK : SW_ENOMEM;
}
