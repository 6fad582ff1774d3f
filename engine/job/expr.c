/*
 * How an expression is read
 *
 * Its tokens are put together again as `select ( ... )`, with each name as a
 * numbered parameter. Unless it is plain (expr_plain.c), that text is compiled
 * once when the expression is read, so that `check` finds what SQLite would not
 * take.
 */
#include "engine/job/expr.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/job/expr_tools.h"
#include "engine/job/layout.h"
#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/db.h"

/* ---- the outermost operation */

static bool is_truth_token(const struct token *token)
{
	static const char *const words[] = {
		"and", "between", "false", "glob", "in",
		"is",  "like",    "not",   "or",   "true",
	};

	if (token->kind == TOKEN_WORD)
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (token_is(token, words[i]))
				return true;
	return token_is_comparison(token) || token->use == USE_HAS;
}

/* Operations that give a truth bind less than all others, so one of them on
 * the outermost level is the outermost operation. The outermost level is the
 * one that something else than a parenthesis stands on. */
static bool gives_truth(const struct expr *expr)
{
	size_t depth = 0;
	size_t least = expr->count;
	bool truth = false;

	for (size_t i = 0; i < expr->count; i++) {
		const struct token *token = &expr->tokens[i];

		if (token->kind == TOKEN_CLOSE || token_is_word(token, "end")) {
			depth -= depth > 0;
			continue;
		}
		if (token->kind != TOKEN_OPEN && depth < least) {
			least = depth;
			truth = false;
		}
		if (depth == least && is_truth_token(token))
			truth = true;
		if (token->kind == TOKEN_OPEN || token_is_word(token, "case"))
			depth++;
	}
	return truth;
}

/* ---- reading */

static void collect_names(struct arena *arena, struct expr *expr)
{
	for (size_t i = 0; i < expr->count; i++) {
		struct token *token = &expr->tokens[i];

		if (token->kind != TOKEN_NAME)
			continue;
		expr->names = arena_grow(arena, expr->names, expr->name_count,
		                         sizeof(*expr->names));
		expr->names[expr->name_count++] = (struct name_use){
			.name = token->name.dotted,
			.pos = token->pos,
			.section = token->use != USE_STRICT,
		};
		token->parameter = (int)expr->name_count;
	}
}

static int write_sql(struct arena *arena, struct expr *expr, struct error *err)
{
	auto_buf struct buf sql = buf_make((size_t)2 * LIMIT_EXPRESSION);

	buf_add_text(&sql, "select (");
	for (size_t i = 0; i < expr->count; i++) {
		struct token *token = &expr->tokens[i];

		buf_add_char(&sql, ' ');
		token->sql_at = sql.len;
		if (token->kind == TOKEN_NAME)
			buf_printf(&sql, "?%d", token->parameter);
		else
			buf_add(&sql, token->text, token->len);
	}
	buf_add_text(&sql, " )");
	if (buf_check(&sql, "the expression", err) < 0)
		return scope_place(err, expr->file, expr->pos);
	expr->sql = arena_strdup(arena, sql.at);
	return 0;
}

int tokens_misread(const struct tokens *tokens, int offset, const char *what,
                   const char *file, struct pos pos, struct error *err)
{
	const struct token *token = NULL;
	bool near = text_starts(err->message, "near ");

	for (size_t i = 0; offset >= 0 && i < tokens->count; i++)
		if (tokens->list[i].sql_at <= (size_t)offset)
			token = &tokens->list[i];
	if (text_starts(err->message, "incomplete input") ||
	    (token && token == &tokens->list[tokens->count - 1] && near &&
	     (size_t)offset >= token->sql_at + token->len))
		return error_at(err, ERR_CONFIG, file, pos,
		                "the %s is not complete", what);
	if (token && near)
		return error_at(err, ERR_CONFIG, file, token->pos,
		                "\"%.*s\" is not expected here",
		                (int)token->len, token->text);
	return scope_place(err, file, token ? token->pos : pos);
}

static int compile(struct expr_engine *engine, const struct expr *expr,
                   struct error *err)
{
	auto_expr_engine struct expr_engine *own =
	        engine ? NULL : expr_engine_new();

	return expr_compiled(engine ? engine : own, expr, err) ? 0 : -1;
}

/* FNV-1a: it only has to spread the texts of one workspace. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = 14695981039346656037u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return hash;
}

/* A scalar's text as a string that stands where the scalar does. */
static const struct value *as_string(struct arena *arena,
                                     const struct value *source)
{
	const char *text = scope_text(source);
	struct value *string;

	if (source->kind == VALUE_STRING || !text)
		return source;
	string = value_string(arena, text);
	string->pos = source->pos;
	string->style = STYLE_PLAIN;
	return string;
}

struct expr *expr_parse(struct arena *arena, const char *file,
                        const struct value *source, struct expr_engine *engine,
                        struct error *err)
{
	struct expr *expr = arena_new(arena, struct expr);
	const struct value *text = as_string(arena, source);
	struct tokens tokens;

