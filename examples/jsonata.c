/*
 * JSONata without an engine: reads JSON from standard input and prints what the expression makes of it.
 *
 *     cc jsonata.c $(pkg-config --cflags --libs stepwell jansson) -o jsonata
 *     echo '{"items": [{"price": 2}, {"price": 3}]}' | ./jsonata '$sum(items.price)'
 */
#include <stepwell/jsonata.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct sw_jsonata_env env = {0};
	struct sw_jsonata_error err;
	struct sw_jsonata *expr;
	json_t *input = json_loadf(stdin, JSON_DECODE_ANY, NULL), *result = NULL;
	const char *text = argc > 1 ? argv[1] : "$";
	int status = 1;
	/* Compiled once, an expression may be evaluated often, by several threads at once. */
	if (sw_jsonata_compile(text, strlen(text), 0, &expr, &err) == SW_OK) {
		env.input = input;
		if (sw_jsonata_evaluate(expr, &env, &result, &err) == SW_OK) {
			if (result)
				json_dumpf(result, stdout, JSON_ENCODE_ANY);
			else
				printf("undefined");
			printf("\n");
			status = 0;
		}
		sw_jsonata_free(expr);
	}
	if (status)
		fprintf(stderr, "%s at %u:%u: %s\n", err.code, (unsigned)err.line, (unsigned)err.column,
			err.message);
	json_decref(result);
	json_decref(input);
	return status;
}
