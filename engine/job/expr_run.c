/*
 * How an expression is carried out
 *
 * The engine keeps what it compiled by its text, in a table with open places:
 * the same expression is asked of each item of a loop and of each row. When
 * the table is nearly full it is emptied; a workspace has fewer expressions.
 *
 * An expression that is a single name is that value, untouched: 1200.50 stays
 * 1200.50, a list may pass through, and SQLite is not asked.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/job/expr_tools.h"
#include "engine/job/query_tools.h"
#include "store/base/alloc.h"
#include "store/base/text.h"

#define CACHE_PLACES 1024u
#define CACHE_FULL   (CACHE_PLACES * 3 / 4)

/* Names of most expressions; more are looked up in memory of their own. */
#define FEW_NAMES 8

/* ---- connections */

int scratch_open(struct scratch *scratch, const char *what, struct error *err)
{
	if (scratch->functions)
		return 0;
	scratch->db = db_scratch(what, err);
	if (scratch->db)
		scratch->functions =
		        functions_add(scratch->db, &scratch->customs, err);
	if (!scratch->functions)
		scratch_close(scratch);
	return scratch->functions ? 0 : -1;
}

void scratch_close(struct scratch *scratch)
{
	db_close(scratch->db);
	functions_free(scratch->functions);
	*scratch = (struct scratch){ 0 };
}

struct expr_engine *expr_engine_new(void)
{
	return mem_zalloc(1, sizeof(struct expr_engine));
}

static void forget(struct expr_engine *engine)
{
	for (size_t i = 0; engine->cache && i < CACHE_PLACES; i++) {
		statement_free(engine->cache[i].statement);
		free(engine->cache[i].sql);
		engine->cache[i] = (struct compiled){ 0 };
	}
	engine->count = 0;
}

void expr_engine_free(struct expr_engine *engine)
{
	if (!engine)
		return;
	forget(engine);
	free(engine->cache);
	scratch_close(&engine->expressions);
	query_lists_free(engine->lists);
	scratch_close(&engine->queries);
	free(engine);
}

void expr_engine_free_auto(struct expr_engine **engine)
{
	expr_engine_free(*engine);
}

static struct compiled *find_place(struct expr_engine *engine,
                                   const struct expr *expr)
{
	size_t at = expr->hash % CACHE_PLACES;

	while (engine->cache[at].sql &&
	       (engine->cache[at].hash != expr->hash ||
	        !text_equal(engine->cache[at].sql, expr->sql)))
		at = (at + 1) % CACHE_PLACES;
	return &engine->cache[at];
}

static int prepare_engine(struct expr_engine *engine, struct error *err)
{
	if (engine->count >= CACHE_FULL)
		forget(engine);
	if (engine->cache)
		return 0;
	if (scratch_open(&engine->expressions, "expression", err) < 0)
		return -1;
	engine->cache = mem_zalloc(CACHE_PLACES, sizeof(struct compiled));
	return 0;
}

struct statement *expr_compiled(struct expr_engine *engine,
                                const struct expr *expr, struct error *err)
{
	struct compiled *place;
	int offset;

	if (prepare_engine(engine, err) < 0)
		return NULL;
	place = find_place(engine, expr);
	if (place->sql)
		return place->statement;
	place->statement =
	        db_prepare_at(engine->expressions.db, expr->sql, &offset, err);
	if (!place->statement) {
		const struct tokens tokens = { expr->tokens, expr->count };

		(void)tokens_misread(&tokens, offset, "expression", expr->file,
		                     expr->pos, err);
		return NULL;
	}
	place->sql = mem_strdup(expr->sql);
	place->hash = expr->hash;
	engine->count++;
	return place->statement;
}

/* ---- evaluation */

/* The value of each name, by its parameter. Those of has() are true or false,
 * those that may be missing null. */
static int look_up(const struct expr *expr, const struct frame *frame,
                   struct arena *arena, const struct value **values,
                   struct error *err)
{
	for (size_t i = 0; i < expr->count; i++) {
		const struct token *token = &expr->tokens[i];

		if (token->kind != TOKEN_NAME)
			continue;

		const struct value *value = scope_find(frame, &token->name);

		if (token->use == USE_HAS)
			value = value_bool(arena,
			                   value && value->kind != VALUE_NULL);
		else if (!value && token->use == USE_OPTIONAL)
			value = value_null(arena);
		else if (!value)
			return scope_missing(frame, &token->name, expr->file,
			                     token->pos, err);
		values[token->parameter] = value;
	}
	return 0;
}

/* Names of single values: a list or a map has no meaning in SQL. */
static int check_scalars(const struct expr *expr,
                         const struct value *const *values, struct error *err)
{
	for (size_t i = 0; i < expr->count; i++) {
		const struct token *token = &expr->tokens[i];

		if (token->kind != TOKEN_NAME ||
		    scope_text(values[token->parameter]))
			continue;
		error_at(err, ERR_CONFIG, expr->file, token->pos,
		         "\"%s\" is a %s", token->name.dotted,
		         value_kind_name(values[token->parameter]->kind));
		return error_hint(err, "An expression works on single values.");
	}
	return 0;
}

