/*
 * How an expression is carried out
 *
 * Its tokens are put together again as `select ( … )`, with each name as a
 * numbered parameter. That text is compiled once when the expression is read,
 * in a scratch connection of its own, so that `check` finds what SQLite would
 * not take; each evaluation opens another one, since a connection cannot live
 * in an arena. A filter keeps one for all of its evaluations.
 *
 * SQLite compares a text with a number by their types and says nothing. So for
 * each comparison, `between` and `in` whose two sides are single names or
 * literals, the pair is noted, and the kinds are compared before the
 * evaluation. Sides that are computed are left to SQLite.
 *
 * An expression that is a single name is that value, untouched: 1200.50 stays
 * 1200.50, and a list may pass through.
 */
#include "engine/job/expr.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/job/expr_token.h"
#include "engine/job/functions.h"
#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/db.h"

/* Two tokens that are compared. */
struct pair {
	size_t left;
	size_t right;
};

struct expr {
	const char *file;
	struct pos pos;
	const char *sql;
	struct token *tokens;
	size_t count;
	struct pair *pairs;
	size_t pair_count;
	struct name_use *names;
	size_t name_count;
	bool is_truth; /* its outermost operation gives true or false */
};

static struct db *open_scratch(struct error *err)
{
	auto_db struct db *db = db_scratch(err);

	if (!db || functions_add(db, err) < 0)
		return NULL;
	return steal(&db);
}

/* ---- pairs of operands */

static bool is_word(const struct token *token, const char *word)
{
	return token->kind == TOKEN_WORD && token_is(token, word);
}

static bool is_comparison(const struct token *token)
{
	return token->kind == TOKEN_OPERATOR &&
	       (strchr("=<>", token->text[0]) || token_is(token, "!=")) &&
	       !token_is(token, "<<") && !token_is(token, ">>");
}

static bool is_simple(const struct token *token)
{
	return token->kind == TOKEN_NAME || token->kind == TOKEN_NUMBER ||
	       token->kind == TOKEN_TEXT || is_word(token, "true") ||
	       is_word(token, "false");
}

/* Whether token `at` is the whole operand that ends there. */
static bool is_left(const struct expr *expr, size_t at)
{
	if (at >= expr->count || !is_simple(&expr->tokens[at]))
		return false;
	if (at == 0)
		return true;

	enum token_kind before = expr->tokens[at - 1].kind;

	return before == TOKEN_OPEN || before == TOKEN_COMMA ||
	       before == TOKEN_WORD;
}

/* Whether the operand that begins at `at` is one token, with a sign or not;
 * `*ret` is the token. */
static bool is_right(const struct expr *expr, size_t at, size_t *ret)
{
	if (at < expr->count && (token_is(&expr->tokens[at], "-") ||
	                         token_is(&expr->tokens[at], "+")))
		at++;
	if (at >= expr->count || !is_simple(&expr->tokens[at]))
		return false;
	*ret = at;
	if (at + 1 == expr->count)
		return true;

	enum token_kind behind = expr->tokens[at + 1].kind;

	return behind == TOKEN_CLOSE || behind == TOKEN_COMMA ||
	       behind == TOKEN_WORD;
}

static void add_pair(struct arena *arena, struct expr *expr, size_t left,
                     size_t at)
{
	size_t right;

	if (!is_right(expr, at, &right))
		return;
	expr->pairs = arena_grow(arena, expr->pairs, expr->pair_count,
	                         sizeof(*expr->pairs));
	expr->pairs[expr->pair_count++] = (struct pair){ left, right };
}

/* Behind `between` or `in` at `at`: each operand that is not nested. */
static void add_pairs(struct arena *arena, struct expr *expr, size_t left,
                      size_t at)
{
	bool between = is_word(&expr->tokens[at], "between");
	size_t depth = 0;

	if (between)
		add_pair(arena, expr, left, at + 1);
	for (size_t i = at + 1; i < expr->count; i++) {
		const struct token *token = &expr->tokens[i];
		size_t before = depth;

		depth += token->kind == TOKEN_OPEN;
		depth -= token->kind == TOKEN_CLOSE && depth > 0;
		if (between && depth == 0 && is_word(token, "and")) {
			add_pair(arena, expr, left, i + 1);
			return;
		}
		if (!between && depth == 1 &&
		    (before == 0 || token->kind == TOKEN_COMMA))
			add_pair(arena, expr, left, i + 1);
		if (!between && depth == 0)
			return;
	}
}

