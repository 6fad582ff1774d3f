/*
 * How a query gets its lists and values
 *
 * Each list is looked through once for the members that its items have; their
 * kinds are noted, so that a text is not compared with numbers. Of a list
 * without items nothing is known, so it has every column that is asked for.
 *
 * Then each name is a column or a value, and the tokens are put together again
 * as SQL: tables and columns in double quotes, values as parameters.
 */
#include <string.h>

#include "engine/job/query_tools.h"
#include "engine/job/scope.h"
#include "store/base/buf.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

struct binder {
	struct arena *arena;
	struct query_bound *bound;
	const struct frame *frame; /* NULL: only for SQLite to read it */
	struct error *err;
};

/* ---- tables */

static struct query_column *table_column(const struct query_table *table,
                                         const char *name)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (text_equal(table->columns[i].name, name))
			return &table->columns[i];
	return NULL;
}

static struct query_column *table_add_column(struct arena *arena,
                                             struct query_table *table,
                                             const char *name)
{
	struct query_column *column = table_column(table, name);

	if (column)
		return column;
	table->columns = arena_grow(arena, table->columns, table->column_count,
	                            sizeof(*table->columns));
	column = &table->columns[table->column_count++];
	*column = (struct query_column){ .name = name };
	return column;
}

static unsigned cell_of(const struct value *value)
{
	switch (value->kind) {
	case VALUE_NULL:
		return 0;
	case VALUE_BOOL:
	case VALUE_NUMBER:
		return CELL_NUMBER;
	case VALUE_STRING:
		return CELL_TEXT;
	case VALUE_LIST:
	case VALUE_MAP:
		break;
	}
	return CELL_NESTED;
}

/* Items mostly have the same members in the same order. */
static void add_cells(struct arena *arena, struct query_table *table,
                      const struct value *item)
{
	for (size_t i = 0; i < item->length; i++) {
		const struct member *member = &item->members[i];
		struct query_column *column =
		        i < table->column_count &&
		                        text_equal(table->columns[i].name,
		                                   member->name)
		                ? &table->columns[i]
		                : table_add_column(arena, table, member->name);

		column->cells |= cell_of(member->value);
	}
}

static int not_a_list(struct binder *binder, const struct token *token,
                      const struct value *value)
{
	error_at(binder->err, ERR_CONFIG, binder->bound->query->file,
	         token->pos, "\"%s\" is %s, not a list", token->name.dotted,
	         scope_describe(binder->arena, value));
	return error_hint(binder->err, "A query is asked of lists.");
}

static int mixed_items(struct binder *binder, const struct token *token,
                       size_t at)
{
	return error_at(binder->err, ERR_CONFIG, binder->bound->query->file,
	                token->pos,
	                "the items of \"%s\" must be maps, or all of them "
	                "single values; number %zu is not as the first",
	                token->name.dotted, at + 1);
}

static int find_columns(struct binder *binder, struct query_table *table,
                        const struct token *token)
{
	const struct value *list = table->list;

	for (size_t i = 0; i < list->length; i++) {
		const struct value *item = list->items[i];
		bool map = item->kind == VALUE_MAP;

		if (i == 0)
			table->is_single = !map;
		if (map == table->is_single || item->kind == VALUE_LIST)
			return mixed_items(binder, token, i);
		if (map)
			add_cells(binder->arena, table, item);
		else
			table_add_column(binder->arena, table, "value")
			        ->cells |= cell_of(item);
	}
	return 0;
}

/* What is known of a long list, or will be. Lists of the journal are made for
 * each step anew: nothing can be known by their address. */