static enum side judge_side(const void *state, const struct token *name)
{
	const struct value *const *values = state;

	return name->use == USE_OPTIONAL
	               ? SIDE_OTHER
	               : side_of_value(values[name->parameter]);
}

static const char *judge_describe(const void *state, struct arena *arena,
                                  const struct token *name)
{
	const struct value *const *values = state;

	return arena_printf(arena, "\"%s\" (%s)", name->name.dotted,
	                    scope_describe(arena, values[name->parameter]));
}

static int check_pairs(const struct expr *expr,
                       const struct value *const *values, struct error *err)
{
	const struct judge judge = { judge_side, judge_describe, values };

	return pairs_check(&expr->pairs, expr->tokens, &judge, expr->file, err);
}

/* The expression with its values, in a statement that is good for another. */
static struct value *evaluate(const struct expr *expr,
                              struct statement *statement,
                              const struct value *const *values,
                              struct arena *arena, struct error *err)
{
	struct value *result = NULL;

	for (size_t i = 1; i <= expr->name_count; i++)
		statement_bind_kept(statement, (int)i, values[i]);
	if (statement_step(statement, err) < 0)
		scope_place(err, expr->file, expr->pos);
	else
		result = statement_value(arena, statement, 0);
	statement_reset(statement);
	if (result && expr->is_truth && result->kind == VALUE_NUMBER)
		return value_bool(arena, !text_equal(result->text, "0"));
	return result;
}

static const struct frame *frame_of(const struct render *render,
                                    const struct frame *alone)
{
	return render->frame ? render->frame : alone;
}

static struct value *evaluate_in(struct expr_engine *engine,
                                 const struct expr *expr,
                                 const struct render *render,
                                 const struct value *const *values,
                                 struct arena *arena, struct error *err)
{
	struct statement *statement = expr_compiled(engine, expr, err);

	if (!statement)
		return NULL;
	engine->expressions.customs =
	        (struct customs){ render->locale, render->holidays };
	return evaluate(expr, statement, values, arena, err);
}

static struct value *evaluate_alone(const struct expr *expr,
                                    const struct render *render,
                                    const struct value *const *values,
                                    struct arena *arena, struct error *err)
{
	auto_expr_engine struct expr_engine *engine = expr_engine_new();

	return evaluate_in(engine, expr, render, values, arena, err);
}

int expr_value(const struct expr *expr, const struct render *render,
               struct arena *arena, struct value **ret, struct error *err)
{
	const struct frame alone = { render->scope, NULL };
	const struct value *few[FEW_NAMES + 1] = { NULL };
	const struct value **values = few;
	auto_arena struct arena scratch = { 0 };
	struct value *result;

	if (expr->name_count > FEW_NAMES)
		values = arena_array(&scratch, expr->name_count + 1,
		                     sizeof(const struct value *));
	if (look_up(expr, frame_of(render, &alone), &scratch, values, err) < 0)
		return -1;
	if (expr->count == 1 && expr->name_count == 1) {
		*ret = value_copy(arena, values[1]);
		return 0;
	}
	if (check_scalars(expr, values, err) < 0 ||
	    check_pairs(expr, values, err) < 0)
		return -1;
	result = render->engine
	                 ? evaluate_in(render->engine, expr, render, values,
	                               arena, err)
	                 : evaluate_alone(expr, render, values, arena, err);
	if (!result)
		return -1;
	*ret = result;
	return 0;
}

/* "the condition is null" names what in it is null. */
static int null_condition(const struct expr *expr, const struct frame *frame,
                          struct error *err)
{
	error_at(err, ERR_CONFIG, expr->file, expr->pos,
	         "the condition is null, neither true nor false");
	for (size_t i = 0; i < expr->count; i++) {
		const struct token *token = &expr->tokens[i];
		const struct value *value =
		        token->kind == TOKEN_NAME
		                ? scope_find(frame, &token->name)
		                : NULL;

		if (value && value->kind == VALUE_NULL)
			return error_hint(
			        err, "\"%s\" is null; ask with has(%s).",
			        token->name.dotted, token->name.dotted);
	}
	return -1;
}

static bool is_zero(const struct value *number)
{
	size_t mantissa = strcspn(number->text, "eE");

	return strcspn(number->text, "123456789") >= mantissa;
}

int expr_is_true(const struct expr *expr, const struct render *render,
                 struct error *err)
{
	const struct frame alone = { render->scope, NULL };
	auto_arena struct arena arena = { 0 };
	struct value *value = NULL;

	if (expr_value(expr, render, &arena, &value, err) < 0)
		return -1;
	assert(value);
	switch (value->kind) {
	case VALUE_BOOL:
		return value->boolean;
	case VALUE_NUMBER:
		return !is_zero(value);
	case VALUE_NULL:
		return null_condition(expr, frame_of(render, &alone), err);
	case VALUE_STRING:
	case VALUE_LIST:
	case VALUE_MAP:
		break;
	}
	return error_at(err, ERR_CONFIG, expr->file, expr->pos,
	                "the condition is %s, neither true nor false",
	                scope_describe(&arena, value));
}
