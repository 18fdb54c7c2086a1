/* Map states, inline and distributed. What a distributed Map reads and writes is checked and kept as JSON. */
#include "asl/compile.h"

#include <stdio.h>
#include <string.h>

#define LABEL_CHARACTERS_MAX 40

static void compile_processor_config(struct sw_compiler *c, struct sw_work *w, const json_t *processor,
				     const struct sw_place *processor_at)
{
	struct sw_map_fields *map = &w->state->as.map;
	const json_t *config = json_object_get(processor, "ProcessorConfig");
	struct sw_place at = SW_PLACE_KEY(processor_at, "ProcessorConfig");

	if (!config || !sw_check_object(c, w->language, config, SW_IN_PROCESSOR_CONFIG, w->flags, &at))
		return;
	const char *mode = sw_text(json_object_get(config, "Mode"));
	const char *type = sw_text(json_object_get(config, "ExecutionType"));
	map->distributed = mode && strcmp(mode, "DISTRIBUTED") == 0;
	map->express = type && strcmp(type, "EXPRESS") == 0;
	if (map->distributed && !json_object_get(config, "ExecutionType"))
		sw_report(c, sw_at_key(&at, "These fields are required: [ExecutionType]"),
			  "a distributed Map must have ExecutionType, STANDARD or EXPRESS");
	if (!map->distributed && json_object_get(config, "ExecutionType")) {
		struct sw_place type_at = SW_PLACE_KEY(&at, "ExecutionType");
		sw_report(c, sw_at_member(&type_at, "Field 'ExecutionType' is not supported"),
			  "ExecutionType is for Mode DISTRIBUTED only");
	}
}

static void compile_processor(struct sw_compiler *c, struct sw_work *w)
{
	const char *name = json_object_get(w->json, "ItemProcessor") ? "ItemProcessor" : "Iterator";
	const json_t *processor = sw_member(w->json, name, SW_TYPE_OBJECT);
	struct sw_place at = SW_PLACE_KEY(w->place, name);

	if (!processor)
		return;
	compile_processor_config(c, w, processor, &at);
	sw_compile_flow(c, processor, SW_IN_PROCESSOR, w->state, 0, &at, &w->state->as.map.processor);
}

/* "Label ... must be unique within the state machine, at most 40 characters." */
static void compile_label(struct sw_compiler *c, struct sw_work *w)
{
	const char *label = sw_text(json_object_get(w->json, "Label"));
	struct sw_place at = SW_PLACE_KEY(w->place, "Label");
	struct sw_mistake mistake = sw_at(&at, NULL);
	char aws[400];

	/* An empty one counts as absent. */
	if (!label || label[0] == '\0')
		return;
	w->state->as.map.label = label;
	bool too_long = sw_count_characters(label) > LABEL_CHARACTERS_MAX;
	if (too_long || strpbrk(label, " ?*<>{}[]:;,\\|^~$#%&`\"/\t\n\r")) {
		snprintf(aws, sizeof(aws),
			 "Invalid Label name: Label '%.240s' exceeds the %d-character limit allowed by the "
			 "service",
			 label, LABEL_CHARACTERS_MAX);
		mistake.aws_text = too_long ? aws : NULL;
		mistake.code = SW_CODE_LABEL;
		sw_report(c, mistake,
			  "Label must have 1 to %d characters, without white space and ? * < > { } [ ] : ; , "
			  "\\ | ^ ~ $ "
			  "# %% & ` \" /",
			  LABEL_CHARACTERS_MAX);
	} else if (!sw_names_add(c->labels, NULL, label, w->state)) {
		snprintf(aws, sizeof(aws), "Duplicate Label name: %.200s", label);
		mistake.aws_text = aws;
		mistake.code = SW_CODE_DUPLICATE_LABEL;
		sw_report(c, mistake, "another Map state has the Label \"%s\"", label);
	}
}

/* ---- ItemReader, ItemBatcher, ResultWriter ------------------------------------------------------------ */

/* Paths, templates and JSONata strings inside one of these objects. */
static void check_parts(struct sw_compiler *c, struct sw_work *w, const json_t *object, unsigned context,
			const struct sw_place *place)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		const struct sw_field *field = sw_field_find(name, context);
		struct sw_place at = SW_PLACE_KEY(place, name);
		bool template = strcmp(name, "Parameters") == 0 || strcmp(name, "Arguments") == 0 ||
				strcmp(name, "BatchInput") == 0;
		if (!field)
			continue;
		if (template)
			sw_compile_template(c, w->language, value, &at);
		else if (field->kinds && !w->language->jsonata)
			sw_compile_path(c, field, value, &at);
		else if ((field->flags & SW_FIELD_EXPRESSION) && w->language->jsonata &&
			 sw_json_is_string(value))
			sw_compile_expression(c, w->language, value, &at);
	}
}

