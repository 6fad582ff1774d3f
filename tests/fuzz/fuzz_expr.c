/* An expression, over a few values of every kind. */
#include "engine/job/expr.h"
#include "store/base/json.h"
#include "tests/fuzz/fuzz.h"

#define SCOPE                                                                  \
	"{\"a\":1,\"b\":-2.50,\"t\":\"text\",\"d\":\"2026-03-29\",\"n\":null," \
	"\"yes\":true,\"l\":[1,2,{\"x\":3}],\"m\":{\"x\":{\"y\":7}}}"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	/* Opening one for each input would take all the time there is. */
	static struct expr_engine *engine;
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_errors struct errors warnings = { 0 };
	struct value *result;

	if (!engine)
		engine = expr_engine_new();
	if (len == 0 || len > 4096)
		return 0;
	struct expr *expr = expr_parse(&arena, "f", text_of(&arena, bytes, len),
	                               engine, &err);
	if (!expr) {
		must(err.code && err.message);
		return 0;
	}
	expr_warnings(expr, &warnings);
	const struct render how = {
		.scope = json_parse(&arena, "f", SCOPE, strlen(SCOPE), &err),
		.strict = true,
		.engine = engine,
	};
	if (expr_value(expr, &how, &arena, &result, &err) < 0)
		must(err.code && err.message);
	expr_engine_forget(engine);
	return 0;
}