static void find_pairs(struct arena *arena, struct expr *expr)
{
	for (size_t i = 1; i < expr->count; i++) {
		const struct token *token = &expr->tokens[i];
		size_t left = i - 1;

		if (is_comparison(token) && is_left(expr, left))
			add_pair(arena, expr, left, i + 1);
		if (!is_word(token, "between") && !is_word(token, "in"))
			continue;
		if (left > 0 && is_word(&expr->tokens[left], "not"))
			left--;
		if (is_left(expr, left))
			add_pairs(arena, expr, left, i);
	}
}

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
	return is_comparison(token) || token->use == USE_HAS;
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

		if (token->kind == TOKEN_CLOSE || is_word(token, "end")) {
			depth -= depth > 0;
			continue;
		}
		if (token->kind != TOKEN_OPEN && depth < least) {
			least = depth;
			truth = false;
		}
		if (depth == least && is_truth_token(token))
			truth = true;
		if (token->kind == TOKEN_OPEN || is_word(token, "case"))
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

/* Say in the words of the source what SQLite said of the text above. */
static int not_compiled(const struct expr *expr, int offset, struct error *err)
{
	const struct token *token = NULL;

	for (size_t i = 0; offset >= 0 && i < expr->count; i++)
		if (expr->tokens[i].sql_at <= (size_t)offset)
			token = &expr->tokens[i];
	if (token && (size_t)offset >= token->sql_at + token->len &&
	    token == &expr->tokens[expr->count - 1] &&
	    text_starts(err->message, "near "))
		return error_at(err, ERR_CONFIG, expr->file, expr->pos,
		                "the expression is not complete");
	if (token && text_starts(err->message, "near "))
		return error_at(err, ERR_CONFIG, expr->file, token->pos,
		                "\"%.*s\" is not expected here",
		                (int)token->len, token->text);
	return scope_place(err, expr->file, token ? token->pos : expr->pos);
}

static int compile(const struct expr *expr, struct error *err)
{
	auto_db struct db *db = open_scratch(err);
	int offset;

	if (!db)
		return -1;

	auto_statement struct statement *statement =
	        db_prepare_at(db, expr->sql, &offset, err);

	return statement ? 0 : not_compiled(expr, offset, err);
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
                        const struct value *source, struct error *err)
{
	struct expr *expr = arena_new(arena, struct expr);
	const struct value *text = as_string(arena, source);

	expr->file = file ? arena_strdup(arena, file) : NULL;
	expr->pos = source->pos;
	if (text->kind != VALUE_STRING) {
		error_at(err, ERR_CONFIG, file, source->pos,
		         "an expression is a text, not a %s",
		         value_kind_name(source->kind));
		return NULL;
	}
	if (expr_scan(arena, file, text, &expr->tokens, &expr->count, err) < 0)
		return NULL;
	if (expr->count == 0) {
		error_at(err, ERR_CONFIG, file, source->pos,
		         "the expression is empty");
		return NULL;
	}
	collect_names(arena, expr);
	find_pairs(arena, expr);
	expr->is_truth = gives_truth(expr);
	if (write_sql(arena, expr, err) < 0 || compile(expr, err) < 0)
		return NULL;
	return expr;
}

void expr_names(const struct expr *expr, const struct name_use **ret,
                size_t *ret_count)
{
	*ret = expr->names;
	*ret_count = expr->name_count;
}

/* ---- a connection for evaluations */

struct expr_filter {
	const struct expr *expr;
	struct db *db;
	struct statement *statement;
};

void expr_filter_close(struct expr_filter *filter)
{
	if (!filter)
		return;
	statement_free(filter->statement);
	db_close(filter->db);
	free(filter);
}

void expr_filter_close_auto(struct expr_filter **filter)
{
	expr_filter_close(*filter);
}

struct expr_filter *expr_filter_open(const struct expr *expr, struct error *err)
{
	auto_filter struct expr_filter *filter = mem_zalloc(1, sizeof(*filter));