static int know_columns(struct binder *binder, struct query_table *table,
                        const struct token *token)
{
	struct expr_engine *engine = binder->bound->engine;
	bool keeps = engine && !text_starts(table->name, "journal.");
	const struct kept_list *kept =
	        keeps && table->list->length
	                ? query_lists_find(engine, table->list)
	                : NULL;

	if (!kept && find_columns(binder, table, token) < 0)
		return -1;
	if (!kept) {
		table->kept = keeps ? query_lists_add(engine, table) : NULL;
		return 0;
	}
	/* A copy, since the engine may forget it. */
	table->columns = arena_array(binder->arena, kept->column_count,
	                             sizeof(*table->columns));
	memcpy(table->columns, kept->columns,
	       kept->column_count * sizeof(*table->columns));
	table->column_count = kept->column_count;
	table->is_single = kept->is_single;
	table->kept = query_lists_find(engine, table->list);
	return 0;
}

/* Every column that may be meant to be the table's. */
static void ask_columns(struct binder *binder, struct query_table *table,
                        const char *alias)
{
	const struct query *query = binder->bound->query;
	struct arena *arena = binder->arena;

	table_add_column(arena, table, "value");
	for (size_t i = 0; i < query->tokens.count; i++) {
		const struct token *token = &query->tokens.list[i];
		enum role role = query->roles[i];

		if (role == ROLE_EITHER)
			table_add_column(arena, table, token->name.dotted);
		if (role == ROLE_OWN && token->kind == TOKEN_NAME)
			table_add_column(arena, table, token->name.dotted);
		if (role == ROLE_COLUMN && text_equal(token->name.first, alias))
			table_add_column(arena, table, token->name.rest);
		if (token->kind == TOKEN_COLUMN)
			table_add_column(arena, table,
			                 arena_strndup(arena, token->text + 1,
			                               token->len - 2));
	}
}

static int find_list(struct binder *binder, struct query_table *table,
                     const struct token *token)
{
	table->name = token->name.dotted;
	if (!binder->frame)
		return 0;
	table->list = scope_find(binder->frame, &token->name);
	if (!table->list)
		return scope_missing(binder->frame, &token->name,
		                     binder->bound->query->file, token->pos,
		                     binder->err);
	if (table->list->kind == VALUE_NULL) {
		table->list = NULL; /* as `missing: empty` gives it */
		return 0;
	}
	if (table->list->kind != VALUE_LIST)
		return not_a_list(binder, token, table->list);
	return know_columns(binder, table, token);
}

static struct query_table *known_table(struct query_bound *bound,
                                       const char *name)
{
	for (size_t i = 0; i < bound->table_count; i++)
		if (text_equal(bound->tables[i].name, name))
			return &bound->tables[i];
	return NULL;
}

static int find_tables(struct binder *binder)
{
	struct query_bound *bound = binder->bound;
	const struct query *query = bound->query;

	bound->tables = arena_array(binder->arena, query->source_count,
	                            sizeof(*bound->tables));
	bound->table_of = arena_array(binder->arena, query->source_count,
	                              sizeof(*bound->table_of));
	for (size_t i = 0; i < query->source_count; i++) {
		const struct source *source = &query->sources[i];
		const struct token *token = &query->tokens.list[source->token];
		struct query_table *table =
		        known_table(bound, token->name.dotted);

		if (!table) {
			table = &bound->tables[bound->table_count++];
			if (find_list(binder, table, token) < 0)
				return -1;
		}
		if (!table->list || table->list->length == 0)
			ask_columns(binder, table, source->alias);
		bound->table_of[i] = (size_t)(table - bound->tables);
	}
	return 0;
}

/* ---- columns and values */

static int nested_column(struct binder *binder, const struct token *token)
{
	error_at(binder->err, ERR_CONFIG, binder->bound->query->file,
	         token->pos, "\"%s\" holds lists or maps and is no column",
	         token->name.dotted);
	return error_hint(binder->err, "A column holds single values.");
}

/* The name of a column without the table's. */
static const char *column_name(const struct token *token)
{
	return token->name.rest ? token->name.rest : token->name.dotted;
}

/* The table that has the column, or NULL: of the name that stands before it, or
 * any. */
static struct query_table *table_with(const struct query_bound *bound,
                                      const struct token *token)
{
	const struct query *query = bound->query;

	for (size_t i = 0; i < query->source_count; i++) {
		struct query_table *table = &bound->tables[bound->table_of[i]];

		if (token->name.rest &&
		    !text_equal(query->sources[i].alias, token->name.first))
			continue;
		if (table_column(table, column_name(token)))
			return table;
	}
	return NULL;
}