	expr->file = file ? arena_strdup(arena, file) : NULL;
	expr->pos = source->pos;
	if (text->kind != VALUE_STRING) {
		error_at(err, ERR_CONFIG, file, source->pos,
		         "an expression is a text, not a %s",
		         value_kind_name(source->kind));
		return NULL;
	}
	if (expr_scan(arena, file, text, "expression", &tokens, err) < 0)
		return NULL;
	expr->tokens = tokens.list;
	expr->count = tokens.count;
	if (expr->count == 0) {
		error_at(err, ERR_CONFIG, file, source->pos,
		         "the expression is empty");
		return NULL;
	}
	collect_names(arena, expr);
	expr->pairs = pairs_find(arena, expr->tokens, expr->count);
	expr->is_truth = gives_truth(expr);
	if (write_sql(arena, expr, err) < 0)
		return NULL;
	expr->hash = hash_of(expr->sql);
	if (!tokens_are_plain(expr->tokens, expr->count) &&
	    compile(engine, expr, err) < 0)
		return NULL;
	return expr;
}

void expr_names(const struct expr *expr, const struct name_use **ret,
                size_t *ret_count)
{
	*ret = expr->names;
	*ret_count = expr->name_count;
}

/* ---- warnings */

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name);
	size_t end_len = strlen(end);

	return len >= end_len && text_equal(name + len - end_len, end);
}

/* Whether the operand is a whole number as far as can be said: its digits, or
 * its name. */
static bool is_whole(const struct token *token)
{
	static const char *const ends[] = { "cents", "minutes", "count" };

	if (token->kind == TOKEN_NUMBER)
		return strspn(token->text, "0123456789") >= token->len;
	for (size_t i = 0; token->kind == TOKEN_NAME && i < ARRAY_LEN(ends);
	     i++)
		if (ends_with(token->name.dotted, ends[i]))
			return true;
	return false;
}

/* The operand that ends before `at`; of sum(x) and cents(x) the function. */
static bool is_whole_before(const struct token *tokens, size_t at)
{
	static const char *const functions_of_whole[] = {
		"cents", "count", "days_between", "length", "mul_div",
	};
	size_t depth = 0;

	if (at == 0)
		return false;
	if (tokens[at - 1].kind != TOKEN_CLOSE)
		return is_whole(&tokens[at - 1]);
	while (at-- > 0) {
		depth += tokens[at].kind == TOKEN_CLOSE;
		depth -= tokens[at].kind == TOKEN_OPEN;
		if (depth == 0)
			break;
	}
	if (at == 0 || tokens[at - 1].kind != TOKEN_FUNCTION)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(functions_of_whole); i++)
		if (token_is(&tokens[at - 1], functions_of_whole[i]))
			return true;
	return token_is(&tokens[at - 1], "sum") && is_whole(&tokens[at + 1]);
}

void tokens_warnings(const struct token *tokens, size_t count, const char *file,
                     struct errors *warnings)
{
	for (size_t i = 1; i + 1 < count; i++) {
		if (!token_is(&tokens[i], "/") ||
		    tokens[i].kind != TOKEN_OPERATOR ||
		    !is_whole_before(tokens, i) || !is_whole(&tokens[i + 1]))
			continue;
		error_hint(errors_add(warnings, ERR_CONFIG, file, tokens[i].pos,
		                      "\"/\" between whole numbers cuts off "
		                      "what is left"),
		           "Write mul_div(a, b, c) for a * b / c, rounded, or "
		           "a * 1.0 / b.");
	}
}

void expr_warnings(const struct expr *expr, struct errors *warnings)
{
	tokens_warnings(expr->tokens, expr->count, expr->file, warnings);
}

/* ---- how it lies in memory */

/* clang-format off */
static const struct layout token_layout = {
	.size = sizeof(struct token),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_PLAIN(struct token, kind),
		LAYOUT_IS_PLAIN(struct token, use),
		LAYOUT_IS_BYTES(struct token, text, len),
		LAYOUT_IS_PLAIN(struct token, len),
		LAYOUT_IS_PLAIN(struct token, pos),
		LAYOUT_IS_TEXT(struct token, name.dotted),
		LAYOUT_IS_TEXT(struct token, name.first),
		LAYOUT_IS_TEXT(struct token, name.rest),
		LAYOUT_IS_TEXT(struct token, name.step),
		LAYOUT_IS_PLAIN(struct token, parameter),
		LAYOUT_IS_PLAIN(struct token, sql_at),
		{ LAYOUT_END, 0, 0, 0, NULL },
	},
};

static const struct layout pair_layout = {
	.size = sizeof(struct pair),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_PLAIN(struct pair, left),
		LAYOUT_IS_PLAIN(struct pair, right),
		{ LAYOUT_END, 0, 0, 0, NULL },
	},
};

const struct layout layout_expr = {
	.size = sizeof(struct expr),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_TEXT(struct expr, file),
		LAYOUT_IS_PLAIN(struct expr, pos),
		LAYOUT_IS_TEXT(struct expr, sql),
		LAYOUT_IS_PLAIN(struct expr, hash),
		LAYOUT_IS_MANY(struct expr, tokens, count, token_layout),
		LAYOUT_IS_PLAIN(struct expr, count),
		LAYOUT_IS_MANY(struct expr, pairs.list, pairs.count,
		               pair_layout),
		LAYOUT_IS_PLAIN(struct expr, pairs.count),
		LAYOUT_IS_MANY(struct expr, names, name_count,
		               layout_name_use),
		LAYOUT_IS_PLAIN(struct expr, name_count),
		LAYOUT_IS_PLAIN(struct expr, is_truth),
		{ LAYOUT_END, 0, 0, 0, NULL },
	},
};
/* clang-format on */
