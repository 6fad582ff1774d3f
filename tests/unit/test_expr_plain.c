#include "tests/unit/unit.h"

#include "engine/job/expr_tools.h"
#include "store/base/buf.h"

/* Whether the text is plain; -1: it is no expression to our own scanner. */
static int is_plain(struct arena *arena, const char *text)
{
	auto_error struct error err = { 0 };
	struct value *source = value_string(arena, text);
	struct tokens tokens;

	if (expr_scan(arena, "e", source, "expression", &tokens, &err) < 0)
		return -1;
	return tokens_are_plain(tokens.list, tokens.count);
}

static void test_expr_plain__knows_what_is_usual(void **state)
{
	static const struct {
		const char *text;
		int plain;
	} cases[] = {
		{ "brief.budget > 1000", 1 },
		{ "has(brief.x) and not brief.paid", 1 },
		{ "status = 'active' or (a < 1 and b is not null)", 1 },
		{ "date between period.since and period.last", 1 },
		{ "kind not in ('a', 'b') and name like 'A%'", 1 },
		{ "month_start(inputs.day, -1)", 1 },
		{ "coalesce(a, b, 0) + -1", 1 },
		{ "max(a, b) || 'x'", 1 },
		{ "case when a then 1 else 2 end", 0 },
		{ "max(a)", 0 },
		{ "count(a)", 0 },
		{ "month_start()", 0 },
		{ "month_start(a, b, c)", 0 },
		{ "(a, b) = (1, 2)", 0 },
		{ "a in ()", 0 },
		{ "a in b", 0 },
		{ "a between 1", 0 },
		{ "a between (1 and 2", -1 },
		{ "a b", 0 },
		{ "a and", 0 },
		{ "and a", 0 },
		{ "not", 0 },
		{ "a not and b", 0 },
		{ "((((((((a))))))))", 0 },
		{ "", 0 },
	};
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i,
		           is_plain(&arena, cases[i].text) == cases[i].plain);
}

/* A sequence of words that is often, but far from always, an expression. */
static const char *any_text(struct arena *arena, uint64_t *seed)
{
	static const char *const operands[] = {
		"a",
		"b.c",
		"1",
		"2.5",
		"'x'",
		"true",
		"null",
		"(a",
		"not a",
		"- 1",
		"lower(a",
		"max(a,",
		"iif(a, b",
		"+ a",
		"~ a",
		"slug(a",
		"coalesce(a, b",
		"has(a)",
		"(not a",
		"case when a",
		"(a, b",
		"not not b",
		"mul_div(1, 2",
	};
	static const char *const operators[] = {
		"and",     "or",          "=",        "<",        ">=",
		"!=",      "+",           "*",        "||",       "/",
		"%",       "is",          "is not",   "like",     "not like",
		"between", "in (",        "not in (", ",",        ")",
		"not",     "not between", "& ",       "<<",       "then",
		"else",    "end",         "escape",   "not glob", "and",
		")",       ")",           "and",      ")",
	};
	auto_buf struct buf text = buf_make(4096);
	size_t words;

	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	words = 1 + (*seed >> 33) % 12;
	for (size_t i = 0; i < words; i++) {
		*seed = *seed * 6364136223846793005u + 1442695040888963407u;
		bool odd = (*seed >> 60) == 0;
		size_t n = (size_t)(*seed >> 33);
		bool operand = (i % 2 == 0) != odd;

		buf_printf(&text, " %s",
		           operand ? operands[n % ARRAY_LEN(operands)]
		                   : operators[n % ARRAY_LEN(operators)]);
	}
	return arena_strdup(arena, text.at);
}

/* What is plain is not shown to SQLite when it is read, so SQLite must take
 * each such text. */
static void test_expr_plain__says_nothing_that_sqlite_denies(void **state)
{
	auto_expr_engine struct expr_engine *engine = expr_engine_new();
	uint64_t seed = 1;
	size_t plain = 0;

	UNUSED_STATE(state);
	for (size_t i = 0; i < 20000; i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		const char *text = any_text(&arena, &seed);
		struct value *source = value_string(&arena, text);
		struct expr *expr;

		if (is_plain(&arena, text) != 1)
			continue;
		plain++;
		expr = expr_parse(&arena, "e", source, engine, &err);
		assert_non_null(expr);
		if (!expr_compiled(engine, expr, &err))
			fail_msg("%s: %s", text, err.message);
	}
	assert_in_range(plain, 700, 20000);
}
