/*
 * How a query is asked
 *
 * Tables of long lists stay in the engine's connection (query_lists.c); the
 * others are made within a transaction that is rolled back behind the query.
 * The texts of the lists are bound as they are and copied once, into SQLite.
 */
#include <string.h>

#include "engine/job/query_tools.h"
#include "engine/job/scope.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* ---- tables */

/* The names of the columns that hold single values. */
static const char **column_names(struct arena *arena,
                                 const struct query_table *table,
                                 size_t *ret_count)
{
	const char **names =
	        arena_array(arena, table->column_count + 1, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < table->column_count; i++)
		if (!(table->columns[i].cells & CELL_NESTED))
			names[count++] = table->columns[i].name;
	if (count == 0)
		names[count++] = "value"; /* a table has a column */
	*ret_count = count;
	return names;
}

/* Items mostly have the same members in the same order, so the one at the
 * place of the last item's is looked at first. */
static const struct value *cell_at(const struct value *item, const char *name,
                                   size_t *place)
{
	if (*place < item->length &&
	    text_equal(item->members[*place].name, name))
		return item->members[*place].value;

	const struct member *member = value_member(item, name);

	if (!member)
		return NULL;
	*place = (size_t)(member - item->members);
	return member->value;
}

static int fill(struct statement *insert, const struct query_table *table,
                const char *const *names, size_t count, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	size_t *places = arena_array(&arena, count, sizeof(*places));
	const struct value *nothing = value_null(&arena);

	for (size_t i = 0; i < table->list->length; i++) {
		const struct value *item = table->list->items[i];

		for (size_t k = 0; k < count; k++) {
			const struct value *cell =
			        table->is_single
			                ? item
			                : cell_at(item, names[k], &places[k]);

			statement_bind_kept(insert, (int)k + 1,
			                    cell ? cell : nothing);
		}
		if (statement_run(insert, err) < 0)
			return -1;
	}
	return 0;
}

static int make_table(struct db *db, const struct query_table *table,
                      struct error *err)
{
	auto_arena struct arena arena = { 0 };
	size_t count;
	const char **names = column_names(&arena, table, &count);
	auto_statement struct statement *insert =
	        db_table(db, table->sql_name, names, count, err);

	if (!insert ||
	    (table->list && fill(insert, table, names, count, err) < 0))
		return error_wrap(err, "the list \"%s\"", table->name);
	return 0;
}

/* The table that is kept of its list; NULL: there is none. */
static struct kept_table *kept_table(const struct query_bound *bound,
                                     const struct query_table *table)
{
	if (!table->kept || bound->turn != bound->engine->turn)
		return NULL;
	return query_lists_table(bound->engine, table->kept, table->compared,
	                         table->compared_count);
}

static int load_kept(struct db *db, const struct query_table *table,
                     struct kept_table *kept, struct error *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	if (make_table(db, table, err) < 0) {
		db_rollback(db);
		return -1;
	}
	for (size_t i = 0; i < kept->count; i++) {
		if (db_index(db, kept->name, kept->indexed[i], err) == 0)
			continue;
		db_rollback(db);
		return error_wrap(err, "the list \"%s\"", table->name);
	}
	kept->loaded = db_commit(db, err) == 0;
	return kept->loaded ? 0 : -1;
}

static int make_tables(const struct query_bound *bound, struct db *db,
                       struct error *err)
{
	for (size_t i = 0; i < bound->table_count; i++) {
		const struct query_table *table = &bound->tables[i];
		struct kept_table *kept = kept_table(bound, table);

		if (kept && !kept->loaded &&
		    load_kept(db, table, kept, err) < 0)
			return -1;
	}
	if (db_begin(db, err) < 0)
		return -1;
	for (size_t i = 0; i < bound->table_count; i++)
		if (!kept_table(bound, &bound->tables[i]) &&
		    make_table(db, &bound->tables[i], err) < 0)
			return -1;
	return 0;
}

/* A connection with the tables of one query, which go with it. */
struct session {
	struct expr_engine *own; /* when nobody gave one */
	struct scratch *scratch;
};

static void session_end(struct session *session)
{
	if (session->scratch->db) {
		db_filling(session->scratch->db, true);
		db_rollback(session->scratch->db);
		db_filling(session->scratch->db, false);
	}
	expr_engine_free(session->own);
}

static struct session session_begin(const struct query_bound *bound)
{
	struct session session = { 0 };

	if (!bound->engine)
		session.own = expr_engine_new();
	session.scratch =
	        &(bound->engine ? bound->engine : session.own)->queries;
	return session;
}

static int open_tables(const struct query_bound *bound, struct scratch *scratch,
                       struct error *err)
{
	int status;

	if (scratch_open(scratch, "query", err) < 0)
		return -1;
	scratch->customs = bound->customs;
	db_filling(scratch->db, true);
	status = make_tables(bound, scratch->db, err);
	db_filling(scratch->db, false);
	return status < 0
	               ? scope_place(err, bound->query->file, bound->query->pos)
	               : 0;
}