static const struct query_column *column_of(const struct query_bound *bound,
                                            const struct token *token)
{
	const struct query_table *table = table_with(bound, token);

	return table ? table_column(table, column_name(token)) : NULL;
}

static int find_value(struct binder *binder, size_t at)
{
	struct query_bound *bound = binder->bound;
	const struct token *token = &bound->tokens[at];
	const struct value *value =
	        binder->frame ? scope_find(binder->frame, &token->name) : NULL;

	if (token->use == USE_HAS)
		value = value_bool(binder->arena,
		                   value && value->kind != VALUE_NULL);
	else if (!value && (token->use == USE_OPTIONAL || !binder->frame))
		value = value_null(binder->arena);
	/* A bare name that is nothing is left to SQLite, which may know it. */
	if (!value && bound->query->roles[at] == ROLE_EITHER) {
		bound->is_column[at] = true;
		return 0;
	}
	if (!value)
		return scope_missing(binder->frame, &token->name,
		                     bound->query->file, token->pos,
		                     binder->err);
	if (!scope_text(value)) {
		error_at(binder->err, ERR_CONFIG, bound->query->file,
		         token->pos, "\"%s\" is a %s", token->name.dotted,
		         value_kind_name(value->kind));
		return error_hint(binder->err,
		                  "A value in a query is a single one; a list "
		                  "stands behind from, join or in.");
	}
	bound->values[at] = value;
	return 0;
}

static int find_names(struct binder *binder)
{
	struct query_bound *bound = binder->bound;

	for (size_t i = 0; i < bound->query->tokens.count; i++) {
		const struct token *token = &bound->tokens[i];
		enum role role = bound->query->roles[i];
		const struct query_column *column = NULL;

		if (token->kind != TOKEN_NAME)
			continue;
		if (role == ROLE_COLUMN || role == ROLE_EITHER)
			column = column_of(bound, token);
		if (column && (column->cells & CELL_NESTED))
			return nested_column(binder, token);
		bound->is_column[i] = column || role == ROLE_COLUMN;
		if (bound->is_column[i] ||
		    (role != ROLE_EITHER && role != ROLE_VALUE))
			continue;
		if (find_value(binder, i) < 0)
			return -1;
	}
	return 0;
}

/* ---- comparisons */

static enum side judge_side(const void *state, const struct token *name)
{
	const struct query_bound *bound = state;
	size_t at = (size_t)(name - bound->tokens);
	const struct query_column *column;

	if (name->use != USE_STRICT)
		return SIDE_OTHER;
	if (bound->values[at])
		return side_of_value(bound->values[at]);
	column = bound->is_column[at] ? column_of(bound, name) : NULL;
	if (!column)
		return SIDE_OTHER;
	return column->cells == CELL_TEXT     ? SIDE_TEXT
	       : column->cells == CELL_NUMBER ? SIDE_NUMBER
	                                      : SIDE_OTHER;
}

static const char *judge_describe(const void *state, struct arena *arena,
                                  const struct token *name)
{
	const struct query_bound *bound = state;
	const struct value *value = bound->values[name - bound->tokens];

	if (value)
		return arena_printf(arena, "\"%s\" (%s)", name->name.dotted,
		                    scope_describe(arena, value));
	return arena_printf(arena, "\"%s\" (a column of %s)", name->name.dotted,
	                    judge_side(state, name) == SIDE_TEXT ? "texts"
	                                                         : "numbers");
}

/* ---- names of tables */

/* Whether a name or a literal, not a column, is at `at`. */
static bool is_value(const struct query_bound *bound, size_t at)
{
	const struct token *token = &bound->tokens[at];

	return bound->values[at] || token->kind == TOKEN_NUMBER ||
	       token->kind == TOKEN_TEXT;
}