static void check_csv_headers(struct sw_compiler *c, const json_t *headers, const struct sw_place *place)
{
	struct sw_place headers_at = SW_PLACE_KEY(place, "CSVHeaders");
	for (size_t i = 0; i < json_array_size(headers); i++) {
		struct sw_place at = SW_PLACE_ITEM(&headers_at, i);
		if (!sw_json_is_string(json_array_get(headers, i)))
			sw_report(c, sw_at(&at, "Expected value of type String"),
				  "CSVHeaders must hold strings, not %s",
				  sw_type_phrase(json_array_get(headers, i)));
	}
}

static void check_reader_config(struct sw_compiler *c, struct sw_work *w, const json_t *config,
				const struct sw_place *place)
{
	if (!sw_check_object(c, w->language, config, SW_IN_READER_CONFIG, w->flags, place))
		return;
	check_parts(c, w, config, SW_IN_READER_CONFIG, place);
	const char *input = sw_text(json_object_get(config, "InputType"));
	const char *header = sw_text(json_object_get(config, "CSVHeaderLocation"));
	const json_t *headers = json_object_get(config, "CSVHeaders");
	struct sw_place header_at = SW_PLACE_KEY(place, "CSVHeaderLocation");
	bool csv = !input || strcmp(input, "CSV") == 0 || strcmp(input, "MANIFEST") == 0 ||
		   sw_is_jsonata_string(json_object_get(config, "InputType"));

	check_csv_headers(c, headers, place);
	if (input && strcmp(input, "CSV") == 0 && !header)
		sw_report(c, sw_at_key(place, "The field 'CSVHeaderLocation' is required"),
			  "to read CSV, CSVHeaderLocation must be FIRST_ROW or GIVEN");
	if (!csv && header)
		sw_report(c, sw_at_member(&header_at, "Field 'CSVHeaderLocation' is not supported"),
			  "CSVHeaderLocation is for the InputType CSV only");
	if (header && strcmp(header, "GIVEN") == 0 && !headers)
		sw_report(c, sw_at_key(place, "These fields are required: [CSVHeaders]"),
			  "with the CSVHeaderLocation GIVEN there must be CSVHeaders");
}

/* A Resource from a small set; the partition is free. */
static void check_s3_resource(struct sw_compiler *c, const json_t *object, const char *first,
			      const char *second, const struct sw_place *place)
{
	const char *text = sw_text(json_object_get(object, "Resource"));
	struct sw_place at = SW_PLACE_KEY(place, "Resource");
	const char *rest = text ? strstr(text, ":states:::s3:") : NULL;
	char aws[200];

	if (!text)
		return;
	rest = rest ? rest + strlen(":states:::s3:") : "";
	if (strncmp(text, "arn:", 4) == 0 &&
	    (strcmp(rest, first) == 0 || (second && strcmp(rest, second) == 0)))
		return;
	snprintf(aws, sizeof(aws),
		 "The field 'Resource' does not match any of the allowed values. Examples: "
		 "[arn:<partition>:states:::s3:%s%s%s]",
		 first, second ? ", arn:<partition>:states:::s3:" : "", second ? second : "");
	sw_report(c, sw_at(&at, aws), "Resource must be arn:aws:states:::s3:%s%s%s", first,
		  second ? " or arn:aws:states:::s3:" : "", second ? second : "");
}

static void compile_reader(struct sw_compiler *c, struct sw_work *w)
{
	const json_t *reader = sw_member(w->json, "ItemReader", SW_TYPE_OBJECT);
	struct sw_place at = SW_PLACE_KEY(w->place, "ItemReader");
	struct sw_place config_at = SW_PLACE_KEY(&at, "ReaderConfig");

	w->state->as.map.item_reader = reader;
	if (!reader || !sw_check_object(c, w->language, reader, SW_IN_ITEM_READER, w->flags, &at))
		return;
	check_parts(c, w, reader, SW_IN_ITEM_READER, &at);
	if (!json_object_get(reader, "Resource"))
		sw_report(c, sw_at_key(&at, "These fields are required: [Resource]"),
			  "an ItemReader must have the field Resource");
	check_s3_resource(c, reader, "getObject", "listObjectsV2", &at);
	if (sw_member(reader, "ReaderConfig", SW_TYPE_OBJECT))
		check_reader_config(c, w, json_object_get(reader, "ReaderConfig"), &config_at);
}