	filter->expr = expr;
	filter->db = open_scratch(err);
	if (filter->db)
		filter->statement = db_prepare(filter->db, expr->sql, err);
	if (!filter->statement) {
		scope_place(err, expr->file, expr->pos);
		return NULL;
	}
	return steal(&filter);
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

enum side {
	SIDE_OTHER,
	SIDE_NUMBER,
	SIDE_TEXT,
};

static enum side side_of(const struct token *token,
                         const struct value *const *values)
{
	if (token->kind == TOKEN_TEXT)
		return SIDE_TEXT;
	if (token->kind != TOKEN_NAME)
		return SIDE_NUMBER;
	if (token->use == USE_OPTIONAL)
		return SIDE_OTHER;
	switch (values[token->parameter]->kind) {
	case VALUE_STRING:
		return SIDE_TEXT;
	case VALUE_BOOL:
	case VALUE_NUMBER:
		return SIDE_NUMBER;
	case VALUE_NULL:
	case VALUE_LIST:
	case VALUE_MAP:
		return SIDE_OTHER;
	}
	return SIDE_OTHER;
}

/* How a message names one side of a comparison. */
static char *describe(struct arena *arena, const struct expr *expr, size_t at,
                      const struct value *const *values)
{
	const struct token *token = &expr->tokens[at];
	bool minus = at > 0 && token_is(token - 1, "-");
	int len = (int)token->len;

	if (token->kind == TOKEN_NAME)
		return arena_printf(
		        arena, "\"%s\" (%s)", token->name.dotted,
		        scope_describe(arena, values[token->parameter]));
	if (token->kind == TOKEN_NUMBER)
		return arena_printf(arena, "the number %s%.*s",
		                    minus ? "-" : "", len, token->text);
	return arena_printf(arena, "%s%.*s",
	                    token->kind == TOKEN_TEXT ? "the text " : "", len,
	                    token->text);
}

static int check_pairs(const struct expr *expr,
                       const struct value *const *values, struct error *err)
{
	auto_arena struct arena arena = { 0 };

	for (size_t i = 0; i < expr->pair_count; i++) {
		const struct pair *pair = &expr->pairs[i];
		const struct token *left = &expr->tokens[pair->left];
		enum side a = side_of(left, values);
		enum side b = side_of(&expr->tokens[pair->right], values);

		if (a == b || a == SIDE_OTHER || b == SIDE_OTHER)
			continue;
		return error_at(err, ERR_CONFIG, expr->file, left->pos,
		                "%s cannot be compared with %s",
		                describe(&arena, expr, pair->left, values),
		                describe(&arena, expr, pair->right, values));
	}
	return 0;
}

/* The expression with its values, in a statement that is good for another. */
static struct value *evaluate(const struct expr *expr,
                              struct statement *statement,
                              const struct value *const *values,
                              struct arena *arena, struct error *err)
{
	struct value *result = NULL;

	for (size_t i = 1; i <= expr->name_count; i++)
		statement_bind_value(statement, (int)i, values[i]);
	if (statement_step(statement, err) < 0)
		scope_place(err, expr->file, expr->pos);
	else
		result = statement_value(arena, statement, 0);
	statement_reset(statement);
	if (result && expr->is_truth && result->kind == VALUE_NUMBER)
		return value_bool(arena, !text_equal(result->text, "0"));
	return result;
}

static struct value *evaluate_once(const struct expr *expr,
                                   const struct value *const *values,
                                   struct arena *arena, struct error *err)
{
	auto_filter struct expr_filter *filter = expr_filter_open(expr, err);

	return filter ? evaluate(expr, filter->statement, values, arena, err)
	              : NULL;
}

/* In `filter`'s connection, or, if that is NULL, in one of its own. */
static int find_value(const struct expr *expr, struct expr_filter *filter,
                      const struct frame *frame, struct arena *arena,
                      struct value **ret, struct error *err)
{
	auto_arena struct arena scratch = { 0 };
	const struct value **values = arena_array(
	        &scratch, expr->name_count + 1, sizeof(const struct value *));
	struct value *result;

	if (look_up(expr, frame, &scratch, values, err) < 0)
		return -1;
	if (expr->count == 1 && expr->name_count == 1) {
		*ret = value_copy(arena, values[1]);
		return 0;
	}
	if (check_scalars(expr, values, err) < 0 ||
	    check_pairs(expr, values, err) < 0)
		return -1;
	result = filter ? evaluate(expr, filter->statement, values, arena, err)
	                : evaluate_once(expr, values, arena, err);
	if (!result)
		return -1;
	*ret = result;
	return 0;
}

int expr_value(const struct expr *expr, const struct render *render,
               struct arena *arena, struct value **ret, struct error *err)
{
	const struct frame alone = { render->scope, NULL };

	return find_value(expr, NULL, render->frame ? render->frame : &alone,
	                  arena, ret, err);
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

static int find_truth(const struct expr *expr, struct expr_filter *filter,
                      const struct frame *frame, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct value *value = NULL;

	if (find_value(expr, filter, frame, &arena, &value, err) < 0)
		return -1;
	assert(value);
	switch (value->kind) {
	case VALUE_BOOL:
		return value->boolean;
	case VALUE_NUMBER:
		return !is_zero(value);
	case VALUE_NULL:
		return null_condition(expr, frame, err);
	case VALUE_STRING:
	case VALUE_LIST:
	case VALUE_MAP:
		break;
	}
	return error_at(err, ERR_CONFIG, expr->file, expr->pos,
	                "the condition is %s, neither true nor false",
	                scope_describe(&arena, value));
}

int expr_is_true(const struct expr *expr, const struct render *render,
                 struct error *err)
{
	const struct frame alone = { render->scope, NULL };

	return find_truth(expr, NULL, render->frame ? render->frame : &alone,
	                  err);
}

int expr_filter_fits(struct expr_filter *filter, const struct frame *frame,
                     struct error *err)
{
	return find_truth(filter->expr, filter, frame, err);
}