static void add_compared(struct binder *binder, size_t at)
{
	const struct token *token = &binder->bound->tokens[at];
	struct query_table *table = binder->bound->is_column[at]
	                                    ? table_with(binder->bound, token)
	                                    : NULL;

	if (!table || token->use != USE_STRICT)
		return;
	for (size_t i = 0; i < table->compared_count; i++)
		if (text_equal(table->compared[i], column_name(token)))
			return;
	table->compared =
	        arena_grow(binder->arena, table->compared,
	                   table->compared_count, sizeof(*table->compared));
	table->compared[table->compared_count++] = column_name(token);
}

/* The columns by which a query chooses rows: those that must equal a value. */
static void find_compared(struct binder *binder)
{
	const struct query_bound *bound = binder->bound;
	const struct pairs *pairs = &bound->query->pairs;

	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->list[i];

		if (!strchr("=", *bound->tokens[pair->left + 1].text))
			continue;
		if (is_value(bound, pair->right))
			add_compared(binder, pair->left);
		if (is_value(bound, pair->left))
			add_compared(binder, pair->right);
	}
}

static void name_tables(struct binder *binder)
{
	struct query_bound *bound = binder->bound;

	find_compared(binder);
	for (size_t i = 0; i < bound->table_count; i++) {
		struct query_table *table = &bound->tables[i];

		table->sql_name =
		        table->kept
		                ? arena_strdup(binder->arena,
		                               query_lists_table(
		                                       bound->engine,
		                                       table->kept,
		                                       table->compared,
		                                       table->compared_count)
		                                       ->name)
		                : table->name;
	}
}

/* ---- the SQL */

static void write_parameter(struct query_bound *bound, struct buf *sql,
                            size_t at)
{
	bound->parameters[++bound->parameter_count] = bound->values[at];
	buf_printf(sql, "?%zu", bound->parameter_count);
	if (!bound->query->unnamed[at])
		return;

	const char *name = bound->tokens[at].name.dotted;
	const char *dot = strrchr(name, '.');

	buf_add_text(sql, " as ");
	db_quote(sql, dot ? dot + 1 : name);
}

static void write_source(const struct query_bound *bound, struct buf *sql,
                         size_t index)
{
	const struct source *source = &bound->query->sources[index];
	const char *name = bound->tables[bound->table_of[index]].sql_name;

	if (token_is_word(&bound->tokens[source->token - 1], "in")) {
		buf_add_text(sql, "(select value from ");
		db_quote(sql, name);
		buf_add_char(sql, ')');
		return;
	}
	db_quote(sql, name);
	if (source->aliased)
		return;
	buf_add_text(sql, " as ");
	db_quote(sql, source->alias);
}

static void write_table(const struct query_bound *bound, struct buf *sql,
                        size_t at)
{
	for (size_t i = 0; i < bound->query->source_count; i++)
		if (bound->query->sources[i].token == at)
			write_source(bound, sql, i);
}

static void write_column(const struct token *token, struct buf *sql)
{
	if (token->use == USE_HAS)
		buf_add_char(sql, '(');
	if (token->name.rest) {
		db_quote(sql, token->name.first);
		buf_add_char(sql, '.');
	}
	db_quote(sql, token->name.rest ? token->name.rest : token->name.dotted);
	if (token->use == USE_HAS)
		buf_add_text(sql, " is not null)");
}

static void write_token(struct query_bound *bound, struct arena *arena,
                        struct buf *sql, size_t at)
{
	const struct token *token = &bound->tokens[at];

	if (bound->values[at]) {
		write_parameter(bound, sql, at);
	} else if (token->kind == TOKEN_NAME &&
	           bound->query->roles[at] == ROLE_TABLE) {
		write_table(bound, sql, at);
	} else if (token->kind == TOKEN_NAME) {
		write_column(token, sql);
	} else if (token->kind == TOKEN_STAR) {
		db_quote(sql, arena_strndup(arena, token->text,
		                            token->len - strlen(".*")));
		buf_add_text(sql, ".*");
	} else {
		buf_add(sql, token->text, token->len);
	}
}