/* ---- errors */

static int misread_at(const struct query_bound *bound, int offset,
                      struct error *err)
{
	const struct tokens tokens = { bound->tokens,
		                       bound->query->tokens.count };

	return tokens_misread(&tokens, offset, "query", bound->query->file,
	                      bound->query->pos, err);
}

static int no_column(const struct query_bound *bound, int offset,
                     const char *name, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char **names = NULL;
	size_t count = 0;
	const char *word = arena_strdup(&arena, name);
	const char *nearest;

	for (size_t i = 0; i < bound->table_count; i++)
		for (size_t k = 0; k < bound->tables[i].column_count; k++) {
			names = arena_grow(&arena, names, count,
			                   sizeof(*names));
			names[count++] = bound->tables[i].columns[k].name;
		}
	(void)misread_at(bound, offset, err);

	struct pos pos = err->pos;
	const char *last = strrchr(word, '.');

	error_clear(err);
	error_at(err, ERR_CONFIG, bound->query->file, pos,
	         "\"%s\" is neither a column nor a name of the job", word);
	nearest = text_nearest(last ? last + 1 : word, names, count);
	if (nearest)
		error_hint(err, "Did you mean \"%s\"?", nearest);
	return -1;
}

static int misread(const struct query_bound *bound, int offset,
                   struct error *err)
{
	static const char prefix[] = "no such column: ";

	if (text_starts(err->message, prefix)) {
		auto_arena struct arena arena = { 0 };
		const char *name =
		        arena_strdup(&arena, err->message + strlen(prefix));

		return no_column(bound, offset, name, err);
	}
	return misread_at(bound, offset, err);
}

static struct statement *prepare(const struct query_bound *bound, struct db *db,
                                 struct error *err)
{
	int offset;
	struct statement *statement =
	        db_prepare_at(db, bound->sql, &offset, err);

	if (!statement)
		(void)misread(bound, offset, err);
	return statement;
}

int query_compile(const struct query_bound *bound, struct error *err)
{
	CLEANUP(session_end) struct session session = session_begin(bound);
	auto_error struct error why = { 0 };

	if (open_tables(bound, session.scratch, err) < 0)
		return -1;

	auto_statement struct statement *statement =
	        prepare(bound, session.scratch->db, &why);

	/* Columns that no list is known to have are thought to be in all. */
	if (statement || strstr(why.message, "ambiguous column name"))
		return 0;
	error_move(err, &why);
	return -1;
}

/* ---- rows */

static int check_headings(const struct query_bound *bound,
                          struct statement *statement, struct error *err)
{
	int count = statement_columns(statement);

	for (int i = 0; i < count; i++)
		for (int k = 0; k < i; k++) {
			const char *name = statement_column_name(statement, i);

			if (strcmp(name, statement_column_name(statement, k)) !=
			    0)
				continue;
			error_at(err, ERR_CONFIG, bound->query->file,
			         bound->query->pos,
			         "the query has two columns \"%s\"", name);
			return error_hint(err, "Write \"as NAME\" behind one "
			                       "of them.");
		}
	return 0;
}

static struct value *take_row(struct arena *arena, struct statement *statement)
{
	struct value *row = value_map(arena);
	int count = statement_columns(statement);

	for (int i = 0; i < count; i++)
		value_map_set(arena, row, statement_column_name(statement, i),
		              statement_value(arena, statement, i));
	return row;
}

static int take_rows(const struct query_bound *bound,
                     struct statement *statement, struct arena *arena,
                     struct value *rows, struct error *err)
{
	int more;

	while ((more = statement_step(statement, err)) > 0) {
		if (rows->length == LIMIT_ITEMS)
			return error_at(err, ERR_LIMIT, bound->query->file,
			                bound->query->pos,
			                "the query gives more than %d rows",
			                LIMIT_ITEMS);
		value_list_add(arena, rows, take_row(arena, statement));
	}
	return more < 0
	               ? scope_place(err, bound->query->file, bound->query->pos)
	               : 0;
}

int query_rows(const struct query_bound *bound, struct arena *arena,
               struct value **ret, struct error *err)
{
	CLEANUP(session_end) struct session session = session_begin(bound);
	struct value *rows = value_list(arena);

	if (open_tables(bound, session.scratch, err) < 0)
		return -1;

	auto_statement struct statement *statement =
	        prepare(bound, session.scratch->db, err);

	if (!statement || check_headings(bound, statement, err) < 0)
		return -1;
	for (size_t i = 1; i <= bound->parameter_count; i++)
		statement_bind_kept(statement, (int)i, bound->parameters[i]);
	if (take_rows(bound, statement, arena, rows, err) < 0)
		return -1;
	*ret = rows;
	return 0;
}