static void compile_batcher(struct sw_compiler *c, struct sw_work *w)
{
	const json_t *batcher = sw_member(w->json, "ItemBatcher", SW_TYPE_OBJECT);
	struct sw_place at = SW_PLACE_KEY(w->place, "ItemBatcher");

	w->state->as.map.item_batcher = batcher;
	if (batcher && sw_check_object(c, w->language, batcher, SW_IN_ITEM_BATCHER, w->flags, &at))
		check_parts(c, w, batcher, SW_IN_ITEM_BATCHER, &at);
}

/* "WriterConfig alone, Resource alone with its Parameters, or all three; never empty." */
static void compile_writer(struct sw_compiler *c, struct sw_work *w)
{
	const json_t *writer = sw_member(w->json, "ResultWriter", SW_TYPE_OBJECT);
	struct sw_place at = SW_PLACE_KEY(w->place, "ResultWriter");
	struct sw_place config_at = SW_PLACE_KEY(&at, "WriterConfig");

	w->state->as.map.result_writer = writer;
	if (!writer || !sw_check_object(c, w->language, writer, SW_IN_RESULT_WRITER, w->flags, &at))
		return;
	check_parts(c, w, writer, SW_IN_RESULT_WRITER, &at);
	check_s3_resource(c, writer, "putObject", NULL, &at);
	if (!json_object_get(writer, "Resource") &&
	    (json_object_get(writer, "Parameters") || json_object_get(writer, "Arguments")))
		sw_report(c, sw_at_key(&at, "These fields are required: [Resource]"),
			  "a ResultWriter with Parameters must have the field Resource");
	if (sw_member(writer, "WriterConfig", SW_TYPE_OBJECT))
		sw_check_object(c, w->language, json_object_get(writer, "WriterConfig"), SW_IN_WRITER_CONFIG,
				w->flags, &config_at);
}

/* An inline Map would not read, group or write what these say. A Label does no harm. */
static void check_inline(struct sw_compiler *c, struct sw_work *w)
{
	static const char *const names[] = {"ItemReader", "ItemBatcher", "ResultWriter"};
	struct sw_place label_at = SW_PLACE_KEY(w->place, "Label");
	char aws[64];

	if (w->state->as.map.distributed)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct sw_place at = SW_PLACE_KEY(w->place, names[i]);
		if (!json_object_get(w->json, names[i]))
			continue;
		snprintf(aws, sizeof(aws), "Field '%s' is not supported", names[i]);
		sw_report(c, sw_at_member(&at, aws),
			  "%s needs a distributed Map: set ProcessorConfig.Mode to DISTRIBUTED", names[i]);
	}
	if (w->state->as.map.label)
		sw_report(c, sw_warning(sw_at_key(&label_at, NULL), SW_CODE_SCHEMA),
			  "Label has no effect: ProcessorConfig.Mode is not DISTRIBUTED");
}

/* ---- the state ---------------------------------------------------------------------------------------- */

/* "ItemSelector", or "Parameters" as it was called before. */
static void compile_selector(struct sw_compiler *c, struct sw_work *w)
{
	struct sw_map_fields *map = &w->state->as.map;
	bool old = !w->language->jsonata && !json_object_get(w->json, "ItemSelector");
	const char *name = old ? "Parameters" : "ItemSelector";
	struct sw_place at = SW_PLACE_KEY(w->place, name);

	map->item_selector_is_parameters = old && json_object_get(w->json, name);
	map->item_selector = sw_compile_template(c, w->language, json_object_get(w->json, name), &at);
}

void sw_compile_map(struct sw_compiler *c, struct sw_work *w)
{
	struct sw_map_fields *map = &w->state->as.map;
	struct sw_place items_at = SW_PLACE_KEY(w->place, "Items");

	if (w->language->jsonata)
		map->items =
			sw_compile_template(c, w->language, json_object_get(w->json, "Items"), &items_at);
	else
		sw_compile_path_field(c, w->json, SW_STATE_MAP, "ItemsPath", w->place, &map->items_path);
	compile_selector(c, w);
	sw_compile_number(c, w->language, w->json, SW_STATE_MAP, "MaxConcurrency", w->place,
			  &map->concurrency_max);
	sw_compile_number(c, w->language, w->json, SW_STATE_MAP, "ToleratedFailureCount", w->place,
			  &map->tolerated_count);
	sw_compile_number(c, w->language, w->json, SW_STATE_MAP, "ToleratedFailurePercentage", w->place,
			  &map->tolerated_percentage);
	compile_label(c, w);
	compile_reader(c, w);
	compile_batcher(c, w);
	compile_writer(c, w);
	if (c->result == SW_OK)
		compile_processor(c, w);
	check_inline(c, w);
}