static int write_sql(struct query_bound *bound, struct arena *arena,
                     struct error *err)
{
	auto_buf struct buf sql = buf_make((size_t)4 * LIMIT_EXPRESSION);
	size_t count = bound->query->tokens.count;

	bound->parameters =
	        arena_array(arena, count + 1, sizeof(const struct value *));
	for (size_t i = 0; i < count; i++) {
		buf_add_char(&sql, ' ');
		bound->tokens[i].sql_at = sql.len;
		write_token(bound, arena, &sql, i);
	}
	if (buf_check(&sql, "the query", err) < 0)
		return scope_place(err, bound->query->file, bound->query->pos);
	bound->sql = arena_strdup(arena, sql.at);
	return 0;
}

/* ---- together */

static struct query_bound *bind(const struct query *query,
                                const struct frame *frame,
                                struct expr_engine *engine, struct arena *arena,
                                struct error *err)
{
	struct query_bound *bound = arena_new(arena, struct query_bound);
	struct binder binder = { arena, bound, frame, err };
	size_t count = query->tokens.count;
	const struct judge judge = { judge_side, judge_describe, bound };

	if (engine)
		query_lists_trim(engine);
	bound->query = query;
	bound->engine = engine;
	bound->turn = engine ? engine->turn : 0;
	bound->tokens = arena_array(arena, count, sizeof(*bound->tokens));
	memcpy(bound->tokens, query->tokens.list,
	       count * sizeof(*bound->tokens));
	bound->values = arena_array(arena, count, sizeof(const struct value *));
	bound->is_column = arena_array(arena, count, sizeof(*bound->is_column));
	if (find_tables(&binder) < 0 || find_names(&binder) < 0)
		return NULL;
	if (frame && pairs_check(&query->pairs, bound->tokens, &judge,
	                         query->file, err) < 0)
		return NULL;
	name_tables(&binder);
	return write_sql(bound, arena, err) < 0 ? NULL : bound;
}

struct query_bound *query_bind(const struct query *query,
                               const struct render *render, struct arena *arena,
                               struct error *err)
{
	const struct frame alone = { render->scope, NULL };
	struct query_bound *bound =
	        bind(query, render->frame ? render->frame : &alone,
	             render->engine, arena, err);

	if (bound)
		bound->customs =
		        (struct customs){ render->locale, render->holidays };
	return bound;
}

int query_try(const struct query *query, struct expr_engine *engine,
              struct arena *arena, struct error *err)
{
	struct query_bound *bound = bind(query, NULL, engine, arena, err);

	return bound ? query_compile(bound, err) : -1;
}

/* ---- ingredients */

/* The content of a list by one word of a fixed length. */
static void hash_list(const struct value *list, char text[HASH_TEXT_BYTES])
{
	static const struct hash_secret no_secret = { 0 };
	struct hasher *hasher = hasher_new(&no_secret, "list");

	for (size_t i = 0; i < list->length; i++) {
		auto_arena struct arena scratch = { 0 };

		hasher_text(hasher, json_canonical(&scratch, list->items[i]));
	}
	hash_to_text(hasher_finish(hasher), text);
}

static struct value *hash_of(const struct query_bound *bound,
                             const struct query_table *table,
                             struct arena *arena)
{
	char text[HASH_TEXT_BYTES];

	if (!table->kept || bound->engine->turn != bound->turn) {
		hash_list(table->list, text);
		return value_string(arena, text);
	}
	if (!*table->kept->hash)
		hash_list(table->list, table->kept->hash);
	return value_string(arena, table->kept->hash);
}

void query_ingredients(const struct query_bound *bound, struct arena *arena,
                       struct value *names)
{
	for (size_t i = 0; i < bound->table_count; i++) {
		const struct query_table *table = &bound->tables[i];

		value_map_set(arena, names, table->name,
		              table->list ? hash_of(bound, table, arena)
		                          : value_null(arena));
	}
	for (size_t i = 0; i < bound->query->tokens.count; i++)
		if (bound->values[i])
			value_map_set(arena, names,
			              bound->tokens[i].name.dotted,
			              value_copy(arena, bound->values[i]));
}
